/**
 * The codec between event objects and columns, driven by the KINDS table.
 *
 * An event's fixed part in columns: time, type (an index into the trace's table of distinct kind + origin + source
 * name), vCPU, `small` (12 bits of small fields), name (an interned text), flags, value and arg (64 bits each, as two
 * u32 halves), source line. Absent value, arg and name are 0, so equal events have equal bytes.
 * For every event e: `unpackPayload(kind, pack(e)) = payload of e`, and a field that was absent stays absent.
 */
import { type Intid } from '../gic/intid.ts';
import { damaged } from './errors.ts';
import { type AnyPayload, KINDS, type Kind, type KindSpec } from './kinds.ts';
import { type MessageMemory } from './message-memory.ts';

export const HAS_VALUE = 1;
export const HAS_ARG = 2;
export const HAS_DETAIL = 4;

/** Columns of `count` events; longer arrays are allowed. */
export interface EventColumns {
  readonly count: number;
  /** Nanoseconds since the start of the trace. */
  readonly time: Float64Array;
  /** Index into the trace's event types. */
  readonly type: Uint16Array;
  /** −1: none. */
  readonly vcpu: Int16Array;
  readonly small: Uint16Array;
  /** Index into the trace's names; 0: none. */
  readonly name: Uint32Array;
  /** HAS_VALUE | HAS_ARG | HAS_DETAIL. */
  readonly flags: Uint8Array;
  readonly valueLo: Uint32Array;
  readonly valueHi: Uint32Array;
  readonly argLo: Uint32Array;
  readonly argHi: Uint32Array;
  /** 1-based source line or record; 0: none. */
  readonly line: Float64Array;
}

/** A payload as numbers, and its one text. */
export interface PackedPayload {
  small: number;
  name: string | undefined;
  flags: number;
  valueLo: number;
  valueHi: number;
  argLo: number;
  argHi: number;
}

export function emptyPayload(): PackedPayload {
  return { small: 0, name: undefined, flags: 0, valueLo: 0, valueHi: 0, argLo: 0, argHi: 0 };
}

type FieldSpec = KindSpec['fields'][string];
interface Field {
  readonly key: string;
  readonly spec: FieldSpec;
  /** Index of each name of an enumeration. */
  readonly indices: ReadonlyMap<string, number> | undefined;
}

/** One kind, prepared for the codec. */
export interface KindCodec {
  readonly kind: Kind;
  readonly id: number;
  readonly fields: readonly Field[];
  /** The kind's `arg` is an interrupt. */
  readonly namesInterrupt: boolean;
  /** The kind's lowest two small bits are an access direction. */
  readonly hasAccess: boolean;
}

const isKind = (name: string): name is Kind => Object.hasOwn(KINDS, name);

function prepare(kind: Kind): KindCodec {
  const spec: KindSpec = KINDS[kind];
  const fields = Object.entries(spec.fields).map(([key, field]): Field => ({
    key,
    spec: field,
    indices: typeof field.type === 'string' ? undefined : new Map(field.type.map((text, index) => [text, index])),
  }));
  return {
    kind,
    id: spec.id,
    fields,
    namesInterrupt: fields.some((field) => field.spec.type === 'intid'),
    hasAccess: fields.some((field) => field.key === 'op'),
  };
}

export const KIND_CODECS: ReadonlyMap<Kind, KindCodec> = new Map(
  Object.keys(KINDS)
    .filter(isKind)
    .map((kind) => [kind, prepare(kind)]),
);

/** Codec by stored kind number; undefined where the number is not in use. */
export const CODEC_BY_ID: readonly (KindCodec | undefined)[] = (() => {
  const out: (KindCodec | undefined)[] = [];
  for (const codec of KIND_CODECS.values()) out[codec.id] = codec;
  return Array.from({ length: 128 }, (_, id) => out[id]);
})();

export function codecOf(kind: Kind): KindCodec {
  const codec = KIND_CODECS.get(kind);
  if (codec === undefined) throw new RangeError(`unknown event kind ${String(kind)}`);
  return codec;
}

/**
 * Puts an event's payload into numbers.
 * @throws RangeError when a value does not fit its place; the message names kind and field.
 */
export function packPayload(codec: KindCodec, event: AnyPayload, out: PackedPayload): void {
  out.small = 0;
  out.name = undefined;
  out.flags = 0;
  out.valueLo = 0;
  out.valueHi = 0;
  out.argLo = 0;
  out.argHi = 0;
  // The table says which properties the kind has; the union type cannot be indexed by a computed name.
  const values = event as unknown as Readonly<Record<string, unknown>>;
  for (const field of codec.fields) {
    const value = values[field.key];
    if (value === undefined) {
      if (field.spec.optional === true) continue;
      throw bad(codec, field, value, 'a value');
    }
    place(codec, field, value, out);
  }
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

function place(codec: KindCodec, field: Field, value: unknown, out: PackedPayload): void {
  const where = field.spec.place;
  if (where.at === 'name') {
    if (typeof value !== 'string') throw bad(codec, field, value, 'a text');
    out.name = value;
    return;
  }
  let lo: number;
  let hi = 0;
  if (typeof value === 'bigint') {
    if (field.spec.type !== 'u64' || value < 0n || value > U64_MAX)
      throw bad(codec, field, value, 'an unsigned 64-bit integer');
    if (value <= SAFE_MAX) {
      // Most values: without making two more bigints.
      const number = Number(value);
      lo = number >>> 0;
      hi = (number - lo) / 0x1_0000_0000;
    } else {
      lo = Number(value & 0xffff_ffffn);
      hi = Number(value >> 32n);
    }
  } else if (typeof value === 'number') {
    if (field.spec.type === 'u64' || value >>> 0 !== value) throw bad(codec, field, value, 'an integer of 32 bits');
    lo = value;
  } else if (typeof value === 'boolean') lo = value ? 1 : 0;
  else {
    const index = typeof value === 'string' ? field.indices?.get(value) : undefined;
    if (index === undefined) throw bad(codec, field, value, `one of ${[...(field.indices?.keys() ?? [])].join(', ')}`);
    lo = index;
  }
  if (where.at === 'small') {
    if (lo >= 1 << where.bits) throw bad(codec, field, value, `less than ${1 << where.bits}`);
    out.small |= lo << where.lsb;
  } else if (where.at === 'value') {
    out.flags |= HAS_VALUE;
    out.valueLo = lo;
    out.valueHi = hi;
  } else {
    out.flags |= HAS_ARG;
    out.argLo = lo;
    out.argHi = hi;
  }
}

function bad(codec: KindCodec, field: Field, value: unknown, wanted: string): RangeError {
  return new RangeError(`event ${codec.kind}: ${field.key} is ${String(value)}, wanted ${wanted}`);
}

/** A property value of an event's payload. */
export type FieldValue = bigint | number | boolean | string | Intid;

/**
 * The payload's properties, absent ones left out.
 * @throws TraceError `damaged` for a stored number that the kind's enumeration does not know.
 */
export function unpackPayload(codec: KindCodec, packed: Readonly<PackedPayload>): Record<string, FieldValue> {
  const out: Record<string, FieldValue> = {};
  for (const field of codec.fields) {
    const where = field.spec.place;
    if (where.at === 'name') {
      if (packed.name !== undefined) out[field.key] = packed.name;
    } else if (where.at === 'small') {
      const value = typed(field, (packed.small >>> where.lsb) & ((1 << where.bits) - 1), 0);
      // The empty word of an enumeration: absent.
      if (value !== '') out[field.key] = value;
    } else if (where.at === 'value') {
      if (packed.flags & HAS_VALUE) out[field.key] = typed(field, packed.valueLo, packed.valueHi);
    } else if (packed.flags & HAS_ARG) out[field.key] = typed(field, packed.argLo, packed.argHi);
  }
  return out;
}

/** The payload with its kind: the inverse of `packPayload`. @throws as `unpackPayload` */
export function payloadOf(kind: Kind, packed: Readonly<PackedPayload>): AnyPayload {
  // The properties are those of the kind, which the compiler cannot know of a record by names.
  return { kind, ...unpackPayload(codecOf(kind), packed) } as unknown as AnyPayload;
}

function typed(field: Field, lo: number, hi: number): FieldValue {
  const { type } = field.spec;
  switch (type) {
    case 'u64':
      return (BigInt(hi) << 32n) | BigInt(lo);
    case 'bool':
      return lo !== 0;
    case 'u32':
    case 'intid':
      return lo;
    case 'text':
      return '';
    default:
      return type[lo] ?? unknownName(field, lo);
  }
}

function unknownName(field: Field, index: number): never {
  throw damaged('an event', `${field.key} is ${index}, which stands for nothing`);
}

/** Fresh columns for up to `capacity` events. */
export function makeColumns(capacity: number): EventColumns {
  return {
    count: capacity,
    time: new Float64Array(capacity),
    type: new Uint16Array(capacity),
    vcpu: new Int16Array(capacity),
    small: new Uint16Array(capacity),
    name: new Uint32Array(capacity),
    flags: new Uint8Array(capacity),
    valueLo: new Uint32Array(capacity),
    valueHi: new Uint32Array(capacity),
    argLo: new Uint32Array(capacity),
    argHi: new Uint32Array(capacity),
    line: new Float64Array(capacity),
  };
}

/** The columns in memory that another thread sees. */
export function copyOfEvents(columns: EventColumns, memory: MessageMemory): EventColumns {
  const { count } = columns;
  return {
    count,
    time: memory.numbers(columns.time.subarray(0, count)),
    type: memory.shorts(columns.type.subarray(0, count)),
    vcpu: memory.signed(columns.vcpu.subarray(0, count)),
    small: memory.shorts(columns.small.subarray(0, count)),
    name: memory.words(columns.name.subarray(0, count)),
    flags: memory.bytes(columns.flags.subarray(0, count)),
    valueLo: memory.words(columns.valueLo.subarray(0, count)),
    valueHi: memory.words(columns.valueHi.subarray(0, count)),
    argLo: memory.words(columns.argLo.subarray(0, count)),
    argHi: memory.words(columns.argHi.subarray(0, count)),
    line: memory.numbers(columns.line.subarray(0, count)),
  };
}

/** Puts columns into others, from event `at` on. */
export function putEvents(from: EventColumns, to: EventColumns, at: number): void {
  const { count } = from;
  to.time.set(from.time.subarray(0, count), at);
  to.type.set(from.type.subarray(0, count), at);
  to.vcpu.set(from.vcpu.subarray(0, count), at);
  to.small.set(from.small.subarray(0, count), at);
  to.name.set(from.name.subarray(0, count), at);
  to.flags.set(from.flags.subarray(0, count), at);
  to.valueLo.set(from.valueLo.subarray(0, count), at);
  to.valueHi.set(from.valueHi.subarray(0, count), at);
  to.argLo.set(from.argLo.subarray(0, count), at);
  to.argHi.set(from.argHi.subarray(0, count), at);
  to.line.set(from.line.subarray(0, count), at);
}
