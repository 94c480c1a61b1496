/** What is worked out of a trace: histories, lives, latencies, replay, reports, exports. See ../contract.ts for the units. */
import { z } from 'zod';
import { lifeSchema } from './events.ts';
import { condition, counts, direction, f64, hex, intid, method, momentSchema, ns, seq, t, vcpu } from './shapes.ts';

const touchesSchema = z.object({
  change: momentSchema.nullable(),
  write: momentSchema.nullable(),
  read: momentSchema.nullable(),
});

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

const findingSchema = z.object({
  rule: z.string(),
  severity: z.enum(['error', 'warning']),
  /** The interrupt that it is about. */
  intid: intid.nullable(),
  title: z.string(),
  explanation: z.string(),
  /** Where the specification says so. */
  clause: z.string(),
  /** How often the same was found. */
  count: z.int(),
  /** Events that it rests on, the first time. */
  positions: z.array(z.object({ seq, timeNs: ns, vcpu: vcpu.nullable(), what: z.string() })),
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

const replaySchema = z.object({
  compared: z.int(),
  matched: z.int(),
  mismatched: z.int(),
  unsupported: z.int(),
  byRegister: z.record(z.string(), z.object({ matched: z.int(), mismatched: z.int() })),
  /** Why values were not compared. */
  reasons: counts,
  /** What the recording left open and later answers decided. */
  inferred: counts,
  divergences: z.array(divergenceSchema),
});

export const analysisMethods = {
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
  /** The value over the whole trace, in columns of equal time: lowest and highest in each, NaN where it is unknown. */
  'history.values': method(
    z.object({ ...t, path: z.string().max(1024), columns: z.int().min(1).max(1024) }),
    /** Not `exact`: it changes too often, and is sampled at the end of each column. */
    z.object({ low: f64, high: f64, exact: z.boolean() }),
  ),
  'lives.list': method(
    z.object({ ...t, intid: intid.nullable(), vcpu: vcpu.nullable(), from: seq, limit: z.int().min(1).max(100_000) }),
    z.object({ lives: z.array(lifeSchema), truncated: z.boolean() }),
  ),
  /** How often each interrupt's line rose, or the VM was told of it; ones that never were are left out. */
  'analysis.injections': method(
    z.object({ ...t }),
    z.object({ interrupts: z.array(z.object({ intid, count: z.int() })) }),
  ),
  'analysis.latency': method(
    z.object({ ...t, by: z.enum(['intid', 'intid,vcpu']) }),
    z.object({ groups: z.array(latencyGroupSchema) }),
  ),
  /** What the rules of core/analysis/findings find, and which of them had events to look at. */
  'analysis.findings': method(
    z.object({ ...t }),
    z.object({
      findings: z.array(findingSchema),
      rules: z.array(z.object({ id: z.string(), about: z.string(), clause: z.string(), looked: z.boolean() })),
    }),
  ),
  /** Drives the emulator with the recorded stimuli and compares its answers with the recorded ones. */
  'analysis.replay': method(z.object({ ...t }), replaySchema),
  /**
   * Writes a report around `at`, or what KVM's debugfs file `vgic-state` would show after it. Returns the file written,
   * or the text when `output` is empty.
   */
  'report.export': method(
    z.object({
      ...t,
      format: z.enum(['html', 'md', 'vgic-state']),
      output: z.string().max(4096),
      at: seq,
      overwrite: z.boolean(),
    }),
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
} as const;
