/**
 * Slots of an imported trace: claimed when the source first shows that the thing exists, unknown until an event proves
 * a value. All writes go through the sink's journal.
 */
import { type Intid } from '../../../gic/intid.ts';
import { type SlotId, vcpuId } from '../../../state/brand.ts';
import { type Journal } from '../../../state/journal.ts';
import { type SlotDescriptor } from '../../../state/layout.ts';
import { type InterruptField, interruptKey } from '../../../trace/interrupts.ts';
import { type TraceSink } from '../../../trace/sink.ts';

export class Slots {
  readonly #sink: TraceSink;
  readonly #journal: Journal;
  /** Times that new evidence said otherwise than the state so far. */
  contradictions = 0;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#journal = sink.journal;
  }

  /** The slot of this path, claimed if it is new. */
  claim(descriptor: SlotDescriptor): SlotId {
    const { layout } = this.#journal;
    return layout.find(descriptor.path) ?? layout.claim(descriptor);
  }

  find(path: string): SlotId | undefined {
    return this.#journal.layout.find(path);
  }

  /** A field of an interrupt; `vcpu` is NOBODY for shared ones, `width` its bits where they differ from GICv5's. */
  claimField(intid: Intid, vcpu: number, field: InterruptField, width = FIELD_WIDTHS[field]): SlotId {
    const owner = vcpu < 0 ? '' : `vcpu${vcpu}.`;
    const values = field === 'handling' ? { values: HANDLING } : {};
    const slot = this.claim({ path: `${owner}irq.${interruptKey(intid) ?? ''}.${field}`, width, ...values });
    this.#sink.interruptField(intid, vcpu < 0 ? undefined : vcpuId(vcpu), field, { slot, lsb: 0, width });
    return slot;
  }

  /** The low 32 bits, or undefined when unknown. */
  get(slot: SlotId): number | undefined {
    const { known, lo } = this.#journal.state;
    return known[slot] === 1 ? lo[slot] : undefined;
  }

  /** The high 32 bits, or undefined when unknown. */
  getHigh(slot: SlotId): number | undefined {
    const { known, hi } = this.#journal.state;
    return known[slot] === 1 ? hi[slot] : undefined;
  }

  set(slot: SlotId, lo: number, hi = 0): void {
    this.#journal.writeWords(slot, lo, hi);
  }

  /** As `set`, where the event shows what must have been so already. */
  prove(slot: SlotId, lo: number): void {
    const before = this.get(slot);
    if (before === lo) return;
    if (before !== undefined) this.contradictions++;
    this.set(slot, lo);
  }

  forget(slot: SlotId): void {
    this.#journal.forget(slot);
  }
}

const HANDLING = ['edge', 'level'] as const;

const FIELD_WIDTHS: Readonly<Record<InterruptField, number>> = {
  pending: 1,
  active: 1,
  enabled: 1,
  line: 1,
  masked: 1,
  priority: 5,
  handling: 1,
  target: 16,
};
