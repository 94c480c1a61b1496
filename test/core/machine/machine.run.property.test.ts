/**
 * What a run of a machine promises, over random lives: the same seed gives the same run, and no interrupt is
 * acknowledged that is disabled, masked or not urgent enough.
 */
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

  it('acknowledges nothing that is disabled, masked or not urgent enough', () => {
    let acknowledged = 0;
    fc.assert(
      fc.property(life, (of) => {
        const machine = build(of);
        machine.observer = (event, place) => {
          if (event.kind !== 'cpuif.ack' || event.intid === 0) return;
          acknowledged++;
          const cpu = machine.host.cpu(place.pcpu ?? 0).interface;
          const { priority = 32, aprBefore } = event;
          const running = aprBefore === 0 ? 32 : 31 - Math.clz32(aprBefore & -aprBefore);
          expect(cpu.banks[0]?.enable.has(event.intid & 63)).toBe(true);
          expect(cpu.vmcr.lo & 1).toBe(1);
          expect(priority).toBeLessThanOrEqual(cpu.vmcr.lo >>> 27);
          expect(priority).toBeLessThan(running);
        };
        play(machine, of);
      }),
      { numRuns: RUNS },
    );
    // Not for want of interrupts.
    expect(acknowledged).toBeGreaterThan(RUNS / 4);
  });
});
