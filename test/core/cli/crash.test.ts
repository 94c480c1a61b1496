/**
 * The promise about kill -9: whenever the process of an import or a recording ends, the file that it was writing opens
 * with everything that was committed, whole, and says where it ends.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../../core/session/backend.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { verifyTrace } from '../../support/verify-trace.ts';
import { run } from './support.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const LOG = at('test/data/import/gicv5-smp2-full.log.xz');

let folder = '';
let scenario = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-crash-'));
  scenario = join(folder, 'endless.yaml');
  const ticks = readFileSync(at('traces/timer-tick-storm.yaml'), 'utf8');
  // The storm never reaches its end.
  writeFileSync(scenario, ticks.replace('b.lt loop', 'b loop').replace(/^expect:[^]*/m, 'limit: { time: 1s }\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How often a command may be done before it is killed: a busy machine can hold this process up for that long. */
const ATTEMPTS = 5;

/** Starts the command and kills it once its trace has grown to `bytes`. The path of what it wrote. */
async function killed(argv: readonly string[], trace: string, bytes: number): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const partial = await killOnce(argv, trace, bytes);
    if (!existsSync(trace)) return partial;
    rmSync(trace);
  }
  throw new Error('it always ended before it could be killed: make it longer');
}

async function killOnce(argv: readonly string[], trace: string, bytes: number): Promise<string> {
  const child = spawn(process.execPath, [at('scripts/gicscope.ts'), ...argv, '-o', trace], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const partial = `${trace}.partial`;
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  while (child.exitCode === null && size(partial) + size(`${partial}-wal`) < bytes) await pause(5);
  child.kill('SIGKILL');
  await gone;
  return partial;
}

const KILLS: readonly (readonly [what: string, argv: () => string[], file: string])[] = [
  ['an import', () => ['import', LOG], 'gicv5-smp2-full.log.xz'],
  ['a recording', () => ['record', scenario], 'endless.yaml'],
];

describe.each(KILLS)('%s that is killed', (what, argv, file) => {
  it.each([1, 300_000, 2_000_000])('behind %i bytes leaves a trace that is whole as far as it goes', async (bytes) => {
    const trace = join(folder, `${what.split(' ')[1]}-${bytes}.gscope`);
    const partial = await killed(argv(), trace, bytes);
    const named = await run(['info', trace], { cwd: folder });
    expect(named.stderr).toContain(`${trace} does not exist. ${partial} does: what was written before`);
    const { exit, stdout, stderr } = await run(['info', partial], { cwd: folder });
    if (bytes === 1 && exit !== 0) {
      // Not even the tables were there.
      expect([exit, stderr]).toEqual([3, `gicscope: ${partial} is empty, not a gicscope trace.\n`]);
      return;
    }
    const reader = new TraceReader(partial);
    const { complete, events, source } = reader.info();
    // An import may have written all of it, and be killed before it gave the trace its name.
    const end = events === 0 ? 'it ends before the first event' : `it ends after #${events - 1}`;
    expect(stdout).toMatch(complete && what === 'an import' ? /^ +complete +yes$/m : end);
    expect(verifyTrace(reader)).toEqual({ ok: true, blocks: reader.blocks.length });
    if (bytes > 1_000_000) expect([events > 0, source?.files]).toEqual([true, [file]]);
    reader.close();
    // Nothing more comes, so nobody is to wait for it.
    const backend = createBackend({ version: 'test', samples: '', imports: folder });
    const opened = await backend.handle('trace.open', { path: partial }, new AbortController().signal);
    expect(opened).toMatchObject({ finished: true, events });
    await backend.close();
  });
});
