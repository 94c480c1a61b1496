/**
 * A `.gscope` file as the search engine wants it. Names are collected again when the reader has taken in more
 * events; everything else is asked of the reader, which caches.
 */
import { StateVector } from '../state/state-vector.ts';
import { type BitRange } from '../trace/interrupts.ts';
import { type Kind } from '../trace/kinds.ts';
import { NO_ACCESS, POSTING } from '../trace/postings.ts';
import { type TraceReader } from '../trace/reader.ts';
import { vcpuOfPath } from './condition/subjects.ts';
import { type SearchableTrace, type TraceNames } from './search/searchable.ts';

/** Everything that search needs of a file. Valid as long as the reader is open. */
export function readerTrace(reader: TraceReader): SearchableTrace {
  let names: TraceNames | undefined;
  let namesAt = -1;
  let start: StateVector | undefined;
  return {
    get count() {
      return reader.count;
    },
    get blockCount() {
      return reader.blocks.length;
    },
    get duration() {
      return reader.duration;
    },
    // The writer saves the postings of a block, also of a part of one, together with the block.
    get indexedBlocks() {
      return reader.blocks.length;
    },
    names: () => {
      if (names === undefined || namesAt !== reader.count) names = collectNames(reader);
      namesAt = reader.count;
      return names;
    },
    eventsIn: (block) => reader.blocks.count(block),
    firstTime: (block) => reader.blocks.firstTime(block),
    lastTime: (block) => reader.blocks.lastTimeOf(block),
    events: (block) => reader.events(block),
    changes: (block) => reader.changes(block),
    touched: (block) => reader.touched(block),
    initial: (slot) => {
      if (start === undefined || slot >= start.size) {
        start = StateVector.initial(reader.layout);
        reader.keyframe(0, start);
      }
      return { lo: start.lo[slot] ?? 0, hi: start.hi[slot] ?? 0, known: start.known[slot] === 1 };
    },
    postings: (kind, key) => reader.postings.get(kind, key),
    overlapBlocks: (kind, field) =>
      reader.postings.get(POSTING.overlap, field * 4 + kind - POSTING.fieldChanged).blocks,
    details: (block) => reader.details(block),
    livesEnding: (to, from, intervals) => reader.lives.ending(to, from, intervals),
  };
}

function collectNames(reader: TraceReader): TraceNames {
  const types = reader.types.types;
  const texts = reader.names.texts;
  const { interruptIndex } = reader;
  const registers = new Set<string>();
  for (const key of reader.postings.keys(POSTING.name))
    if ((key & 3) !== NO_ACCESS) registers.add(texts[key >> 2] ?? '');
  let vcpus = Math.max(0, ...reader.postings.keys(POSTING.vcpu));
  for (const { path } of reader.layout.slots) vcpus = Math.max(vcpus, (vcpuOfPath(path) ?? -1) + 1);
  const sources = new Set(types.flatMap(({ source }) => (source === undefined ? [] : [source])));
  return {
    vcpus,
    slots: reader.layout.slots,
    interrupts: reader.interrupts,
    registers: [...registers].sort(),
    eventNames: [...sources].sort(),
    kinds: [...new Set<Kind>(types.map(({ kind }) => kind))],
    types,
    texts,
    fieldId: ({ slot, lsb, width }: BitRange) => {
      const id = interruptIndex.bitsOf(slot)?.[lsb] ?? -1;
      const range = id < 0 ? undefined : interruptIndex.fields[id]?.range;
      return range?.lsb === lsb && range.width === width ? id : undefined;
    },
  };
}
