/** An imported recording that is replayed against the emulator, without a file. */
import { machineFor } from '../../core/analysis/replay/replay.ts';
import { type ReplayResult, Tally } from '../../core/analysis/replay/tally.ts';
import { type ImportResult } from '../../core/import/import.ts';
import { seq } from '../../core/state/brand.ts';
import { type MemorySink } from './memory-sink.ts';

export function replayed(sink: MemorySink, { summary }: ImportResult): ReplayResult {
  const { events } = sink;
  const tally = new Tally();
  const machine = machineFor(
    {
      source: 'qemu-log',
      gic: summary.gic,
      vcpus: Math.max(1, summary.vcpus),
      names: new Set(sink.names.keys()),
      hasAccesses: events.some(({ kind }) => kind === 'register.access'),
    },
    tally,
  );
  events.forEach((event, at) => machine.take({ ...event, seq: seq(at) }));
  machine.end();
  return tally.result;
}
