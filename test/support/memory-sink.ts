/**
 * A trace in memory: what an importer would write, kept as plain lists, for tests without a file. It refuses what a file
 * could not hold.
 */
import { type Intid } from '../../core/gic/intid.ts';
import { type Seq, seq, type VcpuId } from '../../core/state/brand.ts';
import { type Change, Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { codecOf, emptyPayload, packPayload } from '../../core/trace/columns.ts';
import { LAST_VCPU } from '../../core/trace/limits.ts';
import { type BitRange, type InterruptField } from '../../core/trace/interrupts.ts';
import { type EventOf, type Kind, type NewEvent } from '../../core/trace/kinds.ts';
import { type SkippedLine, type TraceSink } from '../../core/trace/sink.ts';

export interface KeptEvent {
  readonly event: NewEvent;
  readonly changes: readonly Change[];
}

export class MemorySink implements TraceSink {
  readonly journal = new Journal(new Layout());
  readonly kept: KeptEvent[] = [];
  readonly skipped: SkippedLine[] = [];
  readonly names = new Map<string, number>();
  readonly fields: {
    readonly intid: Intid;
    readonly vcpu: VcpuId | undefined;
    readonly field: InterruptField;
    readonly range: BitRange;
  }[] = [];
  readonly raw: string[] = [];

  readonly #packed = emptyPayload();

  append(event: NewEvent): Seq {
    const { kind, time, vcpu = 0 } = event;
    packPayload(codecOf(kind), event, this.#packed);
    if (vcpu < 0 || vcpu > LAST_VCPU) throw new RangeError(`event ${kind}: vCPU ${vcpu}`);
    if (!Number.isSafeInteger(time) || time < 0) throw new RangeError(`event ${kind}: time ${time}`);
    this.kept.push({ event, changes: this.journal.changes() });
    this.journal.clear();
    return seq(this.kept.length - 1);
  }

  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void {
    this.fields.push({ intid, vcpu, field, range });
  }

  rawLine(line: number, text: string): void {
    if (line !== this.raw.length + 1) throw new RangeError(`line ${line} after ${this.raw.length}`);
    this.raw.push(text);
  }

  skip(line: SkippedLine): void {
    this.skipped.push(line);
  }

  countName(name: string, lines = 1): void {
    this.names.set(name, (this.names.get(name) ?? 0) + lines);
  }

  get events(): NewEvent[] {
    return this.kept.map(({ event }) => event);
  }

  ofKind<K extends Kind>(kind: K): Omit<EventOf<K>, 'seq'>[] {
    // The filter leaves exactly the events of the kind, which the compiler cannot follow through a type parameter.
    return this.events.filter((event) => event.kind === kind) as unknown as Omit<EventOf<K>, 'seq'>[];
  }

  /** The value of a slot after everything, `undefined` when unknown. @throws RangeError when there is no such slot */
  value(path: string): bigint | undefined {
    const slot = this.journal.layout.find(path);
    if (slot === undefined) throw new RangeError(`no slot ${path}`);
    return this.journal.state.value(slot);
  }

  /** Its value after the first event whose source line is at or after this one. */
  valueAt(path: string, line: number): bigint | undefined {
    const slot = this.journal.layout.find(path);
    if (slot === undefined) throw new RangeError(`no slot ${path}`);
    let value: bigint | undefined;
    for (const { event, changes } of this.kept) {
      if ((event.line ?? 0) > line) break;
      for (const change of changes) if (change.slot === slot) value = change.after;
    }
    return value;
  }
}
