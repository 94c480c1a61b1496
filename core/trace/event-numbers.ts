/**
 * Events to the numbers that a trace stores of them: the dictionaries of names and types, and an event's payload by them.
 * What a full dictionary cannot take goes into the event's detail, so that nothing is lost.
 */
import { codecOf, emptyPayload, packPayload } from './columns.ts';
import { DETAIL_NAME, DETAIL_SOURCE, NO_NAME, NameTable, OVERFLOW_NAME, TypeTable } from './dictionary.ts';
import { type AnyPayload, type Detail, type Kind, type Origin } from './kinds.ts';

export class EventNumbers {
  readonly names = new NameTable();
  readonly types = new TypeTable();
  /** Of the event that was packed last. */
  readonly payload = emptyPayload();
  type = 0;
  name = NO_NAME;

  /**
   * Puts an event into `payload`, `type` and `name`; the answer is its detail as JSON, if it has one.
   * @throws RangeError as `packPayload`
   */
  pack(event: AnyPayload, origin: Origin, source: string | undefined, json: string | undefined): string | undefined {
    const { kind } = event;
    const { payload } = this;
    packPayload(codecOf(kind), event, payload);
    let more: Detail | undefined;
    const type = this.types.intern(kind, origin, source);
    if (type === undefined) more = { [DETAIL_SOURCE]: source ?? '' };
    this.type = type ?? this.typeId(kind, origin);
    this.name = NO_NAME;
    if (payload.name !== undefined) {
      this.name = this.names.intern(payload.name);
      if (this.name === OVERFLOW_NAME) more = { ...more, [DETAIL_NAME]: payload.name };
    }
    return more === undefined ? json : withMore(json, more);
  }

  /** The number of an event type, without its source where the dictionary is full. */
  typeId(kind: Kind, origin: Origin, source?: string): number {
    return this.types.intern(kind, origin, source) ?? this.types.internPlain(kind, origin);
  }
}

/** A detail with further entries. */
function withMore(json: string | undefined, more: Detail): string {
  // What is given as JSON was made of a detail.
  const own = json === undefined ? {} : (JSON.parse(json) as Detail);
  return JSON.stringify({ ...own, ...more });
}
