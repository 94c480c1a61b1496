import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playFile } from '../../../scripts/vectors/play-file.ts';
import { readLines } from '../../../scripts/vectors/read-lines.ts';
import { V5_PPI } from '../../../scripts/vectors/v5-ppi.ts';
import { type Json, type JsonObject, VectorError } from '../../../scripts/vectors/format.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../data/vectors/${name}`, import.meta.url));

describe('the vectors of the kernel’s PPI layer', () => {
  it('agree in every step with the profile mainline', async () => {
    expect(await playFile(file('v5-ppi-mainline.jsonl.xz'))).toEqual({
      format: 'v5-ppi',
      profile: 'mainline',
      vectors: 2079,
      steps: 78_449,
      matched: 78_449,
      mismatched: 0,
      first: undefined,
    });
  });

  it('agree in every step with the profile masked', async () => {
    expect(await playFile(file('v5-ppi-masked.jsonl.xz'))).toEqual({
      format: 'v5-ppi',
      profile: 'masked',
      vectors: 679,
      steps: 24_425,
      matched: 24_425,
      mismatched: 0,
      first: undefined,
    });
  });
});

/** A header and one hand-picked vector, to be altered. */
async function sample(): Promise<{ header: JsonObject; vector: JsonObject }> {
  const lines: JsonObject[] = [];
  for await (const { text } of readLines(file('v5-ppi-masked.jsonl.xz'))) {
    lines.push(JSON.parse(text) as JsonObject);
    if (lines.length > 15) break;
  }
  const [header = {}] = lines;
  return { header, vector: lines[15] ?? {} };
}

const change = (vector: JsonObject, edit: (steps: Record<string, Json>[]) => void): JsonObject => {
  const copy = structuredClone(vector);
  edit(copy['steps'] as Record<string, Json>[]);
  return copy;
};

describe('a comparison', () => {
  it('finds an altered result, with step and key', async () => {
    const { header, vector } = await sample();
    const altered = change(vector, (steps) => {
      if (steps[4] !== undefined) steps[4]['ret'] = -22;
    });
    expect(V5_PPI.play(header, vector).first).toBeUndefined();
    expect(V5_PPI.play(header, altered).first).toMatchObject({ step: 4, key: 'ret', expected: -22, found: 0 });
  });

  it('finds a state key that should have changed, and goes on finding it', async () => {
    const { header, vector } = await sample();
    const altered = change(vector, (steps) => {
      if (steps[0] !== undefined) steps[0]['d'] = { c2: { latch: '0x8' } };
    });
    const played = V5_PPI.play(header, altered);
    expect(played.first).toMatchObject({ step: 0, key: 'c2.latch', expected: '0x8', found: '0x0' });
    expect(played.matched).toBe(0);
  });

  it('finds a change that the vector does not list', async () => {
    const { header, vector } = await sample();
    const altered = change(vector, (steps) => {
      if (steps[3] !== undefined) steps[3]['d'] = {};
    });
    expect(V5_PPI.play(header, altered).first).toMatchObject({ step: 3, key: 'vm.initialized', expected: 0, found: 1 });
  });

  it('finds a side effect that is missing', async () => {
    const { header, vector } = await sample();
    const altered = change(vector, (steps) => {
      if (steps[1] !== undefined) steps[1]['ev'] = [['warn']];
    });
    expect(V5_PPI.play(header, altered).first).toMatchObject({ step: 1, key: 'ev', expected: [['warn']], found: [] });
  });
});

describe('bad input', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gicscope-vectors-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const play = async (name: string, content: string | Uint8Array): Promise<unknown> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return playFile(path);
  };

  it('is refused with file and line', async () => {
    const { header } = await sample();
    const head = JSON.stringify(header);
    await expect(play('a.jsonl', '')).rejects.toThrow(/a\.jsonl: the file is empty/);
    await expect(play('b.jsonl', '{"kind":"vector"}\n')).rejects.toThrow(/b\.jsonl:1: the first line must be a header/);
    await expect(play('c.jsonl', '{"kind":"header","format":9}')).rejects.toThrow(
      /c\.jsonl:1: no driver for this header/,
    );
    await expect(play('d.jsonl', `${head}\n{"id":`)).rejects.toThrow(/d\.jsonl:2: not JSON/);
    await expect(play('e.jsonl', `${head}\n\n[]`)).rejects.toThrow(/e\.jsonl:3: a line must be a JSON object/);
    await expect(play('f.jsonl', `${head}\n{"id":"x","steps":7,"host":{}}`)).rejects.toThrow(
      /f\.jsonl:2: "steps" must be a list/,
    );
  });

  it('names the step of an unknown operation or operand', async () => {
    const { header, vector } = await sample();
    const withStep = (step: JsonObject): string =>
      `${JSON.stringify(header)}\n${JSON.stringify({ ...vector, steps: [step] })}`;
    await expect(play('g.jsonl', withStep({ op: 'fly', ret: 0, d: {} }))).rejects.toThrow(
      /step 0: unknown operation fly/,
    );
    await expect(play('h.jsonl', withStep({ op: 'entry', vcpu: 0, ret: 0, d: {} }))).rejects.toThrow(
      /step 0: there is no VM/,
    );
    await expect(play('i.jsonl', withStep({ op: 'tick', n: 'many', ret: 0, d: {} }))).rejects.toThrow(
      /"n" must be an integer/,
    );
  });

  it('is refused when a compressed file is damaged or absent', async () => {
    await expect(play('j.jsonl.xz', new Uint8Array([1, 2, 3, 4]))).rejects.toThrow(VectorError);
    await expect(playFile(join(folder, 'none.jsonl'))).rejects.toThrow(/none\.jsonl: .*no such file/);
  });
});
