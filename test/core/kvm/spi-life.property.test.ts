/** Laws of injected SPIs over random lives, against a second account of them kept by the test (kvm-vgic-v5-spi §9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIVE, PENDING, SPI_BASE } from '../../../core/gic/v5/irs/iste.ts';
import { KNOWN_AFTER } from '../../../core/state/journal.ts';
import { digest } from '../../../core/state/digest.ts';
import { StateVector } from '../../../core/state/state-vector.ts';
import { recordedOf } from './recorded.ts';
import { Life, life, SPIS } from './random-spi-life.ts';

/** `expect` is too slow for what is asked a hundred thousand times. */
function agree(what: string, found: readonly number[], wanted: readonly number[]): void {
  if (found.join() !== wanted.join()) throw new Error(`${what}: expected ${wanted.join()}, found ${found.join()}`);
}

describe('injected SPIs', () => {
  it('are on the list exactly while they are in flight, in order of injection, at every event (H3)', () => {
    const again = Life.again('H3');
    fc.assert(
      fc.property(life, (steps) => {
        const of = again();
        const { lab, book } = of;
        lab.host.observe((event, place) => {
          lab.events.push(recordedOf(event, place));
          // The chain and the marks of membership change under locks, together.
          if (event.kind.startsWith('aplist') || event.kind.startsWith('lock')) return;
          const members = Array.from({ length: SPIS }, (_, n) => n).filter((n) => lab.irs.spi(n)?.member !== 0);
          if (members.join() !== lab.irs.list.toSorted((a, b) => a - b).join())
            throw new Error(`list at ${event.kind}`);
        });
        for (const each of steps) {
          of.perform(each);
          agree('list', lab.irs.list, book.inFlight);
          agree('length', [lab.irs.length.lo], [book.inFlight.length]);
          const words = Array.from({ length: SPIS }, (_, n) => (lab.word(n) ?? 0) & (PENDING | ACTIVE));
          agree(
            'entries',
            words,
            book.spis.map(({ pending, active }) => (pending ? PENDING : 0) | (active ? ACTIVE : 0)),
          );
        }
      }),
      { numRuns: 4500 },
    );
  });

  it('are notified of exactly once per consumption, and of nothing else (H1, H3)', () => {
    const again = { H1: Life.again('H1'), H3: Life.again('H3') } as const;
    fc.assert(
      fc.property(fc.constantFrom('H1', 'H3'), life, (profile, steps) => {
        const of = again[profile]();
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
      { numRuns: 3500 },
    );
  });

  it('are never tracked by a kernel without the list (Q)', () => {
    const again = Life.again('Q');
    fc.assert(
      fc.property(life, (steps) => {
        const of = again();
        for (const each of steps) of.perform(each);
        for (const kind of ['aplist.add', 'gic.vdrcfg', 'notifier.fire']) expect(of.lab.count(kind)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the state of SPIs', () => {
  it('is taken back by undo, and then the same happens again', () => {
    const again = { H3: Life.again('H3'), Q: Life.again('Q') } as const;
    fc.assert(
      fc.property(fc.constantFrom('H3', 'Q'), life, life, (profile, first, second) => {
        const of = again[profile]();
        const { journal } = of.lab;
        for (const each of first) of.perform(each);
        const mark = journal.mark();
        const before = journal.state.clone();
        for (const each of second) of.perform(each);
        const after = digest(journal.state);
        journal.undoTo(mark);
        before.growTo(journal.layout);
        expect(before.equals(journal.state)).toBe(true);
        for (const each of second) of.perform(each);
        expect(digest(journal.state)).toBe(after);
      }),
      { numRuns: 1000 },
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
