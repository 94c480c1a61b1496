/**
 * Any sink as one that takes numbers and bytes: those that only know objects and texts (a recording that is merged with
 * others, a test) get them made. Importers therefore have one way for what comes often.
 */
import { type Intid } from '../gic/intid.ts';
import { nanoseconds, type Seq, type VcpuId, vcpuId } from '../state/brand.ts';
import { type Journal } from '../state/journal.ts';
import { payloadOf } from '../trace/columns.ts';
import { NameTable, TypeTable } from '../trace/dictionary.ts';
import { type BitRange, type InterruptField } from '../trace/interrupts.ts';
import { type AnyPayload, type Detail, type Kind, type NewEvent, type Origin } from '../trace/kinds.ts';
import { type PackedSink, type SkippedLine, type TraceSink } from '../trace/sink.ts';

export function packedSink(sink: TraceSink): PackedSink {
  return isPacked(sink) ? sink : new Unpacking(sink);
}

function isPacked(sink: TraceSink): sink is PackedSink {
  return 'appendPacked' in sink && 'rawLines' in sink;
}

class Unpacking implements PackedSink {
  readonly journal: Journal;
  readonly #sink: TraceSink;
  readonly #types = new TypeTable();
  readonly #names = new NameTable();

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.journal = sink.journal;
  }

  typeId(kind: Kind, origin: Origin, source?: string): number {
    return this.#types.intern(kind, origin, source) ?? this.#types.internPlain(kind, origin);
  }

  nameId(text: string): number {
    return this.#names.intern(text);
  }

  appendPacked(
    type: number,
    vcpu: number,
    small: number,
    name: number,
    flags: number,
    valueLo: number,
    valueHi: number,
    argLo: number,
    argHi: number,
    time: number,
    line = 0,
    json?: string,
  ): Seq {
    const { kind, origin, source } = this.#types.type(type);
    const text = this.#names.text(name);
    const payload = payloadOf(kind, { small, name: text, flags, valueLo, valueHi, argLo, argHi });
    return this.put(payload, origin, source, vcpu, time, line, json);
  }

  put(
    payload: AnyPayload,
    origin: Origin,
    source: string | undefined,
    vcpu: number,
    time: number,
    line: number,
    json: string | undefined,
  ): Seq {
    return this.#sink.append({
      ...payload,
      origin,
      time: nanoseconds(time),
      ...(source === undefined ? {} : { source }),
      ...(line === 0 ? {} : { line }),
      ...(vcpu < 0 ? {} : { vcpu: vcpuId(vcpu) }),
      // What is given as JSON was made of a detail.
      ...(json === undefined ? {} : { detail: JSON.parse(json) as Detail }),
    });
  }

  rawLines(first: number, bytes: Uint8Array, start: number, ends: Int32Array, count: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = start;
    for (let i = 0; i < count; i++) {
      const end = ends[i] ?? at;
      this.rawLine(first + i, text.toString('latin1', at, end));
      at = end + 1;
    }
  }

  append(event: NewEvent): Seq {
    return this.#sink.append(event);
  }

  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void {
    this.#sink.interruptField(intid, vcpu, field, range);
  }

  rawLine(line: number, text: string): void {
    this.#sink.rawLine(line, text);
  }

  skip(line: SkippedLine): void {
    this.#sink.skip(line);
  }

  countName(name: string, lines?: number): void {
    this.#sink.countName(name, lines);
  }
}
