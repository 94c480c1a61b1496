/** An open trace as a whole: what it holds, whether it is sound, SQL over its views. See ../contract.ts for the units. */
import { z } from 'zod';
import { counts, i32, intid, method, ns, ok, path, t, traceId, u32, u8, vcpu } from './shapes.ts';

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
  /** An interrupt that the trace never shows pending, active or raised: the timeline folds such lanes. */
  quiet: z.boolean(),
  /** An interrupt of which the source shows the input line alone: its lane draws the line, its state stays unknown. */
  lineAlone: z.boolean(),
});

export const laneColumnsSchema = z.object({
  /** Lanes that are not of interrupts. */
  others: z.array(laneSchema),
  /** Of each interrupt's lane: its INTID, its vCPU or −1, and the sum of 1 if it is quiet and 2 if its line is alone. */
  intids: u32,
  vcpus: i32,
  flags: u8,
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
  /** INTID of the interrupt that was acknowledged most; null: none was. */
  busiest: intid.nullable(),
  /** `lanesOf` of ../lane-columns.ts makes lanes of them. */
  lanes: laneColumnsSchema,
  complete: z.boolean(),
  /** False while a recording or import still adds events. */
  finished: z.boolean(),
  /** Whether bookmarks and breakpoints can be stored in the file. */
  writable: z.boolean(),
});

export const traceMethods = {
  'trace.open': method(z.object({ path }), traceInfoSchema),
  'trace.info': method(z.object(t), traceInfoSchema),
  /** How often each interrupt was taken and ended. */
  'trace.interrupts': method(
    z.object(t),
    z.object({
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
    }),
  ),
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
  /** Source lines that became no event, from source line `from` on. */
  'skipped.list': method(
    z.object({ ...t, from: z.int().min(0), limit: z.int().min(1).max(100_000) }),
    z.object({ total: z.int(), lines: z.array(z.object({ line: z.int(), reason: z.string(), text: z.string() })) }),
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
