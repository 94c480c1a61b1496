/**
 * Kind and origin of events that come often, and the places of their payload's small fields: `Scene.post` takes such
 * events as numbers. Which fields are where, KINDS says; nothing here repeats its numbers.
 */
import { type Kind, type Origin } from '../../../trace/kinds.ts';

export interface Form<K extends Kind = Kind> {
  readonly kind: K;
  readonly origin: Origin;
  /** Each form has its own, below MOST_FORMS. */
  readonly index: number;
}

export const MOST_FORMS = 32;
let count = 0;

export function form<K extends Kind>(kind: K, origin: Origin): Form<K> {
  if (count === MOST_FORMS) throw new RangeError('too many forms');
  return { kind, origin, index: count++ };
}

interface SmallField {
  readonly place: { readonly lsb: number };
}

/** A small field's value at its place. */
export const at = ({ place }: SmallField, value: number): number => value << place.lsb;

/** A flag at its place. */
export const flagAt = ({ place }: SmallField, value: number): number => (value === 0 ? 0 : 1 << place.lsb);
