/** Positions and the conditions that find them. See ../contract.ts for the units. */
import { z } from 'zod';
import { completionSchema, condition, direction, f64, method, ns, seq, t, u32, vcpu } from './shapes.ts';

export const navMethods = {
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
} as const;
