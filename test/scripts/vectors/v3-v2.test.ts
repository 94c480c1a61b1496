/** The GICv3 and GICv2 vectors agree in every step, and the driver sees every kind of difference. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  isObject,
  type Json,
  type JsonObject,
  objectsAt,
  textAt,
  VectorError,
} from '../../../scripts/vectors/format.ts';
import { playFile } from '../../../scripts/vectors/play-file.ts';
import { readLines } from '../../../scripts/vectors/read-lines.ts';
import { V3_V2 } from '../../../scripts/vectors/v3-v2.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../data/vectors/${name}`, import.meta.url));
const MINUTES = 5 * 60_000;

describe('vectors of the GICv3 and GICv2 code', () => {
  it('agrees with the GICv3 code in all 160,522 steps of 2,104 lives', { timeout: MINUTES }, async () => {
    const summary = await playFile(file('v3.jsonl.xz'));
    expect(summary).toMatchObject({ vectors: 2104, steps: 160_522, matched: 160_522, mismatched: 0 });
    expect(summary.first).toBeUndefined();
  });

  it('agrees with the GICv2 code in all 38,212 steps of 415 lives', { timeout: MINUTES }, async () => {
    const summary = await playFile(file('v2.jsonl.xz'));
    expect(summary).toMatchObject({ vectors: 415, steps: 38_212, matched: 38_212, mismatched: 0 });
    expect(summary.first).toBeUndefined();
  });
});

describe('the driver', () => {
  const vectors: JsonObject[] = [];

  beforeAll(async () => {
    for await (const { text } of readLines(file('v2.jsonl.xz'))) {
      const vector: unknown = JSON.parse(text);
      vectors.push(vector as JsonObject); // JSON.parse gives JSON, and each line is an object
      if (vectors.length === 40) break;
    }
  });

  /** The first vector with a step that has `key`, with that step changed. */
  function altered(key: string, change: (value: Json) => Json | undefined): { vector: JsonObject; step: number } {
    for (const vector of vectors) {
      const steps = objectsAt(vector, 'steps');
      const step = steps.findIndex((each) => each[key] !== undefined && each['op'] !== 'create');
      if (step < 0) continue;
      const { [key]: value = null, ...rest } = steps[step] ?? {};
      const changed = change(value);
      const copy = changed === undefined ? rest : { ...rest, [key]: changed };
      return { vector: { ...vector, steps: steps.map((each, n) => (n === step ? copy : each)) }, step };
    }
    throw new Error(`no vector has a step with ${key}`);
  }

  function mapped(value: Json, change: (value: JsonObject) => JsonObject): Json {
    if (!isObject(value)) throw new Error('not an object');
    return Object.fromEntries(
      Object.entries(value).map(([index, each]) => [index, isObject(each) ? change(each) : each]),
    );
  }

  it.each<[string, (value: Json) => Json | undefined]>([
    ['ret', (value) => Number(value) - 1],
    ['val', () => '0x12345'],
    ['ev', (value) => (Array.isArray(value) ? [...(value as readonly Json[]), 'kick 7'] : [])],
    ['irq', (value) => (value as number[][]).map((record) => record.map((each, n) => (n === 6 ? each ^ 8 : each)))],
    ['ap', (value) => Object.fromEntries(Object.keys(value ?? {}).map((index) => [index, [1, 2, 3, 4, 5]]))],
    ['if', (value) => mapped(value, (image) => ({ ...image, vmcr: '0x1' }))],
    ['hw', (value) => mapped(value, (image) => ({ ...image, hcr: '0x2' }))],
    ['req', (value) => Object.fromEntries(Object.keys(value ?? {}).map((index) => [index, 6]))],
    ['vm', (value) => ({ ...(isObject(value) ? value : {}), nrSpis: 77 })],
  ])('reports another %s at the step that shows it', (key, change) => {
    const { vector, step } = altered(key, change);
    const played = V3_V2.play({}, vector);
    expect(played.first?.step).toBe(step);
    expect(played.first?.key.split(' ')[0]).toBe(key);
    expect(played.matched).toBeLessThan(played.steps);
  });

  it.each(['ret', 'val', 'ev', 'irq', 'ap', 'if', 'hw', 'req', 'vm'])(
    'reports a %s that the step does not list',
    (key) => {
      const { vector, step } = altered(key, () => undefined);
      expect(V3_V2.play({}, vector).first?.step).toBe(step);
    },
  );

  it('says which operation it does not know', () => {
    const [vector] = vectors;
    const broken = { ...vector, steps: [{ op: 'teleport' }] };
    expect(() => V3_V2.play({}, broken)).toThrow(VectorError);
    expect(() => V3_V2.play({}, broken)).toThrow(`${textAt(broken, 'id')}, step 0: unknown operation teleport`);
  });
});
