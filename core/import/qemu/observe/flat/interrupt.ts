/**
 * One interrupt of a GICv3 or GICv2 as the log proves it (gicv3-behaviour §3; the emulator is the hardware model of §16).
 *
 * Software configures all interrupts of a block at once, used or not. So fields are kept here until the log shows that
 * the interrupt is used (it is enabled, its line rises, it is a candidate, it is acknowledged …); then it gets slots,
 * with what is known by then, and all further changes go to the journal.
 */
import { type Interrupt, type Intid } from '../../../../gic/intid.ts';
import { type SlotId } from '../../../../state/brand.ts';
import { intidOf, type InterruptField } from '../../../../trace/interrupts.ts';
import { EDGE, LEVEL } from '../interrupt-state.ts';
import { type Slots } from '../slots.ts';

const PRIVATE_FIELDS: readonly InterruptField[] = [
  'pending',
  'active',
  'enabled',
  'priority',
  'handling',
  'line',
  'masked',
];
const SHARED_FIELDS: readonly InterruptField[] = [...PRIVATE_FIELDS, 'target'];
/** Priorities have eight bits, not the five of GICv5. */
const PRIORITY_WIDTH = 8;

export class FlatInterrupt {
  readonly intid: Intid;
  readonly isLpi: boolean;
  /** Of a Secure group, where the machine has two security states and something said so. */
  isSecure: boolean | undefined;
  readonly #slots: Slots;
  readonly #vcpu: number;
  readonly #fields: readonly InterruptField[];
  /** SGIs and LPIs are edge triggered by definition (§2). */
  readonly #isAlwaysEdge: boolean;
  /** Values before it is shown. */
  readonly #kept = new Map<InterruptField, number>();
  #shown: Map<InterruptField, SlotId> | undefined;
  /** Software set it pending, apart from its line. */
  #latch = false;

  /** `vcpu` is NOBODY for shared interrupts. */
  constructor(slots: Slots, interrupt: Interrupt, vcpu: number) {
    this.#slots = slots;
    this.#vcpu = vcpu;
    this.intid = intidOf(interrupt);
    this.isLpi = interrupt.type === 'lpi';
    this.#fields = vcpu < 0 ? SHARED_FIELDS : PRIVATE_FIELDS;
    this.#isAlwaysEdge = this.isLpi || interrupt.type === 'sgi';
    if (this.#isAlwaysEdge) this.#kept.set('handling', EDGE);
  }

  /** The trace has this interrupt from now on. */
  show(): void {
    if (this.#shown !== undefined) return;
    const shown = new Map<InterruptField, SlotId>();
    for (const field of this.#fields) {
      const width = field === 'priority' ? PRIORITY_WIDTH : undefined;
      shown.set(field, this.#slots.claimField(this.intid, this.#vcpu, field, width));
    }
    this.#shown = shown;
    for (const [field, value] of this.#kept) this.set(field, value);
    this.#kept.clear();
  }

  get(field: InterruptField): number | undefined {
    const slot = this.#shown?.get(field);
    return slot === undefined ? this.#kept.get(field) : this.#slots.get(slot);
  }

  /** `undefined`: not known any more. */
  set(field: InterruptField, value: number | undefined): void {
    const slot = this.#shown?.get(field);
    if (slot !== undefined) {
      if (value === undefined) this.#slots.forget(slot);
      else this.#slots.set(slot, value);
    } else if (value === undefined) this.#kept.delete(field);
    else this.#kept.set(field, value);
  }

  forget(): void {
    for (const field of this.#fields) if (field !== 'handling' || !this.#isAlwaysEdge) this.set(field, undefined);
    this.#latch = false;
    this.isSecure = undefined;
  }

  setLine(level: number): void {
    this.show();
    this.set('line', level);
    if (level === 1) this.set('pending', 1);
    else if (this.get('handling') === LEVEL) this.set('pending', this.#latch ? 1 : 0);
    else if (this.get('handling') === undefined) this.set('pending', undefined);
  }

  /** An SGI or message arrived, or software set it pending. */
  pend(): void {
    this.show();
    this.#latch = true;
    this.set('pending', 1);
  }

  /** Software cleared its pending state, which a line that is high keeps. */
  unpend(): void {
    this.#latch = false;
    this.set('pending', this.#withoutLatch());
  }

  /** An acknowledge clears the latch, of level interrupts too (§16). LPIs have no active state (§11). */
  acknowledge(): void {
    this.show();
    if (this.get('pending') === 0 || this.get('active') === 1) this.#slots.contradictions++;
    this.#latch = false;
    this.set('enabled', 1);
    if (!this.isLpi) this.set('active', 1);
    this.set('pending', this.#withoutLatch());
    this.set('masked', 0);
  }

  deactivate(): void {
    this.set('active', 0);
  }

  /** It was found to be the best of a CPU: pending, enabled, not active, of this priority (§17, rule 5). */
  isCandidate(priority: number): void {
    this.show();
    this.set('pending', 1);
    this.set('enabled', 1);
    if (!this.isLpi) this.set('active', 0);
    this.set('priority', priority);
  }

  #withoutLatch(): number | undefined {
    const handling = this.get('handling');
    const line = this.get('line');
    if (handling === EDGE) return 0;
    return handling === LEVEL || line === 0 ? line : undefined;
  }
}
