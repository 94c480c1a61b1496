import { describe, expect, it } from 'vitest';
import { WireError, decodeFrame, encodeFrame } from '../../core/session/wire.ts';
import { fuzzBudgetMs, fuzzRandom } from './budget.ts';

/** Frames of every shape that the session sends. */
const SEEDS = [
  { type: 'call', id: 1, method: 'state.digest', args: { id: 1, seq: 4 } },
  {
    type: 'outcome',
    id: 1,
    outcome: { ok: true, result: { cells: new Uint32Array([1, 2, 3]), f: new Float64Array(9) } },
  },
  { type: 'push', event: 'task', payload: { $: { $: NaN }, deep: [[[[new Uint8Array(3)]]]] } },
  Array.from({ length: 40 }, (_, i) => new Uint16Array(i)),
].map((value) => encodeFrame(value));

describe('reading frames from anyone', () => {
  it('ends in a value or a WireError, whatever was done to the frame', () => {
    const random = fuzzRandom('wire');
    const end = performance.now() + fuzzBudgetMs();
    let read = 0;
    let refused = 0;
    while (performance.now() < end) {
      const seed = SEEDS[random(SEEDS.length)] ?? new Uint8Array(0);
      const frame = seed.slice(0, random(8) === 0 ? random(seed.length) : seed.length);
      for (let n = random(6); n >= 0; n--) {
        // Lengths and counts are what matters: small numbers, powers of two, all ones.
        const values = [random(256), 0, 1, 0x7f, 0x80, 0xff];
        frame[random(frame.length)] = values[random(values.length)] ?? 0;
      }
      try {
        decodeFrame(frame);
        read++;
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        refused++;
      }
    }
    expect(read).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});
