/**
 * What is proven of one vCPU: its CPU interface, its PPIs, what it is doing.
 *
 * Run state (`vcpuN.runState`): `off` from power-off; `handler` from taking an interrupt exception, or acknowledging
 * an interrupt where exceptions are not recorded, until no interrupt that this vCPU acknowledged is active any more
 * (interrupts that a driver deactivates late therefore count as handled that long); `idle` from WFI until the next
 * line that proves the vCPU runs; else `guest`. Where an acknowledge or deactivation could have been this vCPU's and
 * nothing proves it, handler and guest cannot be told apart, and the state is unknown until an exception or WFI.
 */
import { type Intid, intid } from '../../../gic/intid.ts';
import { type SlotId } from '../../../state/brand.ts';
import { RUN_STATES, type RunState } from '../../../trace/kinds.ts';
import { type Group } from '../attribution/action.ts';
import { PpiState } from './interrupt-state.ts';
import { PartialApr } from './partial-apr.ts';
import { ENABLER, HMR, ICC_CR0, ICC_PCR, PRIORITYR } from './register-map.ts';
import { type Slots } from './slots.ts';

/** Interrupts acknowledged and not dropped that are remembered, to name the one that a drop belongs to. */
const DEEPEST = 32;

/** Slots of one generic timer. */
export interface TimerSlots {
  readonly control: SlotId;
  readonly compare: SlotId;
  readonly deadline: SlotId;
  readonly line: SlotId;
}

interface Remembered {
  readonly group: Group;
  readonly known: number;
  readonly value: number;
  readonly undropped: { readonly intid: Intid; readonly priority: number }[];
  readonly handled: readonly Intid[];
}

export class VcpuState {
  readonly index: number;
  readonly apr = new PartialApr();
  readonly ppis = new Map<number, PpiState>();
  /** By the timer's number, those that the trace showed. */
  readonly timers: (TimerSlots | undefined)[] = [];
  /** Register slots by encoding. */
  readonly registers = new Map<number, SlotId>();
  readonly hppi: SlotId;
  readonly hppiPriority: SlotId;
  readonly #slots: Slots;
  readonly #runState: SlotId;
  readonly #aprSlot: SlotId;
  readonly #running: SlotId;
  readonly #signals: readonly [irq: SlotId, fiq: SlotId, nmi: SlotId];
  /** Acknowledged by this vCPU and not deactivated. */
  #handled = new Set<Intid>();
  /** Acknowledged and not dropped, with their priorities; undefined: incomplete. */
  #undropped: { readonly intid: Intid; readonly priority: number }[] = [];
  #tookException = false;
  /** Handler and guest cannot be told apart. */
  #isUncertain = false;
  #isIdle = false;
  #remembered: Remembered | undefined;

  constructor(slots: Slots, index: number) {
    this.#slots = slots;
    this.index = index;
    const path = `vcpu${index}`;
    this.#runState = slots.claim({ path: `${path}.runState`, width: 4, values: RUN_STATES });
    this.#aprSlot = slots.claim({ path: `${path}.ICC_APR_EL1`, width: 32, register: 'ICC_APR_EL1' });
    this.#running = slots.claim({ path: `${path}.runningPriority`, width: 8 });
    this.hppi = slots.claim({ path: `${path}.hppi`, width: 32 });
    this.hppiPriority = slots.claim({ path: `${path}.hppi.priority`, width: 8 });
    this.#signals = [
      slots.claim({ path: `${path}.signal.irq`, width: 1 }),
      slots.claim({ path: `${path}.signal.fiq`, width: 1 }),
      slots.claim({ path: `${path}.signal.nmi`, width: 1 }),
    ];
  }

  /** The PPI, declared if the trace shows it for the first time. */
  ppi(number: number): PpiState {
    let ppi = this.ppis.get(number);
    if (ppi === undefined) {
      ppi = new PpiState(this.#slots, intid('ppi', number), this.index);
      this.ppis.set(number, ppi);
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

  /** `priority` undefined: not known. */
  acknowledged(interrupt: Intid, priority: number | undefined): void {
    if (priority === undefined) this.apr.acknowledgeUnknown();
    else this.apr.acknowledge(priority);
    if (priority === undefined || this.#undropped.length === DEEPEST) this.#undropped = [];
    else this.#undropped.push({ intid: interrupt, priority });
    this.#handled.add(interrupt);
    this.storeApr();
    this.runs();
  }

  /** A priority drop; gives the interrupt whose priority it drops, where that is certain. */
  dropped(): Intid | undefined {
    const { running } = this.apr;
    this.apr.drop();
    this.storeApr();
    this.runs();
    const of = this.#undropped.filter(({ priority }) => priority === running);
    const [one] = of;
    this.#undropped = this.#undropped.filter(({ priority }) => priority !== running);
    return of.length === 1 ? one?.intid : undefined;
  }

  /** This interrupt is active no more, whoever deactivated it. True: this vCPU had acknowledged it. */
  finished(interrupt: Intid): boolean {
    if (!this.#handled.delete(interrupt)) return false;
    if (this.#handled.size === 0) this.#tookException = false;
    this.#showRunState();
    return true;
  }

  /** An acknowledge or drop may have been this vCPU's, and nothing says so. */
  mayHaveChangedPriority(): void {
    this.apr.forget();
    this.#undropped = [];
    this.storeApr();
  }

  mayHaveHandled(): void {
    this.#isUncertain = true;
    this.#showRunState();
  }

  storeApr(): void {
    const { apr } = this;
    if (apr.isKnown) this.#slots.set(this.#aprSlot, apr.value);
    else this.#slots.forget(this.#aprSlot);
    const { running } = apr;
    if (running === undefined) this.#slots.forget(this.#running);
    else this.#slots.set(this.#running, running);
  }

  /** Before the first of several like actions whose order is not known: what holds unless this vCPU has acted. */
  remember(group: Group): void {
    if (this.#remembered?.group === group) return;
    const { known, value } = this.apr;
    this.#remembered = { group, known, value, undropped: [...this.#undropped], handled: [...this.#handled] };
  }

  /** At the last of them, when this vCPU is certain to act now or to have acted. */
  recall(group: Group): void {
    const remembered = this.#remembered;
    if (remembered?.group !== group) return;
    this.apr.known = remembered.known;
    this.apr.value = remembered.value;
    this.#undropped = remembered.undropped;
    this.#handled = new Set(remembered.handled);
    this.#isUncertain = false;
    this.#remembered = undefined;
  }

  /** The vCPU executes something. */
  runs(): void {
    this.#isIdle = false;
    this.#showRunState();
  }

  takesException(): void {
    this.#tookException = true;
    this.#isUncertain = false;
    this.runs();
  }

  /** An acknowledge found nothing: the exception is over unless interrupts are still being handled. */
  foundNothing(): void {
    if (this.#handled.size === 0) this.#tookException = false;
    this.runs();
  }

  waits(): void {
    this.#isUncertain = false;
    this.#isIdle = true;
    this.#tookException = false;
    this.#showRunState();
  }

  switched(on: boolean): void {
    this.#handled.clear();
    this.#tookException = false;
    this.#isUncertain = false;
    this.#isIdle = false;
    this.#set(on ? 'guest' : 'off');
  }

  /** A reset: what was proven is no longer so, except whether it is switched on. */
  reset(): void {
    this.apr.forget();
    this.#undropped = [];
    this.#handled.clear();
    this.#tookException = false;
    this.#isUncertain = false;
    this.#isIdle = false;
    this.storeApr();
    this.forgetHppi();
    this.forgetSignals();
    for (const ppi of this.ppis.values()) ppi.forget();
    for (const slot of this.registers.values()) this.#slots.forget(slot);
    for (const timer of this.timers)
      if (timer !== undefined) for (const slot of Object.values(timer)) this.#slots.forget(slot);
  }

  /** The run state too is unknown: the machine began anew. */
  forgetRunState(): void {
    this.#slots.forget(this.#runState);
  }

  /** Whether each PPI is held back by mask, running priority or a disabled interface (gicv5-cpuif-behaviour §3). */
  updateMasked(): void {
    for (const ppi of this.ppis.values()) {
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
    const { running } = this.apr;
    if (mask !== undefined && priority > (mask & 31)) return true;
    if (running !== undefined && priority >= running) return true;
    return control === undefined || mask === undefined || running === undefined ? undefined : false;
  }

  #showRunState(): void {
    if (this.#isIdle) this.#set('idle');
    else if (this.#tookException || this.#handled.size > 0) this.#set('handler');
    else if (this.#isUncertain) this.#slots.forget(this.#runState);
    else this.#set('guest');
  }

  #set(state: RunState): void {
    this.#slots.set(this.#runState, RUN_STATES.indexOf(state));
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
