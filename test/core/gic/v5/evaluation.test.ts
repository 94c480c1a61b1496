/** Which candidates an evaluation names as equal (gicv5-cpuif-behaviour §3 notes 1 and 5). */
import { describe, expect, it } from 'vitest';
import { CpuInterface } from '../../../../core/gic/v5/cpu-interface.ts';
import { type CpuifEvent } from '../../../../core/gic/v5/events.ts';
import { Journal } from '../../../../core/state/journal.ts';
import { Layout } from '../../../../core/state/layout.ts';

const PPI3 = 0x2000_0003;
const PPI27 = 0x2000_001b;
const PPI64 = 0x2000_0040;
const LPI5 = 0x4000_0005;

/** An interface with PPIs 3, 27 and 64 enabled, all of priority 0x10, and pending as told. */
function withPending(
  lo: number,
  hi = 0n,
): { c: CpuInterface; last: () => Extract<CpuifEvent, { kind: 'cpuif.hppi' }> } {
  const config = { implemented: [0x800_0008n, 1n], level: [0n, 0n], idr0: 0x40n, iaffid: 0, irs: true } as const;
  const c = new CpuInterface(new Journal(new Layout()), 'pe', config);
  let found: CpuifEvent | undefined;
  c.observer = (event) => {
    if (event.kind === 'cpuif.hppi') found = event;
  };
  c.vmcr.set(0xf800_0001);
  for (const { enable, priority, pend, index } of c.banks) {
    enable.set(0xffff_ffff, 0xffff_ffff);
    for (const cell of priority) cell.set(0x1010_1010, 0x1010_1010);
    pend.set(index === 0 ? lo : Number(hi), 0);
  }
  c.reevaluate('el2write');
  return {
    c,
    last: () => {
      if (found?.kind !== 'cpuif.hppi') throw new Error('no evaluation was told');
      return found;
    },
  };
}

describe('a tie', () => {
  it('is of two PPIs or more, in both banks', () => {
    expect(withPending(8).last().tie).toEqual([]);
    expect(withPending(0, 1n).last().tie).toEqual([]);
    expect(withPending(0x800_0008).last().tie).toEqual([PPI3, PPI27]);
    expect(withPending(8, 1n).last()).toMatchObject({ after: PPI3, tie: [PPI3, PPI64] });
  });

  it('is with a candidate of the IRS, which the PPI wins', () => {
    const { c, last } = withPending(8);
    c.setIrsCandidate(LPI5, 0x10, () => undefined);
    c.apr.set(1 << 4);
    c.reevaluate('el2write');
    expect(last()).toMatchObject({ after: 0, candidate: PPI3, reason: 'runningPriority', tie: [PPI3, LPI5] });
  });

  it('is not of PPIs that a candidate of the IRS precedes', () => {
    const { c, last } = withPending(0x800_0008);
    c.setIrsCandidate(LPI5, 0xf, () => undefined);
    expect(last()).toMatchObject({ after: LPI5, candidate: LPI5, tie: [] });
  });
});
