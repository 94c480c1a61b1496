/**
 * The state of one PE as a value: the slots of the emulator's PE, and what of it a log without register lines leaves
 * open. `PeEngine` gives one PE of the emulator any such state, lets it act, and reads the state back.
 */
import { NOBODY } from '../../../../gic/v5/irs/candidates.ts';
import { Journal } from '../../../../state/journal.ts';
import { Layout } from '../../../../state/layout.ts';
import { slotId } from '../../../../state/brand.ts';
import { PhysicalPe } from '../pe.ts';

/** PPIs as bits. */
const ALL = (1n << 128n) - 1n;

export interface PeImage {
  /** Equal images have equal keys. */
  readonly key: string;
  readonly slots: readonly bigint[];
  /** PPIs whose enable bit, wire or active bit is not known. */
  readonly openEnables: bigint;
  readonly openLines: bigint;
  readonly openActive: bigint;
  /** Enable bit and mask of the PE are known to let interrupts pass; else not known. */
  readonly passes: boolean;
  /** What it handles is known. */
  readonly isMet: boolean;
}

export type Open = Omit<PeImage, 'key' | 'slots'>;

export class PeEngine {
  readonly #journal = new Journal(new Layout());
  readonly pe = new PhysicalPe(this.#journal, 0);
  readonly #images = new Map<string, PeImage>();

  /** A PE that was just created, or one of a recording that begins later. */
  initial(isCreated: boolean): PeImage {
    const open = isCreated ? 0n : ALL;
    return this.image({ openEnables: ALL, openLines: open, openActive: open, passes: false, isMet: isCreated });
  }

  load({ slots }: PeImage): PhysicalPe {
    slots.forEach((value, slot) => {
      if (this.#journal.read(slotId(slot)) !== value) this.#journal.write(slotId(slot), value);
    });
    this.#journal.clear();
    return this.pe;
  }

  /** The engine's present state as an image. */
  image(open: Open): PeImage {
    // What the IRS offers is an input, and no part of an image.
    this.pe.irs = NOBODY;
    const slots = Array.from({ length: this.#journal.layout.size }, (_, slot) => this.#journal.read(slotId(slot)));
    this.#journal.clear();
    const { openEnables, openLines, openActive, passes, isMet } = open;
    const key = [...slots, openEnables, openLines, openActive, passes, isMet].join(' ');
    let found = this.#images.get(key);
    if (found === undefined) {
      // A number instead of the text keeps sets of PEs cheap.
      found = { key: String(this.#images.size), slots, openEnables, openLines, openActive, passes, isMet };
      this.#images.set(key, found);
    }
    return found;
  }
}
