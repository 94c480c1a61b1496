import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotId } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { Layout } from '../../../core/state/layout.ts';
import { StateVector } from '../../../core/state/state-vector.ts';

const cell = fc.option(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), { nil: undefined });

function layoutOf(initials: readonly (bigint | undefined)[]): Layout {
  const layout = new Layout();
  for (const [i, initial] of initials.entries())
    layout.claim(initial === undefined ? { path: `s${i}`, width: 64 } : { path: `s${i}`, width: 64, initial });
  return layout;
}

describe('StateVector', () => {
  it('starts each slot at its initial value, or unknown', () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 40 }), (initials) => {
        const state = StateVector.initial(layoutOf(initials));
        expect(initials.map((_, i) => state.value(slotId(i)))).toEqual(initials);
        expect(initials.map((_, i) => state.read(slotId(i)))).toEqual(initials.map((value) => value ?? 0n));
        expect(initials.map((_, i) => state.isKnown(slotId(i)))).toEqual(initials.map((value) => value !== undefined));
      }),
    );
  });

  it('keeps values while it grows in steps, and ends as if it had been built at once', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 60 }), { maxLength: 12 }), (steps) => {
        const layout = new Layout();
        const state = StateVector.initial(layout);
        let next = 0;
        for (const step of steps) {
          for (const initial of step)
            layout.claim({ path: `s${next++}`, width: 64, ...(initial === undefined ? {} : { initial }) });
          state.growTo(layout);
        }
        const whole = StateVector.initial(layoutOf(steps.flat()));
        expect(state.size).toBe(next);
        expect(state.equals(whole)).toBe(true);
        expect(digest(state)).toBe(digest(whole));
      }),
    );
  });

  it('grows without touching slots that it has', () => {
    const layout = layoutOf([5n]);
    const state = StateVector.initial(layout);
    state.lo[0] = 9;
    layout.claim({ path: 'later', width: 64, initial: 7n });
    state.growTo(layout);
    state.growTo(layout);
    expect([state.read(slotId(0)), state.read(slotId(1))]).toEqual([9n, 7n]);
  });

  it('clones to an equal but independent state', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 40 }), fc.nat(), (initials, pick) => {
        const state = StateVector.initial(layoutOf(initials));
        const copy = state.clone();
        expect(copy.equals(state)).toBe(true);
        const slot = pick % initials.length;
        copy.lo[slot] = (copy.lo[slot] ?? 0) ^ 1;
        expect(copy.equals(state)).toBe(false);
        expect(state.value(slotId(slot))).toBe(initials[slot]);
      }),
    );
  });

  it('tells an unknown slot from a slot that is known to be zero', () => {
    const unknown = StateVector.initial(layoutOf([undefined]));
    const zero = StateVector.initial(layoutOf([0n]));
    expect(unknown.equals(zero)).toBe(false);
    expect(unknown.read(slotId(0))).toBe(zero.read(slotId(0)));
    expect(digest(unknown)).not.toBe(digest(zero));
  });

  it('does not call states of different size equal', () => {
    expect(StateVector.initial(layoutOf([1n])).equals(StateVector.initial(layoutOf([1n, undefined])))).toBe(false);
  });
});
