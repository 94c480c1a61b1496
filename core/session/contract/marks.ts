/** What a person marks in a trace: breakpoints and bookmarks. See ../contract.ts for the units. */
import { z } from 'zod';
import { condition, direction, f64, method, ns, ok, seq, t, u32, vcpu } from './shapes.ts';

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

export const markMethods = {
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
} as const;
