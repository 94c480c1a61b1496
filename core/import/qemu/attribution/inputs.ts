/**
 * What PPI inputs prove. Only changes are logged, so an input that rises was low: it is the only vCPU's where it is not
 * known to be high. And a vCPU that acknowledges the PPI, or lowers its input, had it high: if it was low before, the
 * one rise that nobody owns is its own.
 */
import { interruptOf } from '../../../trace/interrupts.ts';
import { type Accesses } from './accesses.ts';
import { type Action, type Group } from './action.ts';
import { type Docket, type DocketListener } from './docket.ts';
import { InputBook } from './input-book.ts';
import { LastActions } from './last-actions.ts';
import { type Machine } from './machine.ts';

/** Changes of a PPI's input that are looked back on when an earlier one is decided. */
const REMEMBERED_CHANGES = 64;

/** PPI of each timer (gicv5-registers §8), in the order of the timers' numbers. */
const TIMER_PPIS: readonly number[] = [30, 27, 26, 29, 28, 20, 19];

const NONE: readonly Action[] = [];

export class Inputs implements DocketListener {
  readonly #docket: Docket;
  readonly #accesses: Accesses;
  readonly #machine: Machine;
  readonly #book = new InputBook();
  /** The last changes of each PPI's input, on any vCPU. */
  readonly #changes: (LastActions | undefined)[] = [];
  /** Order of the last change of any input. */
  #newest = -1;

  constructor(docket: Docket, accesses: Accesses, machine: Machine) {
    this.#docket = docket;
    this.#accesses = accesses;
    this.#machine = machine;
  }

  /** The input changed within this action, which says how and when. */
  changed(action: Action, isTrusted: boolean): void {
    this.#newest = action.changedAt;
    this.#remember(action);
    if (action.actor >= 0) this.#isOf(action.actor, action);
    else if (action.isOpen && (action.kind === 'ppi-input' || action.kind === 'timer-fires'))
      this.#narrow(action, isTrusted);
    else this.givenUp(action);
  }

  created(vcpu: number): void {
    this.#book.create(vcpu);
  }

  wasReset(vcpu: number): void {
    this.#book.reset(vcpu);
  }

  /** Lines are missing: any input may have changed. */
  doubtAll(serial: number): void {
    this.#book.doubtAll(serial);
  }

  decided(action: Action, vcpu: number): void {
    const interrupt = action.kind === 'acknowledge' ? interruptOf(action.keyLo) : undefined;
    if (interrupt?.type === 'ppi') this.#wasHigh(vcpu, interrupt.number, action.serial);
    if (action.ppi >= 0) this.#isOf(vcpu, action);
  }

  givenUp(action: Action): void {
    const { ppi, level, changedAt } = action;
    if (ppi < 0) return;
    for (const vcpu of this.#machine.among(action.candidates)) this.#book.doubt(vcpu, ppi, level === 0, changedAt);
  }

  settled({ vcpus, members }: Group): void {
    const last = members.at(-1);
    if (last === undefined || last.ppi < 0) return;
    const isSame = members.every(({ ppi, level }) => ppi === last.ppi && level === last.level);
    if (isSame) for (const vcpu of vcpus) this.#isOf(vcpu, last);
  }

  /** Whose input may have changed so, by levels that are known; decided if there is one. */
  #narrow(action: Action, isTrusted: boolean): void {
    const count = this.#machine.vcpus;
    if (count === undefined) return;
    let candidates: number[] = [];
    for (let vcpu = 0; vcpu < count; vcpu++)
      if (this.#book.level(vcpu, action.ppi) !== action.level) candidates.push(vcpu);
    if (action.level === 0 && isTrusted) candidates = this.#whoLowers(action.ppi, candidates);
    action.candidates = candidates;
    const [one] = candidates;
    if (one !== undefined && candidates.length === 1) this.#docket.decide(action, one);
  }

  /** A timer's output falls only by a write of its own vCPU, which the plugin printed before. */
  #whoLowers(ppi: number, candidates: number[]): number[] {
    const timer = TIMER_PPIS.indexOf(ppi);
    const writing = timer < 0 ? [] : candidates.filter((vcpu) => this.#accesses.isWritingTimer(vcpu, timer));
    return writing.length > 0 ? writing : candidates;
  }

  /** The change of this action is this vCPU's. */
  #isOf(vcpu: number, action: Action): void {
    const { ppi, level, changedAt } = action;
    if (level === 0) this.#wasHigh(vcpu, ppi, changedAt - 0.5);
    const later = changedAt === this.#newest ? NONE : (this.#changes[ppi]?.changedAfter(changedAt) ?? NONE);
    if (!later.some(({ actor }) => actor === vcpu)) this.#book.set(vcpu, ppi, level, changedAt);
    // Later changes that may have been its own as well leave the present level open.
    for (const other of later)
      if (mayBeOf(other, vcpu)) this.#book.doubt(vcpu, ppi, other.level === 0, other.changedAt);
    if (level === 1) this.#excludeFromRises(vcpu, action);
  }

  /** The input of this vCPU was high at a moment; if it was low before, one of the rises that wait was its own. */
  #wasHigh(vcpu: number, ppi: number, moment: number): void {
    if (this.#book.isKnownAfter(vcpu, ppi, moment)) return;
    const before = this.#book.level(vcpu, ppi);
    if (before === 1) return;
    const rises = this.#openRises(ppi).filter(
      (action) => action.changedAt < moment && (action.candidates?.includes(vcpu) ?? true),
    );
    const [one] = rises;
    if (before === 0 && one !== undefined && rises.length === 1) this.#docket.decide(one, vcpu);
    this.#book.set(vcpu, ppi, 1, moment);
  }

  /** Without a fall in between, a vCPU has one rise. */
  #excludeFromRises(vcpu: number, own: Action): void {
    for (const action of this.#openRises(own.ppi)) {
      if (action === own || action.candidates?.includes(vcpu) !== true) continue;
      const first = Math.min(action.changedAt, own.changedAt);
      if (!this.#book.mayHaveFallenSince(vcpu, own.ppi, first)) this.#docket.exclude(action, vcpu, true);
    }
  }

  #remember(action: Action): void {
    (this.#changes[action.ppi] ??= new LastActions(REMEMBERED_CHANGES)).add(action);
  }

  #openRises(ppi: number): readonly Action[] {
    return this.#docket.open((action) => action.ppi === ppi && action.level === 1);
  }
}

/** Whether an action without a proven vCPU may have been this one's. */
function mayBeOf({ actor, candidates }: Action, vcpu: number): boolean {
  return actor < 0 && (candidates?.includes(vcpu) ?? true);
}
