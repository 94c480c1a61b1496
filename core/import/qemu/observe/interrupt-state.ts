/** The slots of one interrupt, and what a GICv5 acknowledge, input change or candidate proves about it. */
import { type Intid } from '../../../gic/intid.ts';
import { type SlotId } from '../../../state/brand.ts';
import { NOBODY } from '../trace-line.ts';
import { type Slots } from './slots.ts';

export const EDGE = 0;
export const LEVEL = 1;

export class InterruptState {
  readonly intid: Intid;
  readonly pending: SlotId;
  readonly active: SlotId;
  readonly enabled: SlotId;
  readonly priority: SlotId;
  readonly handling: SlotId;
  readonly #slots: Slots;

  constructor(slots: Slots, intid: Intid, vcpu: number) {
    this.#slots = slots;
    this.intid = intid;
    this.pending = slots.claimField(intid, vcpu, 'pending');
    this.active = slots.claimField(intid, vcpu, 'active');
    this.enabled = slots.claimField(intid, vcpu, 'enabled');
    this.priority = slots.claimField(intid, vcpu, 'priority');
    this.handling = slots.claimField(intid, vcpu, 'handling');
  }

  /** It becomes active, and pending no more if it is edge handled (gicv5-cpuif-behaviour §4.3, gicv5-spi-lpi-behaviour §6). */
  acknowledge(): void {
    const slots = this.#slots;
    slots.prove(this.enabled, 1);
    if (slots.get(this.active) === 1 || slots.get(this.pending) === 0) slots.contradictions++;
    slots.set(this.active, 1);
    const handling = slots.get(this.handling);
    if (handling === EDGE) slots.set(this.pending, 0);
    else if (handling === LEVEL) slots.set(this.pending, 1);
    else slots.forget(this.pending);
  }

  deactivate(): void {
    this.#slots.set(this.active, 0);
  }

  /** It was chosen as best candidate: pending, enabled, not active, of this priority. */
  isCandidate(priority: number): void {
    const slots = this.#slots;
    slots.prove(this.pending, 1);
    slots.prove(this.enabled, 1);
    slots.prove(this.active, 0);
    slots.prove(this.priority, priority);
  }

  forget(fields: readonly SlotId[] = [this.pending, this.active, this.enabled, this.priority, this.handling]): void {
    for (const slot of fields) this.#slots.forget(slot);
  }
}

/** A private interrupt of one vCPU. */
export class PpiState extends InterruptState {
  readonly line: SlotId;
  readonly masked: SlotId;

  constructor(slots: Slots, intid: Intid, vcpu: number) {
    super(slots, intid, vcpu);
    this.line = slots.claimField(intid, vcpu, 'line');
    this.masked = slots.claimField(intid, vcpu, 'masked');
  }

  override forget(): void {
    super.forget();
    super.forget([this.line, this.masked]);
  }
}

/** An SPI or LPI. */
export class SharedState extends InterruptState {
  readonly target: SlotId;
  /** SPIs only. */
  readonly line: SlotId | undefined;

  constructor(slots: Slots, intid: Intid, hasLine: boolean) {
    super(slots, intid, NOBODY);
    this.target = slots.claimField(intid, NOBODY, 'target');
    this.line = hasLine ? slots.claimField(intid, NOBODY, 'line') : undefined;
  }

  override forget(): void {
    super.forget();
    super.forget(this.line === undefined ? [this.target] : [this.target, this.line]);
  }
}
