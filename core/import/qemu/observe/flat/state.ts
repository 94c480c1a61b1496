/** What is kept of a GICv3 or GICv2: its interrupts, by number, and the last value of its registers. */
import { flatType, type Intid } from '../../../../gic/intid.ts';
import { type Register } from '../../../../gic/registers.ts';
import { intidOf } from '../../../../trace/interrupts.ts';
import { NOBODY } from '../../trace-line.ts';
import { type Slots } from '../slots.ts';
import { FlatInterrupt } from './interrupt.ts';
import { ItsTranslation } from './its-translation.ts';

/** SPIs and LPIs that keep state; the events of further ones stay complete. */
const MOST_SHARED = 65_536;
export const FIRST_SHARED = 32;

/** The trace's number for a flat one; undefined for numbers that are answers or reserved. */
export function flatInterrupt(number: number): Intid | undefined {
  const type = flatType(number);
  return type === undefined || type === 'special' || type === 'reserved' ? undefined : intidOf({ type, number });
}

export class FlatState {
  readonly its = new ItsTranslation();
  readonly #slots: Slots;
  readonly #private: FlatInterrupt[][] = [];
  readonly #shared = new Map<number, FlatInterrupt>();
  readonly #frames = new Set<string>();
  /** Interrupt that each CPU interface last found best. */
  readonly #candidates: (FlatInterrupt | undefined)[] = [];
  /** The machine has two security states, as GICD_TYPER says: Non-secure accesses do not see all. */
  hasTwoStates = false;
  /** Uses of interrupts beyond MOST_SHARED. */
  untracked = 0;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** The interrupt of this number; undefined: none, or a private one of an unknown vCPU. */
  of(number: number, vcpu: number): FlatInterrupt | undefined {
    const type = flatType(number);
    if (type === undefined || type === 'special' || type === 'reserved') return undefined;
    const isPrivate = type === 'sgi' || type === 'ppi';
    if (isPrivate && vcpu < 0) return undefined;
    const known = isPrivate ? this.#private[vcpu]?.[number] : this.#shared.get(number);
    if (known !== undefined) return known;
    if (!isPrivate && this.#shared.size >= MOST_SHARED) {
      this.untracked++;
      return undefined;
    }
    const made = new FlatInterrupt(this.#slots, { type, number }, isPrivate ? vcpu : NOBODY);
    if (isPrivate) (this.#private[vcpu] ??= [])[number] = made;
    else this.#shared.set(number, made);
    return made;
  }

  /** What a CPU interface found best, and whether its signals show that something holds it back. */
  candidate(vcpu: number, interrupt: FlatInterrupt | undefined): void {
    const before = this.#candidates[vcpu];
    if (before !== interrupt) before?.set('masked', 0);
    this.#candidates[vcpu] = interrupt;
  }

  signalled(vcpu: number, isSignalled: boolean): void {
    this.#candidates[vcpu]?.set('masked', isSignalled ? 0 : 1);
  }

  /** Keeps the last value of a register that holds one; `owner` is `vcpu1`, `gic` or `its`. */
  keep(owner: string, { arm, name, width }: Register, lo: number, hi: number): void {
    const path = `${owner}.${arm}`;
    this.#frames.add(path);
    this.#slots.set(this.#slots.claim({ path, width, register: name }), lo, width === 64 ? hi : 0);
  }

  /** A vCPU was reset; vCPU 0 is so only with the whole machine, whose distributor starts again too. */
  reset(vcpu: number): void {
    for (const interrupt of this.#private[vcpu] ?? []) interrupt?.forget();
    this.#forgetRegisters(`vcpu${vcpu}.`);
    this.#candidates[vcpu] = undefined;
    if (vcpu !== 0) return;
    for (const interrupt of this.#shared.values()) interrupt.forget();
    this.#forgetRegisters('gic.');
    this.#forgetRegisters('its.');
  }

  forgetAll(): void {
    for (const bank of this.#private) for (const interrupt of bank ?? []) interrupt?.forget();
    for (const interrupt of this.#shared.values()) interrupt.forget();
    this.#candidates.length = 0;
    this.#forgetRegisters('');
  }

  #forgetRegisters(owner: string): void {
    for (const path of this.#frames) {
      const slot = path.startsWith(owner) ? this.#slots.find(path) : undefined;
      if (slot !== undefined) this.#slots.forget(slot);
    }
  }
}
