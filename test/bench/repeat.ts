/**
 * A larger trace out of a real one: its events and changes again and again, each time later, with the timers' compare
 * values moved on by the same time, as a longer recording would have them.
 */
import { slotId } from '../../core/state/brand.ts';
import { type TraceReader } from '../../core/trace/reader.ts';
import { type TraceWriter } from '../../core/trace/writer.ts';

/** The events and changes of a block as plain arrays. */
type RepeatedBlock = ReturnType<typeof decoded>;

function decoded(source: TraceReader, block: number) {
  const { count, type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi, time } = source.events(block);
  const { start, slot, known, afterLo, afterHi } = source.changes(block);
  const events = { count, type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi, time };
  return { ...events, start, slot, known, afterLo, afterHi };
}

export class RepeatedTrace {
  readonly #source: TraceReader;
  readonly #blocks: readonly RepeatedBlock[];
  readonly #timers: ReadonlySet<number>;

  /** Decodes all of `source`: what is measured then is writing from memory. */
  constructor(source: TraceReader) {
    this.#source = source;
    this.#blocks = Array.from({ length: source.blocks.length }, (_, block) => decoded(source, block));
    this.#timers = new Set(
      source.types.types.flatMap(({ kind }, id) => (kind === 'timer.write' || kind === 'timer.deadline' ? [id] : [])),
    );
  }

  /** Appends at least `events` events; returns how many. */
  write(writer: TraceWriter, events: number): number {
    const source = this.#source;
    const types = source.types.types.map(({ kind, origin, source: name }) => writer.typeId(kind, origin, name));
    const names = source.names.texts.map((text) => (text === '' ? 0 : writer.nameId(text)));
    for (const descriptor of source.layout.slots) writer.journal.layout.claim(descriptor);
    for (const { intid, vcpu, fields } of source.interrupts)
      for (const [field, range] of Object.entries(fields))
        // The fields of a descriptor are those of INTERRUPT_FIELDS.
        writer.interruptField(intid, vcpu, field as keyof typeof fields, range);
    const span = source.duration + 1_000_000;
    let written = 0;
    for (let round = 0; written < events; round++)
      for (const block of this.#blocks) {
        if (written >= events) break;
        this.#writeBlock(writer, block, types, names, round * span);
        written += block.count;
      }
    return written;
  }

  #writeBlock(
    writer: TraceWriter,
    block: RepeatedBlock,
    types: readonly number[],
    names: readonly number[],
    shift: number,
  ): void {
    const { journal } = writer;
    for (let i = 0; i < block.count; i++) {
      for (let c = block.start[i] ?? 0; c < (block.start[i + 1] ?? 0); c++) {
        const slot = slotId(block.slot[c] ?? 0);
        if ((block.known[c] ?? 0) & 2) journal.writeWords(slot, block.afterLo[c] ?? 0, block.afterHi[c] ?? 0);
        else journal.forget(slot);
      }
      const type = block.type[i] ?? 0;
      const lo = block.valueLo[i] ?? 0;
      writer.appendPacked(
        types[type] ?? 0,
        block.vcpu[i] ?? -1,
        block.small[i] ?? 0,
        names[block.name[i] ?? 0] ?? 0,
        // Details are texts of rare kinds, kept in rows that this path does not copy.
        (block.flags[i] ?? 0) & 3,
        this.#timers.has(type) ? (lo + shift) >>> 0 : lo,
        block.valueHi[i] ?? 0,
        block.argLo[i] ?? 0,
        block.argHi[i] ?? 0,
        (block.time[i] ?? 0) + shift,
        0,
      );
    }
  }
}
