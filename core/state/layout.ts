/**
 * The names of all architectural state: a growing list of slots, each one 64-bit cell.
 *
 * Invariants: a slot id is dense and never changes; a path is unique; slots are only appended. An emulated
 * machine claims all of its slots while it is built, in an order that depends on its configuration alone, so
 * equal configurations give equal layouts. An importer claims a slot when the source first proves that it exists.
 */
import { type SlotId, slotId } from './brand.ts';

/** What a slot holds. */
export interface SlotDescriptor {
  /** Unique dotted path, e.g. `vcpu1.ICH_PPI_ENABLER0_EL2`, `vcpu0.irq.ppi27.pending`, `irq.spi33.priority`. */
  readonly path: string;
  /** Bits in use, 1 … 64. */
  readonly width: number;
  /** Name of the register in the register tables that decodes the value, if it is a register. */
  readonly register?: string;
  /** Names of the values of an enumerated slot: index = value. */
  readonly values?: readonly string[];
  /** Value at the start; `undefined` means that the slot starts unknown. */
  readonly initial?: bigint;
}

export class Layout {
  readonly #slots: SlotDescriptor[] = [];
  readonly #byPath = new Map<string, SlotId>();

  /** Number of slots claimed so far. */
  get size(): number {
    return this.#slots.length;
  }

  /** All descriptors; index = slot id. */
  get slots(): readonly SlotDescriptor[] {
    return this.#slots;
  }

  /**
   * Appends a slot.
   * @throws RangeError when the path is taken or the width is outside 1 … 64.
   */
  claim(descriptor: SlotDescriptor): SlotId {
    if (this.#byPath.has(descriptor.path)) throw new RangeError(`slot ${descriptor.path} is already claimed`);
    if (!Number.isInteger(descriptor.width) || descriptor.width < 1 || descriptor.width > 64)
      throw new RangeError(`slot ${descriptor.path}: width ${descriptor.width} is outside 1 … 64`);
    if (descriptor.initial !== undefined && BigInt.asUintN(descriptor.width, descriptor.initial) !== descriptor.initial)
      throw new RangeError(`slot ${descriptor.path}: initial value does not fit ${descriptor.width} bits`);
    const id = slotId(this.#slots.length);
    this.#slots.push(descriptor);
    this.#byPath.set(descriptor.path, id);
    return id;
  }

  /** The slot with this path, or undefined. */
  find(path: string): SlotId | undefined {
    return this.#byPath.get(path);
  }

  /** @throws RangeError when there is no such slot. */
  descriptor(slot: SlotId): SlotDescriptor {
    const descriptor = this.#slots[slot];
    if (descriptor === undefined) throw new RangeError(`no slot ${slot}; the layout has ${this.#slots.length}`);
    return descriptor;
  }
}
