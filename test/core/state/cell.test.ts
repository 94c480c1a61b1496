import { describe, expect, it } from 'vitest';
import { CellClaim } from '../../../core/state/cell.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';

const claimOn = (): { journal: Journal; claim: CellClaim } => {
  const journal = new Journal(new Layout());
  return { journal, claim: new CellClaim(journal, 'a.') };
};

describe('a cell', () => {
  it('reads what was written, through the journal', () => {
    const { journal, claim } = claimOn();
    const cell = claim.cell('x');
    cell.value = 0x8000_0001_0000_0002n;
    expect([cell.lo, cell.hi, cell.value]).toEqual([2, 0x8000_0001, 0x8000_0001_0000_0002n]);
    expect(journal.changes()).toMatchObject([{ slot: cell.slot, before: 0n, after: 0x8000_0001_0000_0002n }]);
    journal.undoTo(0);
    expect(cell.isZero).toBe(true);
  });

  it('sets and clears single bits in both halves', () => {
    const cell = claimOn().claim.cell('x');
    for (const bit of [0, 31, 32, 63]) cell.put(bit, true);
    expect(cell.value).toBe(0x8000_0001_8000_0001n);
    expect([0, 1, 31, 32, 33, 63].map((bit) => cell.has(bit))).toEqual([true, false, true, true, false, true]);
    cell.put(63, false);
    cell.put(31, false);
    expect(cell.value).toBe(0x0000_0001_0000_0001n);
  });

  it('is a flag when it has one bit', () => {
    const cell = claimOn().claim.flag('f');
    expect(cell.flag).toBe(false);
    cell.flag = true;
    expect(cell.value).toBe(1n);
  });
});

describe('a claim', () => {
  it('makes slots known at once, at their initial value', () => {
    const { journal, claim } = claimOn();
    const cell = claim.register('ICH_VCTLR_EL2', 1n);
    expect([journal.isKnown(cell.slot), cell.lo]).toEqual([true, 1]);
    expect(journal.layout.descriptor(cell.slot)).toEqual({
      path: 'a.ICH_VCTLR_EL2',
      width: 64,
      register: 'ICH_VCTLR_EL2',
      initial: 1n,
    });
  });

  it('gives a choice the bits that it needs', () => {
    const { journal, claim } = claimOn();
    expect(journal.layout.descriptor(claim.choice('c', ['a', 'b', 'c']).slot)).toMatchObject({ width: 2 });
    expect(journal.layout.descriptor(claim.choice('d', ['a']).slot)).toMatchObject({ width: 1 });
  });

  it('refuses a path that is taken', () => {
    const { claim } = claimOn();
    claim.flag('f');
    expect(() => claim.flag('f')).toThrow(/slot a\.f is already claimed/);
  });
});
