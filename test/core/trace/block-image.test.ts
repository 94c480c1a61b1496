import { describe, expect, it } from 'vitest';
import { slotId } from '../../../core/state/brand.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';
import { BlockBuilder } from '../../../core/trace/block-builder.ts';
import { type BlockImage, contentsOf, copyOfImage } from '../../../core/trace/block-image.ts';
import { TypeTable } from '../../../core/trace/dictionary.ts';
import { MessageMemory } from '../../../core/trace/message-memory.ts';
import { StretchBuilder } from '../../../core/trace/stretch.ts';

const EVENTS = 300;

/** A block of events, each with its own numbers, some of which change state. */
function image(): BlockImage {
  const journal = new Journal(new Layout());
  for (let slot = 0; slot < 40; slot++) journal.layout.claim({ path: `s${slot}`, width: 64, initial: 0n });
  const events = new StretchBuilder(journal.layout);
  const block = new BlockBuilder();
  const { columns } = block;
  const state = journal.state.clone();
  for (let i = 0; i < EVENTS; i++) {
    columns.time[i] = 1_000_000_000_000 + i * 3;
    columns.type[i] = i % 5;
    columns.vcpu[i] = (i % 3) - 1;
    columns.small[i] = i % 4096;
    columns.name[i] = i * 300;
    columns.flags[i] = i % 8;
    columns.valueLo[i] = i * 0x0100_0001;
    columns.valueHi[i] = i * 7;
    columns.argLo[i] = 0xffff_ffff - i;
    columns.argHi[i] = 0xffff_0000 + i;
    columns.line[i] = i * 2 + 1;
    journal.writeWords(slotId(i % 40), i, 0xffff_ffff - i);
    events.take(journal, i);
    journal.clear();
  }
  events.count = EVENTS;
  const stretch = events.end(journal.layout, new TypeTable());
  block.reserve(stretch.changes, state.size);
  for (let i = 0; i < EVENTS; i++) block.take(stretch, i, 1, i, state);
  block.count = EVENTS;
  return {
    id: 3,
    final: true,
    columns: { ...columns, count: EVENTS },
    details: block.details,
    rowsDone: 0,
    changes: block.changeCount,
    firstTime: columns.time[0] ?? 0,
    lastTime: columns.time[EVENTS - 1] ?? 0,
    blobs: { touched: block.touched, changes: block.changes },
    moments: Float64Array.of(12_288, 7, 1),
    keyframe: Uint8Array.of(1, 2, 3),
  };
}

const bytes = (of: BlockImage): string[] =>
  Object.values(contentsOf(of)).map((content: Uint8Array) => Buffer.from(content).toString('hex'));

describe('the image of a block', () => {
  it('has the same contents whether it is encoded here or on the other side, from columns or from bytes', () => {
    const original = image();
    const here = bytes(original);
    expect(here.every((content) => content.length > EVENTS / 4)).toBe(true);
    const memory = new MessageMemory();
    expect(bytes(copyOfImage(original, memory))).toEqual(here);
    const encoded = { ...original, blobs: contentsOf(original) };
    expect(bytes(copyOfImage(encoded, memory))).toEqual(here);
  });

  it('shares no memory with its copy', () => {
    const original = image();
    const copy = copyOfImage(original, new MessageMemory());
    const before = bytes(copy);
    original.columns.valueLo.fill(9);
    original.keyframe?.fill(0);
    original.moments.fill(0);
    expect(bytes(copy)).toEqual(before);
    expect([...(copy.keyframe ?? [])]).toEqual([1, 2, 3]);
    expect([...copy.moments]).toEqual([12_288, 7, 1]);
  });
});
