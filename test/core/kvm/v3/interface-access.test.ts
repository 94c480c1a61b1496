/** What a GICv3 guest meets that names a CPU interface register wrongly (gicv3-registers, ICC; kvm-vgic-v3 §11). */
import { describe, expect, it } from 'vitest';
import { V3Lab } from '../../../conformance/v3-lab.ts';

type Direction = 'read' | 'write';

function outcome(lab: V3Lab, direction: Direction, name: string): string {
  lab.goIn(0);
  return lab.at(0).vcpu.sysreg(direction, `ICC_${name}_EL1`).outcome;
}

describe('a CPU interface register that does not exist in this direction', () => {
  it.each<[Direction, string]>([
    ['write', 'IAR0'],
    ['write', 'IAR1'],
    ['write', 'HPPIR0'],
    ['write', 'HPPIR1'],
    ['write', 'RPR'],
    ['read', 'EOIR0'],
    ['read', 'EOIR1'],
    ['read', 'DIR'],
  ])('is UNDEFINED in hardware, without an exit: a %s of %s', (direction, name) => {
    const lab = V3Lab.base();
    expect(outcome(lab, direction, name)).toBe('undefined:hardware');
    expect(lab.at(0).vcpu.inGuest).toBe(true);
  });

  it('is one of the active priorities that the implementation lacks', () => {
    for (const [bits, words] of [
      [5, 1],
      [6, 2],
      [7, 4],
    ] as const) {
      const lab = V3Lab.base({ bits });
      const answers = [0, 1, 2, 3].map((n) => outcome(lab, 'read', `AP1R${n}`));
      expect(answers).toEqual([0, 1, 2, 3].map((n) => (n < words ? 'performed' : 'undefined:hardware')));
    }
  });

  it('leaves DIR to trap where it is written with ICH_HCR_EL2.TDIR set, and SGIs always', () => {
    const lab = V3Lab.base();
    lab.spi(32);
    lab.enter(0);
    expect(outcome(lab, 'read', 'DIR')).toBe('undefined:hardware');
    expect(outcome(lab, 'write', 'DIR')).toBe('emulated');
    expect(lab.at(0).vcpu.inGuest).toBe(false);
    expect(outcome(lab, 'write', 'SGI1R')).toBe('emulated');
  });
});
