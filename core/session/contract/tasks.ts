/** Long tasks: imports and recordings that run on while the window works. See ../contract.ts for the units. */
import { z } from 'zod';
import { FRAME_NAMES } from '../../import/machine/machine.ts';
import { hex, method, ns, ok, path, seq } from './shapes.ts';

export { FRAME_NAMES };

export const haltSchema = z.enum(['poweredOff', 'idle', 'limit', 'stopped']);

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

/** What is recorded, and where. `output` empty: beside the app's imports. */
export const recording = {
  scenario: path,
  output: z.string().max(4096),
  overwrite: z.boolean(),
  /** Instead of the scenario's own. */
  profile: z.string().max(64).optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
};

/** The set of logs of an emulator's threads is one of the larger ones. */
export const MOST_FILES = 1024;

/** What is imported, and how; `import.plan` says what would come of it. */
const sources = {
  files: z.array(path).min(1).max(MOST_FILES),
  /** Name of an import format; absent: found from the content. */
  format: z.string().max(64).optional(),
  /** Per file: nanoseconds to add to its times; null or absent: found from what the files have in common. */
  offsets: z.array(z.int().nullable()).max(MOST_FILES).optional(),
  /** Indexes of the files that were recorded inside the guest: their CPUs are the vCPUs. */
  guests: z.array(z.int().min(0)).max(MOST_FILES).optional(),
  /** Where the recorded machine has its GIC's registers, for recordings of a KVM host: its device tree as a blob. */
  dtb: path.optional(),
  /** The same without a device tree; `dtb` comes first. */
  frames: z
    .array(z.object({ name: z.enum(FRAME_NAMES), base: hex }))
    .max(32)
    .optional(),
};

/** A trace that is, or is left, where an import would write. */
const earlierSchema = z.object({
  /** Its name, also of one that an import left as `NAME.partial`. */
  path,
  /** `cut`: an import of these files ended before its end; `complete`: it did not; `other`: it is something else. */
  state: z.enum(['cut', 'complete', 'other', 'busy']),
  events: z.int(),
  message: z.string(),
});

export const taskMethods = {
  /** What an import of these files would do. Nothing is read but their beginnings, and nothing is written. */
  'import.plan': method(
    z.object({
      ...sources,
      /** Where the trace would go; absent or empty: beside the app's other imports. */
      output: z.string().max(4096).optional(),
    }),
    z.object({
      files: z.array(
        z.object({
          path,
          bytes: z.number(),
          /** Empty: it cannot be imported, and the message says why. */
          format: z.string(),
          message: z.string(),
          /** Whether it can be read on as it grows. */
          follows: z.boolean(),
          /** Whether it may have been recorded inside the guest, which nothing in it says. */
          insideGuests: z.boolean(),
        }),
      ),
      /** Files that are one recording, merged line by line; recordings stand side by side, the first is the reference. */
      recordings: z.array(z.object({ files: z.array(z.int()), placed: z.string() })),
      /** Where it would go: the output that was named, else a name that nothing has. */
      output: path,
      /** What stands there; without a named output: what the last import of these files left. */
      earlier: earlierSchema.nullable(),
      registers: z.object({
        /** Whether one of the files is a recording of a KVM host: its accesses name addresses. */
        needed: z.boolean(),
        /** Where register frames are, for people; empty: nothing was said of them. */
        frames: z.string(),
        /** Why what was said cannot be used; empty: it can. */
        problem: z.string(),
      }),
      /** Bytes of disk that it may need there, and that are free. */
      room: z.object({ needed: z.number(), free: z.number() }),
      /** Why it cannot be done; empty: it can. */
      problem: z.string(),
    }),
  ),
  /**
   * Starts an import; progress comes as `task` events. `output` empty: beside the app's other imports. A single file `-`
   * is the standard input of the backend's process, where it has one, read as it comes.
   */
  'import.start': method(
    z.object({
      ...sources,
      output: z.string().max(4096),
      overwrite: z.boolean(),
      /** Keep what can be read of a source that is cut short or damaged; absent: such a source is refused. */
      keepPartial: z.boolean().optional(),
      /** Number of vCPUs, for sources that do not say it. */
      vcpus: z.int().min(1).max(512).optional(),
      /**
       * Read on as the source grows, until it ends or the task is stopped; the trace has its name and can be opened
       * from the first event on. One source.
       */
      follow: z.boolean().optional(),
      /**
       * Go on with the trace of the same files that is there, if there is one and it was cut off: with `follow` its lines
       * come first (also of a complete one); without, the files are read again from their start.
       */
      resume: z.boolean().optional(),
    }),
    z.object({ task: z.int(), output: path }),
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
  /** Stops a task. `keep`: what was imported so far becomes a usable trace; absent: partial files are removed. */
  'task.cancel': method(z.object({ task: z.int(), keep: z.boolean().optional() }), ok),
} as const;
