/** Random lives of a VM with SPIs, and a second account of them that tests keep by the rules as sentences (kvm-vgic-v5-spi §9). */
import fc from 'fast-check';
import { SPI_BASE } from '../../../core/gic/v5/irs/iste.ts';
import { type Options, SpiLab, type SpiGuest } from '../../conformance/v5-spi-lab.ts';

export const SPIS = 4;
const NAMES = ['EN', 'DIS', 'PEND', 'PEND', 'PEND', 'HM', 'AFF', 'PRI'] as const;

export type Step =
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
export const life = fc.array(step, { minLength: 5, maxLength: 45 });

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

/** SPIs that the guest makes level-triggered before a life begins: half of them. */
const LEVEL_SPIS = [2, 3];

export class Life {
  readonly lab: SpiLab;
  book = new Book();

  /**
   * A VM for many lives: each call gives it as it was when it had been set up, because the journal takes everything back.
   * That costs a tenth of making another.
   */
  static again(profile: string): () => Life {
    const one = new Life(profile);
    const { lab } = one;
    const mark = lab.journal.mark();
    return () => {
      lab.journal.undoTo(mark);
      lab.take();
      one.book = new Book();
      for (const n of LEVEL_SPIS) Object.assign(one.book.spis[n] ?? {}, { triggersOnLevel: true });
      return one;
    };
  }

  constructor(profile: string, options: Options = {}) {
    this.lab = new SpiLab(profile, options);
    const guest = this.lab.spiGuest(0);
    for (let n = 0; n < SPIS; n++) guest.configure(SPI_BASE + n, 0x10, n & 1);
    for (const n of LEVEL_SPIS) this.#trigger(guest, n, 1);
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
