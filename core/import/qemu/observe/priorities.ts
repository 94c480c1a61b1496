/** Active priorities of a vCPU in its slots, and which interrupt each of them came from. */
import { type Intid } from '../../../gic/intid.ts';
import { type SlotId } from '../../../state/brand.ts';
import { PartialApr } from './partial-apr.ts';
import { type Slots } from './slots.ts';

/** Interrupts acknowledged and not dropped that are remembered, to name the one that a drop belongs to. */
const DEEPEST = 32;

interface Undropped {
  readonly intid: Intid;
  readonly priority: number;
}

/** What can be put back. */
export interface PrioritiesBefore {
  readonly known: number;
  readonly value: number;
  readonly undropped: readonly Undropped[];
}

export class Priorities {
  readonly #slots: Slots;
  readonly #aprSlot: SlotId;
  readonly #runningSlot: SlotId;
  readonly #apr = new PartialApr();
  #undropped: readonly Undropped[] = [];

  constructor(slots: Slots, path: string) {
    this.#slots = slots;
    this.#aprSlot = slots.claim({ path: `${path}.ICC_APR_EL1`, width: 32, register: 'ICC_APR_EL1' });
    this.#runningSlot = slots.claim({ path: `${path}.runningPriority`, width: 8 });
  }

  /** 0 … 31, 255 when nothing is active, undefined when not proven. */
  get running(): number | undefined {
    return this.#apr.running;
  }

  /** `priority` undefined: not known. */
  acknowledged(intid: Intid, priority: number | undefined): void {
    if (priority === undefined) {
      this.mayHaveChanged();
      return;
    }
    this.#apr.acknowledge(priority);
    const before = this.#undropped;
    this.#undropped = [...(before.length < DEEPEST ? before : before.slice(1)), { intid, priority }];
    this.#store();
  }

  /** Gives the interrupt whose priority is dropped, where that is certain. */
  dropped(): Intid | undefined {
    const { running } = this.#apr;
    this.#apr.drop();
    this.#store();
    const dropped = this.#undropped.filter(({ priority }) => priority === running);
    if (dropped.length === 0) return undefined;
    this.#undropped = this.#undropped.filter(({ priority }) => priority !== running);
    return dropped.length === 1 ? dropped[0]?.intid : undefined;
  }

  /** The register was read or written whole. */
  set(value: number): void {
    this.#apr.set(value);
    this.#store();
  }

  proveRunning(priority: number): void {
    this.#apr.proveRunning(priority);
    this.#store();
  }

  /** An acknowledge of unknown priority, or one that may have been this vCPU's; a reset. */
  mayHaveChanged(): void {
    this.#apr.forget();
    this.#undropped = [];
    this.#store();
  }

  get before(): PrioritiesBefore {
    const { known, value } = this.#apr;
    return { known, value, undropped: this.#undropped };
  }

  restore({ known, value, undropped }: PrioritiesBefore): void {
    this.#apr.known = known;
    this.#apr.value = value;
    this.#undropped = undropped;
  }

  #store(): void {
    const { isKnown, value, running } = this.#apr;
    if (isKnown) this.#slots.set(this.#aprSlot, value);
    else this.#slots.forget(this.#aprSlot);
    if (running === undefined) this.#slots.forget(this.#runningSlot);
    else this.#slots.set(this.#runningSlot, running);
  }
}
