/** The bundled sample, as a recording and as a trace that the command line made of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { artifact, root } from './places.ts';

interface Sample {
  readonly file: string;
  readonly title: string;
}

export function bundledSample(): { path: string; title: string } {
  // The list is part of the product; its schema is checked where the product reads it.
  const list = JSON.parse(readFileSync(join(root, 'traces', 'samples.json'), 'utf8')) as readonly Sample[];
  const [first] = list;
  if (first === undefined) throw new Error('traces/samples.json lists no sample');
  return { path: join(root, 'traces', first.file), title: first.title };
}

/** The sample as a `.gscope` file. Made once and kept until the recording or the code that reads it is newer. */
export function sampleTrace(): string {
  const { path } = bundledSample();
  const trace = artifact('e2e', 'sample.gscope');
  const built = join(root, 'out', 'main', 'worker.js');
  const newest = Math.max(statSync(path).mtimeMs, statSync(built).mtimeMs);
  if (existsSync(trace) && statSync(trace).mtimeMs > newest) return trace;
  rmSync(trace, { force: true });
  runCli(['import', path, '-o', trace]);
  return trace;
}

/** Runs the command line. @throws Error with what it said when it does not end with 0. */
export function runCli(args: readonly string[]): string {
  const result = spawnSync(process.execPath, [join(root, 'scripts', 'gicscope.mjs'), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) throw new Error(`gicscope ${args.join(' ')} ended with ${result.status}: ${result.stderr}`);
  return result.stdout;
}
