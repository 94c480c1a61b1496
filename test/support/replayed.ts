/** An imported recording that is replayed against the emulator, without a file. */
import { machineFor, type Recording, tallyFor } from '../../core/analysis/replay/replay.ts';
import { type ReplayResult } from '../../core/analysis/replay/tally.ts';
import { type ImportResult } from '../../core/import/import.ts';
import { seq } from '../../core/state/brand.ts';
import { type MemorySink } from './memory-sink.ts';

export function replayed(sink: MemorySink, { summary }: ImportResult): ReplayResult {
  const { events } = sink;
  const recording: Recording = {
    source: 'qemu-log',
    gic: summary.gic,
    vcpus: Math.max(1, summary.vcpus),
    names: sink.names,
  };
  const tally = tallyFor(recording);
  const machine = machineFor(recording, tally);
  events.forEach((event, at) => machine.take({ ...event, seq: seq(at) }));
  machine.end();
  return tally.result;
}
