/** The peer of a search that must look at everything: babeltrace2 reading as many events, without printing them. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { TraceReader } from '../../core/trace/reader.ts';
import { writeCtf } from './ctf.ts';

export const hasBabeltrace = (): boolean => spawnSync('babeltrace2', ['--version']).status === 0;

/**
 * Milliseconds of wall time that it takes to read the events of a trace from CTF.
 * @throws Error when it counts other events than the trace has
 */
export function readMilliseconds(trace: string, folder: string): number {
  const ctf = join(folder, 'ctf');
  const reader = new TraceReader(trace);
  writeCtf(reader, ctf);
  const { count } = reader;
  reader.close();
  const graph = [
    '--component',
    'c:source.ctf.fs',
    '--params',
    `inputs=["${ctf}"]`,
    '--component',
    'm:filter.utils.muxer',
  ];
  const sink = ['--component', 'd:sink.utils.counter', '--connect', 'c:m', '--connect', 'm:d'];
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync('babeltrace2', ['run', ...graph, ...sink], { encoding: 'utf8' });
  const milliseconds = performance.now() - start;
  rmSync(ctf, { recursive: true });
  const counted = [...stdout.matchAll(/([0-9,]+) Event message/g)].at(-1)?.[1]?.replaceAll(',', '');
  if (status !== 0 || Number(counted) !== count)
    throw new Error(`babeltrace2 counted ${counted ?? 'nothing'} of ${count} events: ${stderr}`);
  return milliseconds;
}
