/** Events: rows of the list, and one in detail. See ../contract.ts for the units. */
import { z } from 'zod';
import { ACCESS, ORIGINS } from '../../trace/kinds.ts';
import { LEGS } from '../../trace/life.ts';
import {
  changeSchema,
  condition,
  direction,
  fieldSchema,
  hex,
  intid,
  kind,
  method,
  momentSchema,
  ns,
  seq,
  t,
  vcpu,
} from './shapes.ts';

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

export const lifeSchema = z.object({
  id: z.int(),
  intid,
  label: z.string(),
  vcpu: vcpu.nullable(),
  moments: z.partialRecord(z.enum(LEGS), momentSchema),
});

export const eventMethods = {
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
} as const;
