/** The present event of a stream as an `FtraceRecord`. One object serves all events; it is valid until the next one. */
import { type DetailValues, type FtraceRecord, NO_FLAGS, shown } from '../ftrace/record.ts';
import { ByteMemo, NOT_KNOWN } from '../byte-memo.ts';
import { textOf } from './bytes.ts';
import { type CpuStream } from './cpu-stream.ts';
import { type EventFormat, type FieldFormat } from './event-format.ts';
import { type DatHead } from './dat-head.ts';

/** Details of one event; the trace takes 64. */
const MOST_DETAILS = 50;
const LONGEST_TEXT = 1000;
const MOST_ELEMENTS = 64;

/** An event whose number no format has. */
const unknownFormat = (id: number): EventFormat => ({
  id,
  system: '',
  name: `unknown:${id}`,
  fields: [],
  byName: new Map(),
  common: new Map(),
});

/** A format, and its common fields that every event is asked for. */
interface Shape {
  readonly format: EventFormat;
  readonly pid: FieldFormat | undefined;
  readonly flags: FieldFormat | undefined;
}

export class DatRecord implements FtraceRecord {
  time = 0;
  record = 0;
  cpu = 0;
  pid = -1;
  /** Buffers are instances of one kernel's tracer. */
  readonly kernel = 0;
  flags = NO_FLAGS;
  format: EventFormat = unknownFormat(0);
  #stream: CpuStream | undefined;
  readonly #head: DatHead;
  /** Common to all formats. */
  readonly #type: FieldFormat | undefined;
  readonly #shapes = new Map<number, Shape>();
  readonly #unknown = new Map<number, EventFormat>();
  /** Details of records, by their bytes and stream. */
  readonly #memo = new ByteMemo();
  readonly #details: string[] = [];

  constructor(head: DatHead) {
    this.#head = head;
    this.#type = head.formats.values().next().value?.common.get('common_type');
  }

  get name(): string {
    return this.format.name;
  }

  get comm(): string {
    return this.pid === 0 ? '<idle>' : (this.#head.commands.get(this.pid) ?? '<...>');
  }

  lacksNameOf(pid: number): boolean {
    return !this.#head.commands.has(pid);
  }

  /** Events of no known format so far, by number. */
  get unknown(): readonly number[] {
    return [...this.#unknown.keys()];
  }

  load(stream: CpuStream, time: number): void {
    this.#stream = stream;
    this.time = time;
    this.cpu = stream.cpu;
    this.record++;
    const id = this.#small(this.#type) ?? -1;
    const shape = this.#shapes.get(id) ?? this.#newShape(id);
    this.format = shape.format;
    this.pid = this.#small(shape.pid) ?? -1;
    this.flags = this.#small(shape.flags) ?? NO_FLAGS;
  }

  int(field: string): number | undefined {
    const format = this.format.byName.get(field);
    if (format === undefined || format.shape === 'text' || format.shape === 'array') return undefined;
    if (format.size < 8) return this.#small(format);
    const value = this.#integer(format);
    return value === undefined ? undefined : Number(value);
  }

  u64(field: string): bigint | undefined {
    const format = this.format.byName.get(field);
    const value = format === undefined ? undefined : this.#integer(format);
    return value === undefined ? undefined : BigInt.asUintN(64, value);
  }

  text(field: string): string | undefined {
    const format = this.format.byName.get(field);
    if (format === undefined) return undefined;
    const value = this.#shown(format);
    return typeof value === 'string' ? value : undefined;
  }

  describe(to: DetailValues): void {
    const { fields, system } = this.format;
    let count = 0;
    for (const field of fields) {
      const value = this.#shown(field);
      if (value === undefined) continue;
      if (++count > MOST_DETAILS) break;
      to[field.name in to ? `${field.name}'` : field.name] = value;
    }
    const stream = this.#stream;
    if (stream === undefined) return;
    if (stream.buffer !== '') to['buffer'] = stream.buffer;
    if (system === '') to['bytes'] = Buffer.from(this.#slice(0, Math.min(stream.length, 200)) ?? []).toString('hex');
  }

  knownDetail(): string | undefined {
    const stream = this.#stream;
    if (stream === undefined) return undefined;
    const { view, at, length, order } = stream;
    const place = this.#memo.recall(view, at, at + length, order);
    return place === NOT_KNOWN ? undefined : this.#details[place];
  }

  keepDetail(json: string): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    const place = this.#memo.keep(stream.view, stream.at, stream.at + stream.length);
    if (place !== NOT_KNOWN) this.#details[place] = json;
  }

  #newShape(id: number): Shape {
    const { formats } = this.#head;
    const format = formats.get(id) ?? unknownFormat(id);
    if (format.common.size === 0 && format.fields.length === 0) this.#unknown.set(id, format);
    const common = format.common.size > 0 ? format.common : formats.values().next().value?.common;
    const shape = { format, pid: common?.get('common_pid'), flags: common?.get('common_flags') };
    this.#shapes.set(id, shape);
    return shape;
  }

  #slice(offset: number, length: number): Uint8Array | undefined {
    const stream = this.#stream;
    if (stream === undefined || offset < 0 || length < 0 || offset + length > stream.length) return undefined;
    return stream.bytes.subarray(stream.at + offset, stream.at + offset + length);
  }

  /** A field of at most four bytes. */
  #small(field: FieldFormat | undefined): number | undefined {
    const stream = this.#stream;
    if (field === undefined || stream === undefined || field.offset + field.size > stream.length) return undefined;
    const { little } = this.#head;
    const at = stream.at + field.offset;
    const { view } = stream;
    switch (field.size) {
      case 1:
        return field.signed ? view.getInt8(at) : view.getUint8(at);
      case 2:
        return field.signed ? view.getInt16(at, little) : view.getUint16(at, little);
      case 4:
        return field.signed ? view.getInt32(at, little) : view.getUint32(at, little);
      default:
        return undefined;
    }
  }

  #integer(field: FieldFormat): bigint | undefined {
    const stream = this.#stream;
    if (stream === undefined || field.offset + field.size > stream.length) return undefined;
    if (field.size === 8) {
      const at = stream.at + field.offset;
      const { little } = this.#head;
      return field.signed ? stream.view.getBigInt64(at, little) : stream.view.getBigUint64(at, little);
    }
    const value = this.#small(field);
    return value === undefined ? undefined : BigInt(value);
  }

  #shown(field: FieldFormat): string | number | boolean | undefined {
    switch (field.shape) {
      case 'integer': {
        if (field.size < 8) {
          const value = this.#small(field);
          return value === undefined || !field.hex ? value : `0x${(value >>> 0).toString(16)}`;
        }
        const value = this.#integer(field);
        if (value === undefined) return undefined;
        return field.hex ? hex(value) : shown(value);
      }
      case 'pointer':
      case 'text address': {
        const value = this.#integer(field);
        if (value === undefined) return undefined;
        const { symbols } = this.#head;
        return (
          symbols.textAt(value) ?? (field.shape === 'pointer' ? symbols.functionAt(value) : undefined) ?? hex(value)
        );
      }
      case 'text': {
        const bytes = this.#slice(field.offset, field.size);
        return bytes === undefined ? undefined : text(bytes);
      }
      case 'array':
        return this.#elements(field, field.offset, field.size);
      case 'located':
      case 'relative': {
        const place = this.#small({ ...field, signed: false });
        if (place === undefined) return undefined;
        const from = (place & 0xffff) + (field.shape === 'relative' ? field.offset + 4 : 0);
        const bytes = this.#slice(from, place >>> 16);
        if (bytes === undefined) return undefined;
        return field.isText ? text(bytes) : this.#elements(field, from, place >>> 16);
      }
    }
  }

  /** Elements as numbers, or the bytes where their size is not known. */
  #elements(field: FieldFormat, from: number, length: number): string | undefined {
    const bytes = this.#slice(from, length);
    if (bytes === undefined) return undefined;
    const { element } = field;
    const size = element === 1 || element === 2 || element === 4 || element === 8 ? element : 0;
    const count = size === 0 ? 0 : length / size;
    if (!Number.isInteger(count) || count === 0 || count > MOST_ELEMENTS)
      return Buffer.from(bytes.subarray(0, 200)).toString('hex');
    const parts = Array.from({ length: count }, (_, i) => {
      const value = this.#integer({ ...field, offset: from + i * size, size }) ?? 0n;
      return field.hex ? hex(value) : String(value);
    });
    return parts.join(' ');
  }
}

function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, LONGEST_TEXT)));
}
