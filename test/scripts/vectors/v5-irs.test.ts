/** The vectors of SPIs and the virtual IRS agree in every step, and the driver sees every kind of difference. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Json, type JsonObject, objectsAt, VectorError } from '../../../scripts/vectors/format.ts';
import { playFile } from '../../../scripts/vectors/play-file.ts';
import { readLines } from '../../../scripts/vectors/read-lines.ts';
import { V5_IRS } from '../../../scripts/vectors/v5-irs.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../data/vectors/${name}`, import.meta.url));
const MINUTES = 2 * 60_000;

describe('the vectors of SPIs and the virtual IRS', () => {
  it.each([
    ['v5-irs-guest-h3', 'h3irs', 286, 7283],
    ['v5-irs-q', 'q', 563, 15_794],
    ['v5-spi-list-h1tree', 'h1', 569, 22_659],
    ['v5-spi-nolist-q', 'q', 289, 12_144],
  ])('agree in every step of %s', { timeout: MINUTES }, async (name, profile, vectors, steps) => {
    expect(await playFile(file(`${name}.jsonl.xz`))).toEqual({
      format: 'v5-irs',
      profile,
      vectors,
      steps,
      matched: steps,
      mismatched: 0,
      first: undefined,
    });
  });
});

describe('the comparison', () => {
  let header: JsonObject = {};
  let life: JsonObject = {};

  beforeAll(async () => {
    const lines: JsonObject[] = [];
    for await (const { text } of readLines(file('v5-spi-list-h1tree.jsonl.xz'))) {
      lines.push(JSON.parse(text) as JsonObject); // each line is an object
      if (lines.length === 2) break;
    }
    [header = {}, life = {}] = lines;
  });

  /** The first life (an edge SPI from injection to removal) with one member of the first step of `op` replaced. */
  function altered(op: string, key: string, value: Json): { readonly vector: JsonObject; readonly step: number } {
    const steps = objectsAt(life, 'steps');
    const step = steps.findIndex((each) => each['op'] === op);
    return {
      vector: { ...life, steps: steps.map((each, n) => (n === step ? { ...each, [key]: value } : each)) },
      step,
    };
  }

  it.each<[string, string, Json, string]>([
    ['exit', 'ret', -5, 'ret'],
    ['irqline', 'ev', [['vdpend', '0x60000005', 1, 0]], 'ev'],
    ['irqline', 'lk', ['+i5', '-i5'], 'lk'],
    ['irqline', 'd', {}, 'c0.cand'],
    ['init', 'd', { vm: { initialized: 1 } }, 'irs.idr0'],
    ['listen', 'd', { ist: { s5: '0x8009' } }, 'ist.s5'],
    ['listen', 'd', { spi: { '7': [1, 0, 0, 0, 0] } }, 'spi.7'],
  ])('finds a wrong %s: %s', (op, key, value, where) => {
    const { vector, step } = altered(op, key, value);
    expect(V5_IRS.play(header, vector).first).toMatchObject({ step, key: where });
  });

  it('agrees with the unaltered life', () => {
    expect(V5_IRS.play(header, life)).toMatchObject({ matched: 18, steps: 18, first: undefined });
  });

  it('refuses what is no vector, with the step', () => {
    expect(() => V5_IRS.play(header, altered('exit', 'op', 'sleep').vector)).toThrow(/unknown operation sleep/);
    expect(() => V5_IRS.play(header, altered('cpu', 'vcpu', 2).vector)).toThrow(/step 4: there is no vCPU 2/);
    expect(() => V5_IRS.play(header, altered('listen', 'mode', 9).vector)).toThrow(VectorError);
    expect(() => V5_IRS.play(header, { id: 'x', steps: [{ op: 'exit', vcpu: 0 }] })).toThrow(/there is no VM yet/);
  });
});
