/**
 * The JSON documents that `--json` prints, version 1. Scripts depend on them: members are added, never changed or
 * removed, without a new version. docs/cli.md prints them; tests check real output against them.
 * 64-bit values are hex strings, times integers in nanoseconds since the start, positions integers.
 */
import { z } from 'zod';

/** Value of `schema` in `info --json`. */
export const SHAPES_VERSION = 1;

const seq = z.int().min(-1).describe('event number');
const timeNs = z.int().min(0);
const vcpu = z.int().min(0).nullable();
const hex = z
  .string()
  .regex(/^0x[0-9a-f]{1,16}$/)
  .describe('hex');
const count = z.int().min(0);
const counts = z.record(z.string(), count);
const intid = z.string().describe('"PPI 27"');

const info = z.strictObject({
  schema: z.literal(SHAPES_VERSION),
  source: z.strictObject({ kind: z.string(), files: z.array(z.string()), facts: z.record(z.string(), z.string()) }),
  gic: z.enum(['v5', 'v3', 'v2', 'unknown']),
  profile: z.string().nullable(),
  vcpus: count,
  events: count,
  durationNs: timeNs,
  bytes: count,
  kinds: counts,
  names: counts,
  lines: z.strictObject({ read: count, asEvents: count, merged: count, skipped: count, reasons: counts }).nullable(),
  interrupts: z.array(
    z.strictObject({
      intid,
      name: z.string(),
      injected: count,
      acknowledged: count,
      deactivated: count,
      byVcpu: z.array(z.strictObject({ vcpu, acknowledged: count, deactivated: count })),
    }),
  ),
  complete: z.boolean(),
  skippedLines: z.array(z.strictObject({ line: count, reason: z.string(), text: z.string() })).optional(),
  integrity: z.strictObject({ blocks: count, problem: z.string().nullable() }).optional(),
});

const leg = z.strictObject({
  count,
  minNs: timeNs,
  p50Ns: timeNs,
  p90Ns: timeNs,
  p99Ns: timeNs,
  maxNs: timeNs,
  maxSeq: seq,
  approximate: z.boolean(),
});

const recording = z.strictObject({
  file: z.string(),
  halted: z.enum(['poweredOff', 'idle', 'limit', 'stopped']),
  timeNs,
  events: count,
  contentDigest: z.string(),
  stateDigest: z.string(),
  checks: z.array(
    z.strictObject({
      ok: z.boolean(),
      what: z.string(),
      expected: z.string(),
      found: z.string(),
      line: count,
      column: count,
      timeNs,
      /** −1: none. */
      seq: z.int().min(-1),
    }),
  ),
  failed: count,
});

const divergence = z.strictObject({
  seq,
  timeNs,
  vcpu,
  line: count.nullable(),
  register: z.string(),
  recorded: hex,
  emulated: hex,
  context: z.string(),
});

export const SHAPES = {
  info,
  record: recording.extend({ output: z.string(), stopped: z.boolean() }),
  /** `check`, `list`, `list --profiles` and `run-all` print one of these members each. */
  scenario: z
    .strictObject({
      checked: z.array(
        z.strictObject({
          file: z.string(),
          name: z.string(),
          problems: z.array(z.strictObject({ line: count, column: count, message: z.string() })),
        }),
      ),
      scenarios: z.array(
        z.union([
          z.strictObject({
            path: z.string(),
            name: z.string(),
            title: z.string(),
            about: z.string(),
            profile: z.string(),
            vcpus: count,
          }),
          recording.extend({ name: z.string() }),
        ]),
      ),
      profiles: z.array(
        z.strictObject({ name: z.string(), title: z.string(), since: z.string(), changes: z.array(z.string()) }),
      ),
      failed: count,
    })
    .partial(),
  import: z.strictObject({ output: z.string(), stopped: z.boolean(), info }),
  /** Of `import --dry-run`. */
  importPlan: z.strictObject({
    files: z.array(z.strictObject({ file: z.string(), format: z.string().nullable(), message: z.string() })),
    recordings: z.array(z.strictObject({ files: z.array(z.string()), placed: z.string() })),
    frames: z.string().nullable(),
    /** null: none was named. */
    output: z.string().nullable(),
    there: z.enum(['cut', 'complete', 'other', 'busy']).nullable(),
    room: z.strictObject({ needed: count, free: count }),
    problem: z.string().nullable(),
  }),
  /** Each line; `--columns` leaves out what was not asked for. */
  event: z
    .strictObject({
      seq,
      timeNs,
      vcpu,
      origin: z.enum(['unknown', 'guest', 'hypervisor', 'userspace', 'device', 'hardware']),
      kind: z.string(),
      name: z.string(),
      operand: z.string(),
      detail: z.string(),
      register: z.string().nullable(),
      op: z.enum(['read', 'write', 'execute']).nullable(),
      value: hex.nullable(),
      intid: intid.nullable(),
    })
    .partial(),
  state: z.strictObject({
    seq,
    timeNs,
    otherSeq: seq.optional(),
    slots: z.record(
      z.string(),
      z.strictObject({
        value: hex.nullable(),
        known: z.boolean(),
        text: z.string(),
        fields: z.record(z.string(), hex),
        other: hex.nullable().optional(),
      }),
    ),
  }),
  find: z.strictObject({ count, hits: z.array(z.strictObject({ seq, timeNs, vcpu })) }),
  history: z.strictObject({
    path: z.string(),
    changes: z.array(
      z.strictObject({
        seq,
        timeNs,
        vcpu,
        event: z.string(),
        before: hex.nullable(),
        after: hex.nullable(),
      }),
    ),
  }),
  latency: z.strictObject({
    groups: z.array(z.strictObject({ intid, vcpu, legs: z.record(z.string(), leg) })),
  }),
  check: z.strictObject({
    findings: z.array(
      z.strictObject({
        rule: z.string(),
        severity: z.enum(['error', 'warning']),
        seq,
        intid: intid.nullable(),
        message: z.string(),
        explanation: z.string(),
        clause: z.string(),
        count,
        positions: z.array(z.strictObject({ seq, timeNs, vcpu, what: z.string() })),
      }),
    ),
    rules: z.array(z.strictObject({ id: z.string(), about: z.string(), clause: z.string(), looked: z.boolean() })),
  }),
  replay: z.strictObject({
    compared: count,
    matched: count,
    mismatched: count,
    unsupported: count,
    byRegister: z.record(z.string(), z.strictObject({ matched: count, mismatched: count })),
    firstDivergence: divergence.nullable(),
    divergences: z.array(divergence),
    reasons: counts,
    inferred: counts,
  }),
  sql: z.strictObject({
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    truncated: z.boolean(),
  }),
} as const;

type ShapeName = keyof typeof SHAPES;
export type Shape<N extends ShapeName> = z.infer<(typeof SHAPES)[N]>;
