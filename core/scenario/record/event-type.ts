/**
 * Kinds of event with their origins, numbered: what a recorder keeps of one, it finds by the number. Each is made once,
 * where the rows that use it are.
 */
import { type Kind, type Origin } from '../../trace/kinds.ts';

export interface EventType {
  readonly kind: Kind;
  readonly origin: Origin;
  /** Dense, in the order in which they were made. */
  readonly index: number;
}

let count = 0;

export function eventType(kind: Kind, origin: Origin): EventType {
  return { kind, origin, index: count++ };
}
