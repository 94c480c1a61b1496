/**
 * The one contract between the backend and every front end (Electron IPC, WebSocket, command line, tests).
 *
 * Each method has a schema for its arguments and its result; transports check the arguments on the backend's side,
 * tests check the results. Positions are event numbers (`seq`), −1 is "before the first event"; times are integer
 * nanoseconds since the start of the trace; 64-bit values are lower-case hex strings (`0x8`); bulk data are typed
 * arrays. `null` stands for "none" or "unknown" because it survives every transport.
 */
import { z } from 'zod';
import { INTERRUPT_FIELDS } from '../trace/interrupts.ts';
import { ACCESS, ORIGINS, type Kind, KINDS } from '../trace/kinds.ts';
import { LEGS } from '../trace/life.ts';

const seq = z.int().min(-1);
const ns = z.number();
const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/);
const path = z.string().min(1).max(4096);
const vcpu = z.int().min(0).max(511);
/** INTID in GICv5 form for every model: type in bits 31:29 (0 SGI, 1 PPI, 2 LPI, 3 SPI), number below. */
const intid = z.int().min(0).max(0xffffffff);
const traceId = z.int().min(1);
const condition = z.string().max(4096);
const kind = z.enum(Object.keys(KINDS) as [Kind, ...Kind[]]);
const direction = z.enum(['forward', 'backward']);
const counts = z.record(z.string(), z.int());

const f64 = z.instanceof(Float64Array);
const u32 = z.instanceof(Uint32Array);
const u8 = z.instanceof(Uint8Array);

/** A row of the timeline. Ids: `vcpu1`, `vcpu1.ppi27`, `spi33`, `lpi8`, `vcpu1.mask`. */
export const laneSchema = z.object({
  id: z.string(),
  type: z.enum(['vcpu', 'interrupt', 'value']),
  /** Lanes with the same group are drawn together: `vcpu0` … or `shared`. */
  group: z.string(),
  /** `vCPU 1`, `PPI 27`, `Priority mask`. */
  label: z.string(),
  /** `CNTV`, `virtio-blk`, `PCR`; empty when nothing is known. */
  sublabel: z.string(),
  vcpu: vcpu.nullable(),
  intid: intid.nullable(),
  /** Largest value of a value lane. */
  max: z.number().nullable(),
});

export const traceInfoSchema = z.object({
  id: traceId,
  path,
  fileName: z.string(),
  fileBytes: z.number(),
  gic: z.enum(['v5', 'v3', 'v2', 'unknown']),
  source: z.object({ kind: z.string(), files: z.array(z.string()), facts: z.record(z.string(), z.string()) }),
  profile: z.string().nullable(),
  vcpus: z.int(),
  events: z.int(),
  durationNs: ns,
  kinds: counts,
  names: counts,
  lines: z.object({ read: z.int(), asEvents: z.int(), merged: z.int(), skipped: z.int(), reasons: counts }).nullable(),
  interrupts: z.array(
    z.object({
      intid,
      label: z.string(),
      name: z.string(),
      vcpu: vcpu.nullable(),
      acknowledged: z.int(),
      deactivated: z.int(),
    }),
  ),
  lanes: z.array(laneSchema),
  complete: z.boolean(),
  /** False while a recording or import still adds events. */
  finished: z.boolean(),
  /** Whether bookmarks and breakpoints can be stored in the file. */
  writable: z.boolean(),
});

export const eventRowSchema = z.object({
  seq,
  time: ns,
  vcpu: vcpu.nullable(),
  origin: z.enum(ORIGINS),
  kind,
  /** What the list shows in bold: register, instruction or event name. */
  name: z.string(),
  /** What follows the name: `PPI 27`, `timer CNTV`. */
  operand: z.string(),
  /** `←` written, `→` read or result, empty otherwise. */
  arrow: z.enum(['←', '→', '']),
  /** Decoded detail: a value, a state, a reason. */
  detail: z.string(),
  register: z.string().nullable(),
  op: z.enum(ACCESS).nullable(),
  value: hex.nullable(),
  intid: intid.nullable(),
});

const fieldSchema = z.object({
  name: z.string(),
  msb: z.int(),
  lsb: z.int(),
  value: hex,
  /** Meaning of the value where it has one: `valid`, `PPI 27`. */
  text: z.string(),
  description: z.string(),
});

export const slotValueSchema = z.object({
  path: z.string(),
  /** `null`: unknown. */
  value: hex.nullable(),
  width: z.int(),
  /** Register table entry that decodes it, or null. */
  register: z.string().nullable(),
  /** Word for an enumerated value. */
  text: z.string(),
  /** A register on one line: what is set, `0` when nothing is; empty when unknown or not a register. */
  summary: z.string(),
  fields: z.array(fieldSchema),
});

const changeSchema = z.object({ path: z.string(), before: hex.nullable(), after: hex.nullable() });
const momentSchema = z.object({ seq, time: ns });
const completionSchema = z.object({
  /** Where the word being typed begins. */
  from: z.int(),
  candidates: z.array(z.object({ text: z.string(), description: z.string() })).max(200),
});
const touchesSchema = z.object({
  change: momentSchema.nullable(),
  write: momentSchema.nullable(),
  read: momentSchema.nullable(),
});
const lifeSchema = z.object({
  id: z.int(),
  intid,
  label: z.string(),
  vcpu: vcpu.nullable(),
  moments: z.partialRecord(z.enum(LEGS), momentSchema),
});

const interruptStateSchema = z.object({
  intid,
  label: z.string(),
  name: z.string(),
  vcpu: vcpu.nullable(),
  /** Bits of core/trace/interrupts.ts: STATE_PENDING … */
  code: z.int(),
  state: z.string(),
  /** Same as `code`, at the baseline. */
  baselineCode: z.int().nullable(),
  fields: z.partialRecord(z.enum(INTERRUPT_FIELDS), hex.nullable()),
});

export const breakpointSchema = z.object({
  id: z.int().min(0),
  condition: condition.min(1),
  enabled: z.boolean(),
  /** `break` stops; `log` only marks the hits; `message` also writes a line for each. */
  action: z.enum(['break', 'log', 'message']),
  note: z.string().max(4096),
  /** Template of the message: `{time} mask {vcpu1.ICC_PCR_EL1}`. */
  message: z.string().max(4096).optional(),
  /** Hits of the trace that do not count, from its start. */
  ignoreCount: z.int().min(0).optional(),
  /** Only the first hit that counts. */
  oneShot: z.boolean().optional(),
  /** Only on this vCPU; null or absent: on all. */
  vcpu: vcpu.nullable().optional(),
  /** Where a recording that runs stops: behind what hit (also when absent), or before it. */
  stop: z.enum(['after', 'before']).optional(),
  /** `#rrggbb`; empty or absent: the next free one. */
  colour: z
    .string()
    .regex(/^(#[0-9a-fA-F]{6})?$/)
    .optional(),
});
export const bookmarkSchema = z.object({ id: z.int(), seq, note: z.string().max(4096) });

const latencyGroupSchema = z.object({
  intid,
  label: z.string(),
  vcpu: vcpu.nullable(),
  legs: z.record(
    z.string(),
    z.object({
      count: z.int(),
      minNs: ns,
      p50Ns: ns,
      p90Ns: ns,
      p99Ns: ns,
      maxNs: ns,
      /** Position where the longest one began. */
      maxSeq: seq,
      /** From 100,000 samples on, percentiles come from logarithmic buckets. */
      approximate: z.boolean(),
    }),
  ),
});

const divergenceSchema = z.object({
  seq,
  timeNs: ns,
  vcpu: vcpu.nullable(),
  /** Line of the source, where there is one. */
  line: z.int().nullable(),
  register: z.string(),
  recorded: hex,
  emulated: hex,
  /** The emulator's state that led to its answer. */
  context: z.string(),
});
const countsSchema = z.record(z.string(), z.int());
const replaySchema = z.object({
  compared: z.int(),
  matched: z.int(),
  mismatched: z.int(),
  unsupported: z.int(),
  byRegister: z.record(z.string(), z.object({ matched: z.int(), mismatched: z.int() })),
  /** Why values were not compared. */
  reasons: countsSchema,
  /** What the recording left open and later answers decided. */
  inferred: countsSchema,
  divergences: z.array(divergenceSchema),
});

const haltSchema = z.enum(['poweredOff', 'idle', 'limit', 'stopped']);

/** Something that a scenario expected; `line` and `column` are its place in the scenario. */
export const checkSchema = z.object({
  ok: z.boolean(),
  what: z.string(),
  expected: z.string(),
  found: z.string(),
  line: z.int(),
  column: z.int(),
  timeNs: ns,
  /** Position at which it was checked or found; −1: none. */
  seq,
});

/** How a long task is going. Sent at most 10 times a second. */
export const taskProgressSchema = z.object({
  task: z.int(),
  title: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  phase: z.string(),
  doneBytes: z.number(),
  /** 0 when unknown (a pipe). */
  totalBytes: z.number(),
  events: z.int(),
  eventsPerSecond: z.number(),
  /** Path of the finished trace. */
  output: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

/** A recording that runs, or ended. */
export const liveStateSchema = z.object({
  /** Its number. */
  live: z.int(),
  /** The trace. */
  path,
  scenario: path,
  state: z.enum(['running', 'stopped', 'ended', 'failed']),
  /** Why it does not run; null while it does. */
  why: z.enum(['start', 'pause', 'step', 'breakpoint', 'end']).nullable(),
  /** The position to show: that of the last event, or the one before what a breakpoint stops before. */
  seq,
  /** The breakpoint that stopped it. */
  breakpoint: z.int().nullable(),
  /** It stands before what the breakpoint names. */
  before: z.boolean(),
  /** The vCPU whose next instruction it stands before. */
  vcpu: vcpu.nullable(),
  /** Events that can be read. */
  events: z.int(),
  timeNs: ns,
  halted: haltSchema.nullable(),
  /** The vCPUs as they are now, ahead of the last event by the plain instructions since; empty while it runs. */
  threads: z.array(
    z.object({
      vcpu,
      status: z.string(),
      /** Next instruction; the one under way where an access stopped it. */
      pc: hex,
      registers: z.array(z.object({ name: z.string(), value: hex })),
    }),
  ),
  /** Expectations checked so far, and those not met. */
  checked: z.int(),
  failed: z.int(),
  /** Why it failed. */
  message: z.string(),
});

/** What is recorded, and where. `output` empty: beside the app's imports. */
const recording = {
  scenario: path,
  output: z.string().max(4096),
  overwrite: z.boolean(),
  /** Instead of the scenario's own. */
  profile: z.string().max(64).optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
};

function method<A extends z.ZodObject, R extends z.ZodType>(
  args: A,
  result: R,
): { readonly args: A; readonly result: R } {
  return { args, result };
}
const ok = z.object({});
const t = { id: traceId };

export const CONTRACT = {
  /** Version, samples, recent files, and where imports are put by default. */
  'app.info': method(
    z.object({}),
    z.object({
      version: z.string(),
      platform: z.string(),
      samples: z.array(z.object({ path, title: z.string(), summary: z.string() })),
      recent: z.array(
        z.object({
          path,
          fileName: z.string(),
          found: z.boolean(),
          bytes: z.number(),
          openedAt: z.number(),
          gic: z.string(),
          source: z.string(),
          events: z.int(),
          durationNs: ns,
          vcpus: z.int(),
          /** vCPU rows × columns event density, 0 … 255, for the small picture. */
          preview: z.object({ rows: z.int(), columns: z.int(), cells: u8 }).nullable(),
        }),
      ),
      importFolder: z.string(),
    }),
  ),
  'app.forget': method(z.object({ path }), ok),
  /** Folder listing for the browser host's open dialog; only names a trace could have, folders first. */
  'files.list': method(
    z.object({ folder: z.string().max(4096) }),
    z.object({
      folder: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), path, isFolder: z.boolean(), bytes: z.number() })).max(5000),
    }),
  ),
  /** What a file is, by its content, before anything is done with it. */
  'files.detect': method(
    z.object({ path }),
    z.object({
      kind: z.enum(['gscope', 'importable', 'unsupported']),
      format: z.string(),
      message: z.string(),
    }),
  ),

  'trace.open': method(z.object({ path }), traceInfoSchema),
  'trace.info': method(z.object(t), traceInfoSchema),
  'trace.close': method(z.object(t), ok),
  /** Checks a file against itself: every block, the state carried from keyframe to keyframe, the digests. */
  'trace.verify': method(
    z.object(t),
    z.object({
      ok: z.boolean(),
      /** Blocks looked at. */
      blocks: z.int(),
      /** The first thing that is wrong; empty when nothing is. */
      problem: z.string(),
    }),
  ),

  /** Starts an import; progress comes as `task` events. `output` empty: beside the app's other imports. */
  'import.start': method(
    z.object({
      files: z.array(path).min(1).max(64),
      output: z.string().max(4096),
      overwrite: z.boolean(),
      /** Name of an import format; absent: found from the content. */
      format: z.string().max(64).optional(),
      /** Keep what can be read of a source that is cut short or damaged; absent: such a source is refused. */
      keepPartial: z.boolean().optional(),
      /** Number of vCPUs, for sources that do not say it. */
      vcpus: z.int().min(1).max(512).optional(),
      /** Per file: nanoseconds to add to its times; null or absent: found from what the files have in common. */
      offsets: z.array(z.int().nullable()).max(64).optional(),
      /**
       * Read on as the source grows, until it ends or the task is stopped; the trace has its name and can be opened
       * from the first event on. One source; `-` is the standard input of the backend's process, where it has one.
       */
      follow: z.boolean().optional(),
    }),
    z.object({ task: z.int(), output: path }),
  ),
  /** The bundled scenarios, and the kernel behaviours that a scenario can name. */
  'scenario.list': method(
    z.object({}),
    z.object({
      scenarios: z.array(
        z.object({
          path,
          name: z.string(),
          title: z.string(),
          about: z.string(),
          profile: z.string(),
          vcpus: z.int(),
        }),
      ),
      profiles: z.array(
        z.object({ name: z.string(), title: z.string(), since: z.string(), changes: z.array(z.string()) }),
      ),
    }),
  ),
  /** What is wrong with a scenario (a file, or the name of a bundled one); no problems: it can be recorded. */
  'scenario.check': method(
    z.object({ path, profile: z.string().max(64).optional() }),
    z.object({
      name: z.string(),
      problems: z.array(z.object({ line: z.int(), column: z.int(), message: z.string() })),
    }),
  ),
  /** Runs a scenario and records it; progress comes as `task` events. `output` empty: beside the app's imports. */
  'record.start': method(z.object(recording), z.object({ task: z.int(), output: path })),
  /** What came of a recording that ended. */
  'record.result': method(
    z.object({ task: z.int() }),
    z.object({
      file: path,
      halted: haltSchema,
      timeNs: ns,
      events: z.int(),
      contentDigest: z.string(),
      stateDigest: z.string(),
      /** Everything that was expected, met or not. */
      checks: z.array(checkSchema),
      failed: z.int(),
    }),
  ),
  /**
   * Runs a scenario live: the trace can be opened when this answers, and grows. Changes of its state come as `live`
   * events, new events of open traces as `grown`. Breakpoints of the trace stop it where they hit.
   */
  'live.start': method(
    z.object({
      ...recording,
      /** Stop at the first event. */
      paused: z.boolean(),
    }),
    liveStateSchema,
  ),
  'live.status': method(z.object({ live: z.int() }), liveStateSchema),
  /** Recordings that run or stand still. */
  'live.list': method(z.object({}), z.object({ recordings: z.array(liveStateSchema) })),
  /**
   * `run`: on to the next stop; answers at once. `pause`, `stepInstruction` (of any vCPU, or one) and `stepEvent` answer
   * when it stands still or has ended. `finish` ends it here and keeps the trace; `discard` removes it.
   */
  'live.control': method(
    z.object({
      live: z.int(),
      action: z.enum(['run', 'pause', 'stepInstruction', 'stepEvent', 'finish', 'discard']),
      vcpu: vcpu.nullable().optional(),
    }),
    liveStateSchema,
  ),
  /** The guest's programs of a trace that a scenario made, line by line with addresses; empty: it has none. */
  'scenario.program': method(
    z.object(t),
    z.object({
      programs: z.array(
        z.object({
          /** vCPUs that start in it. */
          vcpus: z.array(vcpu),
          title: z.string(),
          lines: z.array(
            z.object({
              /** Line of the scenario; 0 for a disassembly. */
              line: z.int(),
              text: z.string(),
              /** Of the line's first instruction or data; null: it has none. */
              address: hex.nullable(),
              bytes: z.int(),
            }),
          ),
        }),
      ),
      /** Why there is no more of it. */
      message: z.string(),
    }),
  ),
  /** What a scenario expects, as far as it was checked, met or not. Of the record itself only when it is finished. */
  'scenario.expectations': method(z.object(t), z.object({ checks: z.array(checkSchema), total: z.int() })),
  /** Stops a task. `keep`: what was imported so far becomes a usable trace; absent: partial files are removed. */
  'task.cancel': method(z.object({ task: z.int(), keep: z.boolean().optional() }), ok),

  /**
   * Rows for the list. Without a filter, `from` is the first seq; with one, `offset`-th match is not needed:
   * rows are the matches at or after `from` (or at or before it, when `direction` is backward; still in ascending order).
   */
  'events.rows': method(
    z.object({ ...t, from: seq, count: z.int().min(1).max(1000), direction, filter: condition }),
    z.object({ rows: z.array(eventRowSchema) }),
  ),
  /** Number of matches of a filter up to each position is too much; this is the total and the rank of a position. */
  'events.rank': method(z.object({ ...t, filter: condition, seq }), z.object({ total: z.int(), rank: z.int() })),
  /** The match with this rank (0-based). */
  'events.atRank': method(
    z.object({ ...t, filter: condition, rank: z.int().min(0) }),
    z.object({ seq: seq.nullable() }),
  ),
  'events.detail': method(
    z.object({ ...t, seq }),
    z.object({
      row: eventRowSchema,
      source: z.string(),
      line: z.int().nullable(),
      raw: z.string().nullable(),
      /** Remaining payload and detail, as label and text. */
      facts: z.array(z.object({ label: z.string(), text: z.string() })),
      fields: z.array(fieldSchema),
      changes: z.array(changeSchema),
      lives: z.array(lifeSchema),
      /** Nearby places worth a jump: previous/next access of the same register, the life's other moments. */
      related: z.array(z.object({ label: z.string(), seq })),
    }),
  ),

  /** Everything the inspector shows for one vCPU after event `seq`; marks differences from `baseline`. */
  'state.inspect': method(
    z.object({ ...t, seq, vcpu, baseline: seq.nullable() }),
    z.object({
      seq,
      time: ns,
      vcpu,
      runState: z.string(),
      /** Private interrupts of this vCPU, ascending. */
      ppis: z.array(interruptStateSchema),
      /** Shared interrupts that the trace knows, at most 512. */
      shared: z.array(interruptStateSchema),
      registers: z.array(slotValueSchema.extend({ name: z.string(), baseline: hex.nullable(), changed: z.boolean() })),
      /** Pending or active interrupts in the order the CPU interface would take them, with what holds each back. */
      candidates: z.array(
        z.object({
          intid,
          label: z.string(),
          name: z.string(),
          priority: z.int().nullable(),
          code: z.int(),
          /** `signalled`, `masked by 0x0f`, `not pending`, `active`, `unknown`. */
          verdict: z.string(),
        }),
      ),
      /** Active priorities, bit n = priority n; null when unknown. */
      activePriorities: hex.nullable(),
    }),
  ),
  /** Slots whose path matches the glob (`*` within a name part, `**` across parts), with an optional second position. */
  'state.slots': method(
    z.object({ ...t, seq, glob: z.string().max(1024), diff: seq.nullable(), limit: z.int().min(1).max(1_000_000) }),
    z.object({
      seq,
      time: ns,
      slots: z.array(slotValueSchema.extend({ other: hex.nullable().optional() })),
      truncated: z.boolean(),
    }),
  ),
  /** SPIs or LPIs with what their table entries hold, and the VM's list of SPIs in flight where the kernel keeps one. */
  'state.tables': method(
    z.object({
      ...t,
      seq,
      type: z.enum(['spi', 'lpi']),
      /** Pending or active ones alone. */
      busy: z.boolean(),
      from: z.int().min(0).max(0x100_0000),
      limit: z.int().min(1).max(1000),
      baseline: seq.nullable(),
    }),
    z.object({
      seq,
      time: ns,
      /** Ascending. */
      rows: z.array(interruptStateSchema),
      /** How many there are, of which `rows` are those from `from` on. */
      total: z.int(),
      list: z
        .object({
          length: z.int(),
          /** In order of the list, with KVM's own copy of each. */
          members: z.array(
            z.object({
              intid,
              label: z.string(),
              trigger: z.enum(['edge', 'level']),
              line: z.boolean(),
              latch: z.boolean(),
              active: z.boolean(),
            }),
          ),
        })
        .nullable(),
    }),
  ),
  'state.digest': method(z.object({ ...t, seq }), z.object({ digest: hex })),

  /** The next (or previous) position `steps` events away, on one vCPU and within a filter if given. */
  'nav.step': method(
    z.object({
      ...t,
      from: seq,
      steps: z.int().min(-1_000_000).max(1_000_000),
      vcpu: vcpu.nullable(),
      filter: condition,
    }),
    z.object({ seq: seq.nullable() }),
  ),
  /** Next or previous change of a slot or field path, or of an interrupt's state. */
  'nav.change': method(
    z.object({ ...t, from: seq, direction, path: z.string().max(1024) }),
    z.object({ seq: seq.nullable() }),
  ),
  'nav.find': method(
    z.object({ ...t, condition, from: seq, direction }),
    z.object({ seq: seq.nullable(), time: ns.nullable(), vcpu: vcpu.nullable() }),
  ),
  /** Nearest hit of any enabled breakpoint with action `break`. */
  'nav.continue': method(
    z.object({ ...t, from: seq, direction }),
    z.object({ seq: seq.nullable(), breakpoint: z.int().nullable(), searched: z.int() }),
  ),
  /** All hits counted, with a histogram over the trace's time and the rank of a position among them. */
  'nav.count': method(
    z.object({ ...t, condition, buckets: z.int().min(0).max(4096), at: seq }),
    z.object({ count: z.int(), before: z.int(), histogram: u32 }),
  ),
  /** Every hit, in order, at most `limit`. */
  'nav.hits': method(
    z.object({ ...t, condition, from: seq, limit: z.int().min(1).max(1_000_000) }),
    z.object({ seqs: f64, times: f64, truncated: z.boolean() }),
  ),
  /**
   * Position for what a person typed: `#412958`, `4.18s`, `12.5ms`, `50%`, `+200`, `-5ms`, `end`, or a way from here:
   * `next change of vcpu1.ICC_PCR_EL1`, `previous access of CDIA`, `next CONDITION`.
   */
  'nav.resolve': method(
    z.object({ ...t, text: z.string().max(4096), from: seq }),
    z.object({ seq: seq.nullable(), error: z.string() }),
  ),
  /** What could stand at the cursor in such a text. */
  'nav.complete': method(z.object({ ...t, text: condition, cursor: z.int().min(0) }), completionSchema),
  'nav.seqAtTime': method(z.object({ ...t, time: ns }), z.object({ seq })),
  /** Whether a condition is valid for this trace; `at` and `length` point at what is wrong. */
  'condition.check': method(
    z.object({ ...t, condition }),
    z.object({
      ok: z.boolean(),
      canonical: z.string(),
      message: z.string(),
      at: z.int(),
      length: z.int(),
      suggestions: z.array(z.string()),
    }),
  ),
  'condition.complete': method(z.object({ ...t, text: condition, cursor: z.int().min(0) }), completionSchema),

  /**
   * What is visible of lanes in a window. Per lane, segments in time order; `exact` when each state change is its own
   * segment, else one segment per pixel column: worst state, the share of the column it covers (0 … 255), and how many
   * transitions fall into it. vCPU lanes: code = index of RUN_STATES, 255 unknown. Interrupt lanes: state code.
   * Value lanes: `value` instead, NaN unknown.
   */
  'timeline.lanes': method(
    z.object({
      ...t,
      from: ns,
      to: ns,
      columns: z.int().min(1).max(8192),
      lanes: z.array(z.string().max(64)).max(600),
      /** Moments of lives to mark on this lane (acknowledge, drop, deactivate …). */
      marks: z.boolean(),
    }),
    z.object({
      lanes: z.array(
        z.object({
          lane: z.string(),
          exact: z.boolean(),
          start: f64,
          end: f64,
          code: u8,
          share: u8,
          transitions: u32,
          value: f64,
          /** Moments: time, seq and leg (index of LEGS). Empty when not exact. */
          markTime: f64,
          markSeq: f64,
          markLeg: u8,
          /** Why the guest was left, for each segment of a vCPU lane that began so, else ''. Empty when not exact. */
          why: z.array(z.string().max(64)),
        }),
      ),
    }),
  ),
  /** Events per column and vCPU over the whole trace, for the minimap. Last row: events without a vCPU. */
  'timeline.density': method(
    z.object({ ...t, columns: z.int().min(1).max(8192) }),
    z.object({ rows: z.int(), columns: z.int(), cells: u32 }),
  ),

  'breakpoint.list': method(z.object(t), z.object({ breakpoints: z.array(breakpointSchema) })),
  /** Adds (id 0) or replaces. */
  'breakpoint.save': method(
    z.object({ ...t, breakpoint: breakpointSchema }),
    z.object({ breakpoint: breakpointSchema }),
  ),
  'breakpoint.remove': method(z.object({ ...t, breakpoint: z.int() }), ok),
  /** Hits that count of every breakpoint, enabled or not, in one pass: figures and sparklines of the list. */
  'breakpoint.counts': method(
    z.object({ ...t, at: seq, buckets: z.int().min(0).max(4096) }),
    z.object({
      counts: z.array(z.object({ breakpoint: z.int(), count: z.int(), before: z.int(), histogram: u32 })),
    }),
  ),
  /**
   * What a breakpoint would do, stored or not: its hits that count, and what its message says at the first of them
   * (empty for other actions, or without a hit). `all` counts the ignored hits too.
   */
  'breakpoint.preview': method(
    z.object({ ...t, breakpoint: breakpointSchema, at: seq, buckets: z.int().min(0).max(4096) }),
    z.object({ count: z.int(), before: z.int(), all: z.int(), histogram: u32, message: z.string() }),
  ),
  /** Its hits that count, in order, at most `limit`. */
  'breakpoint.hits': method(
    z.object({ ...t, breakpoint: breakpointSchema, from: seq, limit: z.int().min(1).max(1_000_000) }),
    z.object({ seqs: f64, times: f64, truncated: z.boolean() }),
  ),
  /** The next or previous of them. */
  'breakpoint.step': method(
    z.object({ ...t, breakpoint: breakpointSchema, from: seq, direction }),
    z.object({ seq: seq.nullable() }),
  ),
  /** What the enabled breakpoints with messages wrote, at or behind `from`, in order. */
  'breakpoint.messages': method(
    z.object({ ...t, from: seq, limit: z.int().min(1).max(10_000) }),
    z.object({
      lines: z.array(z.object({ seq, time: ns, vcpu: vcpu.nullable(), breakpoint: z.int(), text: z.string() })),
      truncated: z.boolean(),
    }),
  ),
  /** All breakpoints as a JSON document, to be taken to another trace. */
  'breakpoint.export': method(z.object(t), z.object({ text: z.string() })),
  /** Adds the breakpoints of such a document. */
  'breakpoint.import': method(
    z.object({ ...t, text: z.string().max(10_000_000) }),
    z.object({ breakpoints: z.array(breakpointSchema) }),
  ),
  'bookmark.list': method(z.object(t), z.object({ bookmarks: z.array(bookmarkSchema) })),
  'bookmark.save': method(z.object({ ...t, bookmark: bookmarkSchema }), z.object({ bookmark: bookmarkSchema })),
  'bookmark.remove': method(z.object({ ...t, bookmark: z.int() }), ok),

  /**
   * Changes of a slot, a field (`vcpu1.ICC_PCR_EL1.PRIORITY`) or a fact of an interrupt (`vcpu1.ppi27.pending`), with the
   * events that made them: at or after `from`, or at or before it when `direction` is backward; ascending either way.
   */
  'history.changes': method(
    z.object({
      ...t,
      path: z.string().max(1024),
      from: seq,
      limit: z.int().min(1).max(1_000_000),
      direction: direction.optional(),
    }),
    z.object({
      changes: z.array(
        z.object({
          seq,
          time: ns,
          vcpu: vcpu.nullable(),
          event: z.string(),
          before: hex.nullable(),
          after: hex.nullable(),
        }),
      ),
      truncated: z.boolean(),
    }),
  ),
  /**
   * Who last wrote, read or changed such a path up to `seq`, and who does so next. A write may leave the value as it
   * was. Only registers are read and written; for anything else those are null. `condition` holds at its changes.
   */
  'history.touches': method(
    z.object({ ...t, path: z.string().max(1024), seq }),
    z.object({ condition, last: touchesSchema, next: touchesSchema }),
  ),
  'lives.list': method(
    z.object({ ...t, intid: intid.nullable(), vcpu: vcpu.nullable(), from: seq, limit: z.int().min(1).max(100_000) }),
    z.object({ lives: z.array(lifeSchema), truncated: z.boolean() }),
  ),
  'analysis.latency': method(
    z.object({ ...t, by: z.enum(['intid', 'intid,vcpu']) }),
    z.object({ groups: z.array(latencyGroupSchema) }),
  ),
  /** Drives the emulator with the recorded stimuli and compares its answers with the recorded ones. */
  'analysis.replay': method(z.object({ ...t }), replaySchema),
  /** Source lines that became no event, from source line `from` on. */
  'skipped.list': method(
    z.object({ ...t, from: z.int().min(0), limit: z.int().min(1).max(100_000) }),
    z.object({ total: z.int(), lines: z.array(z.object({ line: z.int(), reason: z.string(), text: z.string() })) }),
  ),

  /** Writes a report around `at`. Returns the file written, or the text when `output` is empty. */
  'report.export': method(
    z.object({ ...t, format: z.enum(['html', 'md']), output: z.string().max(4096), at: seq, overwrite: z.boolean() }),
    z.object({ output: z.string(), bytes: z.number(), text: z.string() }),
  ),
  /**
   * Part of an export as text: the records of `from` … `to` that pass the filter. Ask again from `next`, without
   * `header`, until `next` is null; the parts joined are the file.
   */
  'export.text': method(
    z.object({
      ...t,
      format: z.enum(['csv', 'tsv', 'jsonl', 'vcd']),
      from: seq,
      to: seq,
      filter: condition,
      /** With what stands before the first record. */
      header: z.boolean(),
    }),
    z.object({ text: z.string(), records: z.int(), next: seq.nullable() }),
  ),
  /** Read-only SQL over the readable views. */
  'sql.query': method(
    z.object({ ...t, sql: z.string().max(100_000), limit: z.int().min(1).max(10_000_000) }),
    z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
      truncated: z.boolean(),
    }),
  ),
} as const;

export type Method = keyof typeof CONTRACT;
export type Args<M extends Method> = z.infer<(typeof CONTRACT)[M]['args']>;
export type Result<M extends Method> = z.infer<(typeof CONTRACT)[M]['result']>;

/** What the backend tells without being asked. */
export interface PushEvents {
  readonly task: z.infer<typeof taskProgressSchema>;
  /** How far a search of a trace is that takes long: blocks of events looked at, and all of them. */
  readonly search: { readonly id: number; readonly done: number; readonly total: number };
  /** A growing trace has more events. */
  readonly grown: {
    readonly id: number;
    readonly events: number;
    readonly durationNs: number;
    readonly finished: boolean;
  };
  /** A recording that runs live changed its state, or has more events: at most ten times a second while it runs. */
  readonly live: z.infer<typeof liveStateSchema>;
  /** The shell asks the window to do something: a menu item, a file from the system. */
  readonly command: { readonly command: string; readonly argument: string };
}
export type PushEvent = keyof PushEvents;

/** A failure that crosses the contract. `code` is stable (`bad-input`, `usage`, `not-found`, `cancelled`, `internal`). */
export interface SessionFailure {
  readonly code: 'bad-input' | 'usage' | 'not-found' | 'cancelled' | 'internal';
  readonly message: string;
}

/** How a front end talks to the backend, whatever carries it. */
export interface SessionClient {
  /** @throws an Error with the `SessionFailure` fields. Aborting the signal cancels the call on the backend. */
  call<M extends Method>(method: M, args: Args<M>, signal?: AbortSignal): Promise<Result<M>>;
  on<E extends PushEvent>(event: E, handler: (payload: PushEvents[E]) => void): () => void;
}

export type TraceInfo = z.infer<typeof traceInfoSchema>;
export type Lane = z.infer<typeof laneSchema>;
export type EventRow = z.infer<typeof eventRowSchema>;
export type SlotValue = z.infer<typeof slotValueSchema>;
export type Breakpoint = z.infer<typeof breakpointSchema>;
export type Bookmark = z.infer<typeof bookmarkSchema>;
export type LiveState = z.infer<typeof liveStateSchema>;
export type Check = z.infer<typeof checkSchema>;
export type TaskProgress = z.infer<typeof taskProgressSchema>;
export type LaneData = Result<'timeline.lanes'>['lanes'][number];
export type InspectedState = Result<'state.inspect'>;
export type InterruptState = z.infer<typeof interruptStateSchema>;
