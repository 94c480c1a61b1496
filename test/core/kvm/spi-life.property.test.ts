/** Laws of injected SPIs over random lives, against a second account of them kept by the test (kvm-vgic-v5-spi §9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIVE, PENDING, SPI_BASE } from '../../../core/gic/v5/irs/iste.ts';
import { KNOWN_AFTER } from '../../../core/state/journal.ts';
import { digest } from '../../../core/state/digest.ts';
import { StateVector } from '../../../core/state/state-vector.ts';
import { SpiLab, type SpiGuest } from '../../conformance/v5-spi-lab.ts';

const SPIS = 4;
const NAMES = ['EN', 'DIS', 'PEND', 'PEND', 'PEND', 'HM', 'AFF', 'PRI'] as const;

type Step =
  | { readonly op: 'line'; readonly spi: number; readonly level: number }
  | { readonly op: 'exit' | 'acknowledge' | 'drop' | 'sleep'; readonly vcpu: number }
  | { readonly op: 'deactivate'; readonly vcpu: number; readonly spi: number }
  | { readonly op: 'trigger'; readonly vcpu: number; readonly spi: number; readonly level: number }
  | { readonly op: 'enable'; readonly vcpu: number; readonly on: number }
  | {
      readonly op: 'cd';
      readonly vcpu: number;
      readonly spi: number;
      readonly name: (typeof NAMES)[number];
      readonly value: number;
    };

const vcpu = fc.constantFrom(0, 1);
const spi = fc.nat(SPIS - 1);
const bit = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('line' as const), spi, level: bit }) },
  {
    weight: 5,
    arbitrary: fc.record({ op: fc.constantFrom('exit' as const, 'acknowledge' as const, 'drop' as const), vcpu }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('sleep' as const), vcpu }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('deactivate' as const), vcpu, spi }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('trigger' as const), vcpu, spi, level: bit }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('enable' as const), vcpu, on: bit }) },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('cd' as const), vcpu, spi, name: fc.constantFrom(...NAMES), value: bit }),
  },
);
const life = fc.array(step, { minLength: 5, maxLength: 45 });

/** What one SPI should be, by the rules as sentences. */
interface Account {
  pending: boolean;
  active: boolean;
  handlesLevel: boolean;
  triggersOnLevel: boolean;
  line: boolean;
  latch: boolean;
}

class Book {
  readonly spis: Account[] = Array.from({ length: SPIS }, () => ({
    pending: false,
    active: false,
    handlesLevel: false,
    triggersOnLevel: false,
    line: false,
    latch: false,
  }));
  /** In order of injection. */
  inFlight: number[] = [];
  notified = 0;

  inject(number: number, level: boolean): void {
    const spi = this.#at(number);
    if (spi.triggersOnLevel ? spi.line === level : !level) return;
    if (spi.triggersOnLevel) spi.line = level;
    else spi.latch = true;
    spi.pending = spi.latch || (spi.triggersOnLevel && spi.line);
    if (!this.inFlight.includes(number)) this.inFlight.push(number);
  }

  /** A vCPU leaves the guest: what is idle in hardware and on the line is done with. */
  exit(): void {
    for (const number of this.inFlight) {
      const spi = this.#at(number);
      if (!spi.triggersOnLevel) spi.latch = spi.pending;
      else if (!spi.pending && !spi.active) spi.latch = false;
    }
    const before = this.inFlight.length;
    this.inFlight = this.inFlight.filter((number) => {
      const { pending, active, triggersOnLevel, latch, line } = this.#at(number);
      return pending || active || latch || (triggersOnLevel && line);
    });
    this.notified += before - this.inFlight.length;
  }

  acknowledge(number: number): void {
    const spi = this.#at(number);
    spi.active = true;
    if (!spi.handlesLevel) spi.pending = false;
  }

  #at(number: number): Account {
    const spi = this.spis[number];
    if (spi === undefined) throw new RangeError(`SPI ${number}`);
    return spi;
  }
}

class Life {
  readonly lab: SpiLab;
  readonly book = new Book();

  constructor(profile: string) {
    this.lab = new SpiLab(profile);
    const guest = this.lab.spiGuest(0);
    for (let n = 0; n < SPIS; n++) guest.configure(SPI_BASE + n, 0x10, n & 1);
    // Half of them by level.
    for (const n of [2, 3]) this.#trigger(guest, n, 1);
    this.lab.take();
  }

  perform(step: Step): void {
    const { lab, book } = this;
    if (step.op === 'line') {
      lab.line(step.spi, step.level);
      book.inject(step.spi, step.level !== 0);
      return;
    }
    const guest = lab.spiGuest(step.vcpu);
    guest.run();
    switch (step.op) {
      case 'exit':
        guest.exit();
        book.exit();
        return;
      case 'sleep':
        guest.vcpu.trapWfi();
        book.exit();
        guest.vcpu.endWait();
        return;
      case 'acknowledge': {
        const value = guest.cdia();
        if (value !== 0n) book.acknowledge(Number(value & 0xff_ffffn));
        return;
      }
      case 'drop':
        guest.cdeoi();
        return;
      case 'deactivate':
        guest.cd('DI', SPI_BASE + step.spi);
        Object.assign(book.spis[step.spi] ?? {}, { active: false });
        return;
      case 'trigger':
        this.#trigger(guest, step.spi, step.level);
        return;
      case 'enable':
        guest.w32(0x80, step.on);
        book.exit();
        this.#settle();
        return;
      case 'cd':
        guest.cd(step.name, SPI_BASE + step.spi, step.value);
        if (step.name === 'PEND') Object.assign(book.spis[step.spi] ?? {}, { pending: step.value !== 0 });
        if (step.name === 'HM') Object.assign(book.spis[step.spi] ?? {}, { handlesLevel: step.value !== 0 });
    }
  }

  /** Each access to the frame is an exit. */
  #trigger(guest: SpiGuest, spi: number, level: number): void {
    guest.w32(0x108, spi);
    this.book.exit();
    guest.w32(0x114, level);
    this.book.exit();
    Object.assign(this.book.spis[spi] ?? {}, { triggersOnLevel: level !== 0 });
  }

  /** A change of IRSEN may make others leave. */
  #settle(): void {
    for (const { inGuest, hasRequest } of this.lab.vm.vcpus) if (inGuest && hasRequest) this.book.exit();
    this.lab.settleKicks();
  }
}

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
