import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonObject } from '../../../scripts/vectors/format.ts';
import { readLines } from '../../../scripts/vectors/read-lines.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const data = join(root, 'test/data/vectors/v5-ppi-masked.jsonl.xz');
let folder = '';
let good = '';
let bad = '';

function run(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/vectors.ts'), ...args], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

describe('the command', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gicscope-vectors-'));
    const lines: string[] = [];
    for await (const { text } of readLines(data)) {
      lines.push(text);
      if (lines.length === 4) break;
    }
    good = join(folder, 'good.jsonl');
    bad = join(folder, 'bad.jsonl');
    await writeFile(good, lines.join('\n'));
    const vector = JSON.parse(lines[2] ?? '') as JsonObject;
    const steps = (vector['steps'] as JsonObject[]).map((step, i) => (i === 2 ? { ...step, ret: -1 } : step));
    await writeFile(bad, [lines[0], lines[1], JSON.stringify({ ...vector, steps }), lines[3]].join('\n'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('prints one JSON document and exits 0 when everything is equal', () => {
    const { status, out, err } = run(good, '--json');
    expect([status, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ vectors: 3, mismatched: 0, first: null });
    expect(out.trim().split('\n')).toHaveLength(1);
  });

  it('prints the first difference and exits 1', () => {
    const { status, out } = run(bad, '--json');
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ mismatched: 1, first: { step: 2, key: 'ret', expected: -1, found: 0 } });
    const table = run(bad);
    expect([table.status, table.out]).toEqual([
      1,
      expect.stringMatching(/mismatched 1\n[^]*expected {3}-1\nfound {6}0/),
    ]);
  });

  it('exits 2 on wrong usage and 3 on bad input, with a message', () => {
    expect(run()).toMatchObject({ status: 2, err: expect.stringContaining('usage: npm run vectors') as string });
    expect(run('--fast', good).status).toBe(2);
    expect(run(join(folder, 'none'))).toMatchObject({ status: 3, err: expect.stringContaining('none: ') as string });
  });
});
