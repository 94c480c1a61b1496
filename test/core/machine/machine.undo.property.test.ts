/** What the journal promises of a machine, over random lives: undo takes the whole machine back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest } from '../../../core/state/digest.ts';
import { sameList } from '../../support/laws.ts';
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
          sameList([slot, state.lo[slot], state.hi[slot]], [slot, before.lo[slot], before.hi[slot]]);
        expect(Buffer.compare(machine.ram.bytes, ram)).toBe(0);
        machine.save();
        expect(machine.journal.mark()).toBe(mark);
        play(machine, of);
        expect(digest(machine.journal.state)).toBe(end);
      }),
      { numRuns: RUNS },
    );
  });
});
