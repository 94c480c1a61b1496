import { describe, expect, it } from 'vitest';
import { CLASSIC_PPIS, classicPpi, V5_PPIS, v5Ppi } from '../../../core/gic/ppi-names.ts';
import { registerByName } from '../../../core/gic/registers.ts';

describe('PPI names', () => {
  it('give the timers, the PMU and the software PPI their numbers', () => {
    const names = [3, 23, 26, 27, 28, 30].map((number) => v5Ppi(number)?.name);
    expect(names).toEqual(['SW_PPI', 'PMUIRQ', 'CNTHP', 'CNTV', 'CNTHV', 'CNTP']);
    expect(v5Ppi(27)?.source).toBe('EL1 virtual timer');
    expect(v5Ppi(4)).toBeUndefined();
  });

  it('are unique, and on GICv3 the same where both name a PPI', () => {
    expect(new Set(V5_PPIS.map((ppi) => ppi.name)).size).toBe(V5_PPIS.length);
    expect(new Set(V5_PPIS.map((ppi) => ppi.number)).size).toBe(V5_PPIS.length);
    for (const { number, name } of CLASSIC_PPIS) expect(v5Ppi(number)?.name).toBe(name);
    expect(classicPpi(3)).toBeUndefined();
  });

  it('agree with the handling modes that a full machine reports in ICC_PPI_HMR0_EL1', () => {
    // Recorded on a machine that implements all PPIs: every one is level but SW_PPI (gicv5-registers §2).
    const recorded = 0xffff_ffff_ffff_fff7n;
    const hmr = registerByName('ICC_PPI_HMR0_EL1');
    for (const { number, handling } of V5_PPIS) {
      const field = hmr?.byName.get(`HM${number}`);
      if (field === undefined) throw new Error(`no field HM${number}`);
      const level = (recorded >> field.shift) & 1n;
      if (handling !== undefined) expect(handling, String(number)).toBe(level === 1n ? 'level' : 'edge');
    }
  });
});
