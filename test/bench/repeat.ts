/**
 * A larger trace out of a real one: its events and changes again and again, each time later, with the timers' compare
 * values moved on by the same time, as a longer recording would have them.
 */
import { slotId } from '../../core/state/brand.ts';
import { type TraceReader } from '../../core/trace/reader.ts';
import { type TraceWriter } from '../../core/trace/writer.ts';

/** Appends at least `events` events; returns how many. */
export function repeatTrace(source: TraceReader, writer: TraceWriter, events: number): number {
  const types = source.types.types.map(({ kind, origin, source: name }) => writer.typeId(kind, origin, name));
  const names = source.names.texts.map((text) => (text === '' ? 0 : writer.nameId(text)));
  for (const descriptor of source.layout.slots) writer.journal.layout.claim(descriptor);
  for (const { intid, vcpu, fields } of source.interrupts)
    for (const [field, range] of Object.entries(fields))
      // The fields of a descriptor are those of INTERRUPT_FIELDS.
      writer.interruptField(intid, vcpu, field as keyof typeof fields, range);
  const timer = new Set(
    source.types.types.flatMap(({ kind }, id) => (kind === 'timer.write' || kind === 'timer.deadline' ? [id] : [])),
  );
  // Decoded once: what is measured is writing from memory.
  const blocks = Array.from({ length: source.blocks.length }, (_, block) => ({
    columns: source.events(block),
    changes: source.changes(block),
  }));
  const span = source.duration + 1_000_000;
  let written = 0;
  for (let round = 0; written < events; round++) {
    const shift = round * span;
    for (const { columns, changes } of blocks) {
      if (written >= events) break;
      for (let i = 0; i < columns.count; i++) {
        for (let c = changes.start[i] ?? 0; c < (changes.start[i + 1] ?? 0); c++) {
          const slot = slotId(changes.slot[c] ?? 0);
          if ((changes.known[c] ?? 0) & 2)
            writer.journal.writeWords(slot, changes.afterLo[c] ?? 0, changes.afterHi[c] ?? 0);
          else writer.journal.forget(slot);
        }
        const type = columns.type[i] ?? 0;
        const lo = columns.valueLo[i] ?? 0;
        writer.appendPacked(
          types[type] ?? 0,
          columns.vcpu[i] ?? -1,
          columns.small[i] ?? 0,
          names[columns.name[i] ?? 0] ?? 0,
          // Details are texts of rare kinds, kept in rows that this path does not copy.
          (columns.flags[i] ?? 0) & 3,
          timer.has(type) ? (lo + shift) >>> 0 : lo,
          columns.valueHi[i] ?? 0,
          columns.argLo[i] ?? 0,
          columns.argHi[i] ?? 0,
          (columns.time[i] ?? 0) + shift,
          0,
        );
        written++;
      }
    }
  }
  return written;
}
