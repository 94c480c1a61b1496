/** What a trace that is being written calls things, for conditions: the writer's own tables, which only grow. */
import { type TraceNames } from '../../debug/live.ts';
import { type TraceWriter } from '../../trace/writer.ts';

/** One object for good: its lists are the writer's. */
export function liveNames({ journal, dictionaries }: TraceWriter, vcpus: number): () => TraceNames {
  const { types, names, interrupts } = dictionaries;
  const all: TraceNames = {
    vcpus,
    get slots() {
      return journal.layout.slots;
    },
    get interrupts() {
      return interrupts.descriptors;
    },
    get types() {
      return types.types;
    },
    get texts() {
      return names.texts;
    },
    get kinds() {
      return types.types.map(({ kind }) => kind);
    },
    registers: [],
    eventNames: [],
    fieldId: () => undefined,
  };
  return () => all;
}
