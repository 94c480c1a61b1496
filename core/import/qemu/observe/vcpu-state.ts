/** What is proven of one vCPU: its CPU interface, its PPIs, its timers, what it is doing. */
import { type Intid, intid } from '../../../gic/intid.ts';
import { type SlotId } from '../../../state/brand.ts';
import { type Group } from '../attribution/action.ts';
import { PpiState } from './interrupt-state.ts';
import { Priorities, type PrioritiesBefore } from './priorities.ts';
import { ENABLER, HMR, ICC_CR0, ICC_PCR, PRIORITYR } from './register-map.ts';
import { RunStateModel } from './run-state.ts';
import { type Slots } from './slots.ts';

/** Slots of one generic timer. */
export interface TimerSlots {
  readonly control: SlotId;
  readonly compare: SlotId;
  readonly deadline: SlotId;
  readonly line: SlotId;
}

interface Remembered {
  readonly group: Group;
  readonly priorities: PrioritiesBefore;
  readonly handled: readonly Intid[];
}

export class VcpuState {
  readonly index: number;
  readonly run: RunStateModel;
  readonly ppis = new Map<number, PpiState>();
  /** By the timer's number, those that the trace showed. */
  readonly timers: (TimerSlots | undefined)[] = [];
  /** Register slots by encoding. */
  readonly registers = new Map<number, SlotId>();
  readonly hppi: SlotId;
  readonly hppiPriority: SlotId;
  readonly #slots: Slots;
  /** As `ppis`, in the order in which they were named: every event asks for one or for all. */
  readonly #byNumber: (PpiState | undefined)[] = [];
  readonly #inOrder: PpiState[] = [];
  readonly #signals: readonly [irq: SlotId, fiq: SlotId, nmi: SlotId];
  #remembered: Remembered | undefined;
  #priorities: Priorities | undefined;

  constructor(slots: Slots, index: number) {
    this.#slots = slots;
    this.index = index;
    const path = `vcpu${index}`;
    this.run = new RunStateModel(slots, `${path}.runState`);
    this.hppi = slots.claim({ path: `${path}.hppi`, width: 32 });
    this.hppiPriority = slots.claim({ path: `${path}.hppi.priority`, width: 8 });
    this.#signals = [
      slots.claim({ path: `${path}.signal.irq`, width: 1 }),
      slots.claim({ path: `${path}.signal.fiq`, width: 1 }),
      slots.claim({ path: `${path}.signal.nmi`, width: 1 }),
    ];
  }

  /** Active priorities of a GICv5 interface, which other models do not have. */
  get priorities(): Priorities {
    return (this.#priorities ??= new Priorities(this.#slots, `vcpu${this.index}`));
  }

  /** The PPI, declared if the trace shows it for the first time. */
  ppi(number: number): PpiState {
    let ppi = this.#byNumber[number];
    if (ppi === undefined) {
      ppi = new PpiState(this.#slots, intid('ppi', number), this.index);
      this.ppis.set(number, ppi);
      this.#byNumber[number] = ppi;
      this.#inOrder.push(ppi);
      this.#takeFromRegisters(number, ppi);
    }
    return ppi;
  }

  /** The last value of a register of this name, low word; undefined when unknown. */
  register(encoding: number): number | undefined {
    const slot = this.registers.get(encoding);
    return slot === undefined ? undefined : this.#slots.get(slot);
  }

  setSignals(irq: number, fiq: number, nmi: number): void {
    const [irqSlot, fiqSlot, nmiSlot] = this.#signals;
    this.#slots.set(irqSlot, irq === 0 ? 0 : 1);
    this.#slots.set(fiqSlot, fiq === 0 ? 0 : 1);
    this.#slots.set(nmiSlot, nmi === 0 ? 0 : 1);
  }

  forgetSignals(): void {
    for (const slot of this.#signals) this.#slots.forget(slot);
  }

  forgetHppi(): void {
    this.#slots.forget(this.hppi);
    this.#slots.forget(this.hppiPriority);
  }

  /** Before the first of several like actions whose order is not known: what holds unless this vCPU has acted. */
  remember(group: Group): void {
    if (this.#remembered?.group === group) return;
    this.#remembered = { group, priorities: this.priorities.before, handled: this.run.handled };
  }

  /** At the last of them, when this vCPU is certain to act now or to have acted. */
  recall(group: Group): void {
    const remembered = this.#remembered;
    if (remembered?.group !== group) return;
    this.priorities.restore(remembered.priorities);
    this.run.restore(remembered.handled);
    this.#remembered = undefined;
  }

  /** A reset: what was proven is no longer so, except whether it is switched on. */
  reset(): void {
    this.#priorities?.mayHaveChanged();
    this.run.reset();
    this.forgetHppi();
    this.forgetSignals();
    for (const ppi of this.ppis.values()) ppi.forget();
    for (const slot of this.registers.values()) this.#slots.forget(slot);
    for (const timer of this.timers)
      if (timer !== undefined) for (const slot of Object.values(timer)) this.#slots.forget(slot);
  }

  /** Whether each PPI is held back by mask, running priority or a disabled interface (gicv5-cpuif-behaviour §3). */
  updateMasked(): void {
    for (const ppi of this.#inOrder) {
      const masked = this.#isMasked(ppi);
      if (masked === undefined) this.#slots.forget(ppi.masked);
      else this.#slots.set(ppi.masked, masked ? 1 : 0);
    }
  }

  #isMasked(ppi: PpiState): boolean | undefined {
    const slots = this.#slots;
    const pending = slots.get(ppi.pending);
    const enabled = slots.get(ppi.enabled);
    const active = slots.get(ppi.active);
    if (pending === 0 || enabled === 0 || active === 1) return false;
    if (pending === undefined || enabled === undefined || active === undefined) return undefined;
    const control = this.register(ICC_CR0);
    if (control !== undefined && (control & 1) === 0) return true;
    const priority = slots.get(ppi.priority);
    if (priority === undefined) return undefined;
    const mask = this.register(ICC_PCR);
    const { running } = this.priorities;
    if (mask !== undefined && priority > (mask & 31)) return true;
    if (running !== undefined && priority >= running) return true;
    return control === undefined || mask === undefined || running === undefined ? undefined : false;
  }

  /** What registers said before this PPI was first named. */
  #takeFromRegisters(number: number, ppi: PpiState): void {
    const slots = this.#slots;
    const word = Math.floor(number / 64);
    const bit = number % 64;
    const enabled = this.#bit(ENABLER[word] ?? -1, bit);
    if (enabled !== undefined) slots.set(ppi.enabled, enabled);
    const handling = this.#bit(HMR[word] ?? -1, bit);
    if (handling !== undefined) slots.set(ppi.handling, handling);
    const slot = this.registers.get(PRIORITYR[Math.floor(number / 8)] ?? -1);
    if (slot === undefined) return;
    const byte = number % 8;
    const half = byte < 4 ? slots.get(slot) : slots.getHigh(slot);
    if (half !== undefined) slots.set(ppi.priority, (half >>> (8 * (byte % 4))) & 31);
  }

  #bit(encoding: number, bit: number): number | undefined {
    const slot = this.registers.get(encoding);
    if (slot === undefined) return undefined;
    const half = bit < 32 ? this.#slots.get(slot) : this.#slots.getHigh(slot);
    return half === undefined ? undefined : (half >>> (bit % 32)) & 1;
  }
}
