/**
 * The two dictionaries of a trace: names (texts that events refer to by number) and event types (distinct triples of
 * kind, origin and the event's name in the source). Both only grow; ids are dense.
 *
 * Bounds: 2^19 names of at most 1024 characters and 32 Mi characters together, 4096 types. A hostile source with more
 * cannot exhaust memory: further names are `OVERFLOW_NAME`, further source names are left out of the type; the event
 * keeps the text in its detail (`DETAIL_NAME`, `DETAIL_SOURCE`).
 */
import { TraceError, damaged } from './errors.ts';
import { KINDS, ORIGINS, type Kind, type Origin } from './kinds.ts';

const NAME_LIMIT = 1 << 19;
export const NAME_LENGTH_LIMIT = 1024;
const NAME_TEXT_LIMIT = 32 * 1024 * 1024;
export const TYPE_LIMIT = 4096;

/** Name 0: absent. */
export const NO_NAME = 0;
/** Name 1: the name is in the event's detail. */
export const OVERFLOW_NAME = 1;
const OVERFLOW_TEXT = '(too many names)';
/** Keys in an event's stored detail; removed again when it is read. */
export const DETAIL_NAME = '$name';
export const DETAIL_SOURCE = '$source';

export class NameTable {
  readonly #texts: string[] = ['', OVERFLOW_TEXT];
  readonly #ids = new Map<string, number>([[OVERFLOW_TEXT, OVERFLOW_NAME]]);
  #characters = 0;

  get size(): number {
    return this.#texts.length;
  }

  /** All texts; index = name id. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The id of a text, interned if it is new; OVERFLOW_NAME when it is too long or the table is full. */
  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const full = this.#texts.length >= NAME_LIMIT || this.#characters + text.length > NAME_TEXT_LIMIT;
    if (full || text.length > NAME_LENGTH_LIMIT) return OVERFLOW_NAME;
    return this.#add(text);
  }

  find(text: string): number | undefined {
    return this.#ids.get(text);
  }

  /** The text of a name id, or undefined for 0 (none). */
  text(id: number): string | undefined {
    if (id === NO_NAME) return undefined;
    const text = this.#texts[id];
    if (text === undefined) throw damaged(`name ${id}`, `the trace has ${this.#texts.length} names`);
    return text;
  }

  /** Takes over a stored name; ids must come in order. */
  restore(id: number, text: string): void {
    if (id < this.#texts.length) return;
    if (id !== this.#texts.length || id >= NAME_LIMIT) throw damaged(`name ${id}`, 'the table of names has a gap');
    this.#add(text);
  }

  #add(text: string): number {
    const id = this.#texts.length;
    this.#texts.push(text);
    this.#ids.set(text, id);
    this.#characters += text.length;
    return id;
  }
}

export interface EventType {
  readonly kind: Kind;
  readonly origin: Origin;
  /** The event's name in the source. */
  readonly source?: string;
}

/** Types without a source name are always granted: there are at most this many. */
const RESERVED_TYPES = Object.keys(KINDS).length * ORIGINS.length;

const ORIGIN_INDEX: ReadonlyMap<Origin, number> = new Map(ORIGINS.map((origin, index) => [origin, index]));
/** Place of a kind and origin in `TypeIds.byPlace`. */
const placeOf = (kind: Kind, origin: Origin): number =>
  KINDS[kind].id * ORIGINS.length + (ORIGIN_INDEX.get(origin) ?? 0);

/** Ids of types with one source name. */
interface TypeIds {
  /** The one that was asked for last; −1: none. */
  latest: number;
  readonly byPlace: number[];
}

export class TypeTable {
  readonly #types: EventType[] = [];
  /** By source name, and for none. Importers ask for every event: no key is made for that. */
  readonly #bySource = new Map<string, TypeIds>();
  readonly #plain: TypeIds = { latest: -1, byPlace: [] };

  get size(): number {
    return this.#types.length;
  }

  /** All types; index = type id. */
  get types(): readonly EventType[] {
    return this.#types;
  }

  /** The id of a triple, interned if it is new; undefined when no further source names fit. */
  intern(kind: Kind, origin: Origin, source: string | undefined): number | undefined {
    const ids = source === undefined ? this.#plain : this.#bySource.get(source);
    const last = ids === undefined ? undefined : this.#types[ids.latest];
    // A source's name mostly stands for one kind of event.
    if (ids !== undefined && last?.kind === kind && last.origin === origin) return ids.latest;
    const known = ids?.byPlace[placeOf(kind, origin)];
    if (ids !== undefined && known !== undefined) return (ids.latest = known);
    if (
      source !== undefined &&
      (this.#types.length >= TYPE_LIMIT - RESERVED_TYPES || source.length > NAME_LENGTH_LIMIT)
    )
      return undefined;
    return this.#add(source === undefined ? { kind, origin } : { kind, origin, source });
  }

  /** As `intern` without a source name, which always succeeds. */
  internPlain(kind: Kind, origin: Origin): number {
    const id = this.intern(kind, origin, undefined);
    if (id === undefined) throw new TraceError('limit', 'The table of event types is full.');
    return id;
  }

  type(id: number): EventType {
    const type = this.#types[id];
    if (type === undefined) throw damaged(`event type ${id}`, `the trace has ${this.#types.length} types`);
    return type;
  }

  /** Takes over a stored type; ids must come in order. */
  restore(id: number, type: EventType): void {
    if (id < this.#types.length) return;
    if (id !== this.#types.length || id >= TYPE_LIMIT) throw damaged(`event type ${id}`, 'the table has a gap');
    this.#add(type);
  }

  #add(type: EventType): number {
    const { kind, origin, source } = type;
    const id = this.#types.length;
    this.#types.push(type);
    let ids = source === undefined ? this.#plain : this.#bySource.get(source);
    if (ids === undefined && source !== undefined) this.#bySource.set(source, (ids = { latest: id, byPlace: [] }));
    if (ids !== undefined) ids.byPlace[placeOf(kind, origin)] = id;
    return id;
  }
}
