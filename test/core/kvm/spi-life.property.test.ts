/** Laws of injected SPIs over random lives, against a second account of them kept by the test (kvm-vgic-v5-spi §9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIVE, PENDING, SPI_BASE } from '../../../core/gic/v5/irs/iste.ts';
import { KNOWN_AFTER } from '../../../core/state/journal.ts';
import { digest } from '../../../core/state/digest.ts';
import { StateVector } from '../../../core/state/state-vector.ts';
import { Life, life, SPIS } from './random-spi-life.ts';

describe('injected SPIs', () => {
  it('are on the list exactly while they are in flight, in order of injection, at every event (H3)', () => {
    fc.assert(
      fc.property(life, (steps) => {
        const of = new Life('H3');
        const { lab, book } = of;
        lab.host.observe((event, place) => {
          lab.events.push({ ...event, ...place });
          // The chain and the marks of membership change under locks, together.
          if (event.kind.startsWith('aplist') || event.kind.startsWith('lock')) return;
          const members = Array.from({ length: SPIS }, (_, n) => n).filter((n) => lab.irs.spi(n)?.member !== 0);
          if (members.join() !== lab.irs.list.toSorted((a, b) => a - b).join())
            throw new Error(`list at ${event.kind}`);
        });
        for (const each of steps) {
          of.perform(each);
          expect(lab.irs.list).toEqual(book.inFlight);
          expect(lab.irs.length.lo).toBe(book.inFlight.length);
          for (const [n, { pending, active }] of book.spis.entries()) {
            const word = lab.word(n) ?? 0;
            expect([n, (word & PENDING) !== 0, (word & ACTIVE) !== 0]).toEqual([n, pending, active]);
          }
        }
      }),
      { numRuns: 250 },
    );
  });

  it('are notified of exactly once per consumption, and of nothing else (H1, H3)', () => {
    fc.assert(
      fc.property(fc.constantFrom('H1', 'H3'), life, (profile, steps) => {
        const of = new Life(profile);
        for (const each of steps) of.perform(each);
        const { lab } = of;
        expect(lab.count('notifier.fire')).toBe(lab.count('aplist.remove'));
        if (profile === 'H3') expect(lab.count('notifier.fire')).toBe(of.book.notified);
        // All lines down, everything consumed: whatever was added has been notified of, once.
        const guest = lab.spiGuest(0);
        for (let n = 0; n < SPIS; n++) {
          lab.line(n, 0);
          guest.cd('PEND', SPI_BASE + n, 0);
          guest.cd('DI', SPI_BASE + n);
        }
        guest.exit();
        guest.exit();
        expect(lab.irs.list).toEqual([]);
        expect(lab.count('notifier.fire')).toBe(lab.count('aplist.add'));
      }),
      { numRuns: 150 },
    );
  });

  it('are never tracked by a kernel without the list (Q)', () => {
    fc.assert(
      fc.property(life, (steps) => {
        const of = new Life('Q');
        for (const each of steps) of.perform(each);
        for (const kind of ['aplist.add', 'gic.vdrcfg', 'notifier.fire']) expect(of.lab.count(kind)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the state of SPIs', () => {
  it('is taken back by undo, and then the same happens again', () => {
    fc.assert(
      fc.property(fc.constantFrom('H3', 'Q'), life, life, (profile, first, second) => {
        const of = new Life(profile);
        const { journal } = of.lab;
        for (const each of first) of.perform(each);
        const mark = journal.mark();
        const before = journal.state.clone();
        for (const each of second) of.perform(each);
        const after = digest(journal.state);
        journal.undoTo(mark);
        for (let slot = 0; slot < before.size; slot++)
          expect([slot, journal.state.lo[slot]]).toEqual([slot, before.lo[slot]]);
        for (const each of second) of.perform(each);
        expect(digest(journal.state)).toBe(after);
      }),
      { numRuns: 60 },
    );
  });

  it('is what the recorded changes reduce to, at every event', () => {
    fc.assert(
      fc.property(fc.constantFrom('H1', 'H3', 'Q'), life, (profile, steps) => {
        const of = new Life(profile);
        const { journal, host } = of.lab;
        journal.clear();
        const copy = journal.state.clone();
        const reduce = (): void => {
          copy.growTo(journal.layout);
          for (let i = 0; i < journal.count; i++) {
            const slot = journal.slot[i] ?? 0;
            copy.lo[slot] = journal.afterLo[i] ?? 0;
            copy.hi[slot] = journal.afterHi[i] ?? 0;
            copy.known[slot] = ((journal.known[i] ?? 0) & KNOWN_AFTER) >> 1;
          }
          journal.clear();
          if (!copy.equals(journal.state)) throw new Error('the changes do not lead to the state');
        };
        host.observe(reduce);
        for (const each of steps) of.perform(each);
        reduce();
        expect(copy).toBeInstanceOf(StateVector);
      }),
      { numRuns: 60 },
    );
  });
});
