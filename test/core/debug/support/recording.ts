/** A real recording, imported into a file, with all that a scan of it needs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTrace } from '../../../../core/import/import.ts';
import { seq } from '../../../../core/state/brand.ts';
import { StateVector } from '../../../../core/state/state-vector.ts';
import { TraceReader } from '../../../../core/trace/reader.ts';
import { TraceWriter } from '../../../../core/trace/writer.ts';
import { readerTrace } from '../../../../core/debug/reader-trace.ts';
import { type SearchableTrace } from '../../../../core/debug/search.ts';
import { type Recorded } from './check.ts';

export interface Recording {
  readonly reader: TraceReader;
  readonly trace: SearchableTrace;
  readonly recorded: Recorded;
  close(): void;
}

/** @param name a file of test/data/import */
export async function importRecording(name: string): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-recording-'));
  const path = join(folder, 'recording.gscope');
  const writer = new TraceWriter(path);
  const source = fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url));
  const { summary } = await importTrace(source, writer);
  writer.finish(summary);
  const reader = new TraceReader(path);
  const trace = readerTrace(reader);
  const state = StateVector.initial(reader.layout);
  reader.keyframe(0, state);
  const start = reader.layout.slots.map((_slot, id) => (state.known[id] === 1 ? (BigInt(state.hi[id] ?? 0) << 32n) | BigInt(state.lo[id] ?? 0) : undefined)); // prettier-ignore
  function* events(): Recorded['events'] {
    for (let at = 0; at < reader.count; at++)
      yield { event: reader.event(seq(at)), changes: reader.changesOf(seq(at)) };
  }
  return {
    reader,
    trace,
    recorded: { names: trace.names(), lives: [...reader.lives.all()], start, events: events() },
    close: () => {
      reader.close();
      rmSync(folder, { recursive: true });
    },
  };
}
