import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotId } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';

const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const cells = fc.array(fc.option(value, { nil: undefined }), { minLength: 1, maxLength: 30 });

function journalOf(size: number): Journal {
  const layout = new Layout();
  for (let i = 0; i < size; i++) layout.claim({ path: `s${i}`, width: 64 });
  return new Journal(layout);
}

describe('digest', () => {
  it('is equal for equal states, whatever way led there', () => {
    fc.assert(
      fc.property(cells, fc.infiniteStream(fc.nat()), (target, random) => {
        const straight = journalOf(target.length);
        const wandering = journalOf(target.length);
        for (const i of target.keys()) wandering.write(slotId(i), BigInt(random.next().value));
        for (const i of [...target.keys()].reverse()) set(wandering, i, target[i]);
        for (const i of target.keys()) set(straight, i, target[i]);
        expect(straight.state.equals(wandering.state)).toBe(true);
        expect(digest(straight.state)).toBe(digest(wandering.state));
      }),
    );
  });

  it('differs when one bit or one known flag differs', () => {
    fc.assert(
      fc.property(cells, fc.nat(), fc.integer({ min: 0, max: 63 }), (target, pick, bit) => {
        const journal = journalOf(target.length);
        for (const i of target.keys()) set(journal, i, target[i]);
        const before = digest(journal.state);
        const slot = slotId(pick % target.length);
        if (journal.isKnown(slot)) journal.write(slot, journal.read(slot) ^ (1n << BigInt(bit)));
        else journal.write(slot, 0n);
        expect(digest(journal.state)).not.toBe(before);
      }),
    );
  });

  it('does not depend on unknown slots, so a layout may grow by them', () => {
    const journal = journalOf(3);
    journal.write(slotId(1), 42n);
    const before = digest(journal.state);
    journal.layout.claim({ path: 'later', width: 64 });
    expect(journal.state.size).toBe(4);
    expect(digest(journal.state)).toBe(before);
  });

  it('tells the same value in two slots apart', () => {
    const [a, b] = [journalOf(2), journalOf(2)];
    a.write(slotId(0), 1n);
    b.write(slotId(1), 1n);
    expect(digest(a.state)).not.toBe(digest(b.state));
  });

  it('stays the same from release to release', () => {
    const journal = journalOf(3);
    journal.write(slotId(0), 0x12000001bn);
    journal.write(slotId(2), (1n << 64n) - 1n);
    expect(digest(journal.state)).toBe(PINNED);
  });
});

/** Digests are stored in trace files: a change of the function must be deliberate. */
const PINNED = 8471197383026127854n;

function set(journal: Journal, index: number, target: bigint | undefined): void {
  if (target === undefined) journal.forget(slotId(index));
  else journal.write(slotId(index), target);
}
