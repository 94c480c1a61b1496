/** What a run of a machine promises, over random lives: the same seed gives the same run. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { build, life, PATIENCE_MS, play, RUNS } from './random-life.ts';

describe('a machine with any program and host', { timeout: PATIENCE_MS }, () => {
  it('runs the same with the same seed, observed or not', () => {
    fc.assert(
      fc.property(life, (of) => {
        const run = (observed: boolean): bigint => {
          const machine = build(of);
          if (observed) machine.observer = () => undefined;
          play(machine, of);
          // RAM claims its slots when it is flushed, which observers make happen earlier: compare what all have.
          return machine.threads.reduce((sum, { core }) => sum * 31n + core.pcValue + core.x(3) * 7n, machine.now);
        };
        expect(run(true)).toBe(run(false));
      }),
      { numRuns: RUNS },
    );
  });
});
