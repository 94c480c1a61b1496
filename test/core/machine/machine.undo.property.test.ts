/**
 * What the journal promises of a machine, over random lives: undo takes the whole machine back, and the recorded changes
 * reduce to its state at every event.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest } from '../../../core/state/digest.ts';
import { KNOWN_AFTER } from '../../../core/state/journal.ts';
import { StateVector } from '../../../core/state/state-vector.ts';
import { build, life, PATIENCE_MS, play, RUNS } from './random-life.ts';

describe('a machine with any program and host', { timeout: PATIENCE_MS }, () => {
  it('is taken back whole by undo, and then does the same again', () => {
    fc.assert(
      fc.property(life, (of) => {
        const machine = build(of);
        machine.run(200n);
        machine.save();
        const mark = machine.journal.mark();
        const before = machine.journal.state.clone();
        const ram = machine.ram.bytes.slice();
        play(machine, of);
        const end = digest(machine.journal.state);
        machine.journal.undoTo(mark);
        machine.restore();
        const { state } = machine.journal;
        for (let slot = 0; slot < before.size; slot++)
          expect([slot, state.lo[slot], state.hi[slot]]).toEqual([slot, before.lo[slot], before.hi[slot]]);
        expect(Buffer.compare(machine.ram.bytes, ram)).toBe(0);
        machine.save();
        expect(machine.journal.mark()).toBe(mark);
        play(machine, of);
        expect(digest(machine.journal.state)).toBe(end);
      }),
      { numRuns: RUNS },
    );
  });

  it('is what its recorded changes reduce to, at every event', () => {
    fc.assert(
      fc.property(life, (of) => {
        const machine = build(of);
        const { journal } = machine;
        const copy = StateVector.initial(journal.layout);
        const take = (): void => {
          copy.growTo(journal.layout);
          for (let i = 0; i < journal.count; i++) {
            const slot = journal.slot[i] ?? 0;
            copy.lo[slot] = journal.afterLo[i] ?? 0;
            copy.hi[slot] = journal.afterHi[i] ?? 0;
            copy.known[slot] = ((journal.known[i] ?? 0) & KNOWN_AFTER) >> 1;
          }
          journal.clear();
        };
        take();
        machine.observer = () => {
          take();
          if (!copy.equals(journal.state)) throw new Error('the changes do not lead to the state');
        };
        play(machine, of, take);
        for (const { core, slots } of machine.threads) {
          expect(journal.read(slots.pc)).toBe(core.pcValue);
          for (const [n, slot] of slots.general.entries()) expect(journal.read(slot)).toBe(core.x(n));
        }
      }),
      { numRuns: RUNS },
    );
  });
});
