/**
 * What lines without a PE leave open, until a later record decides it: on which PE a PPI's wire moved, and whose write
 * had its effect (gicv5-cpuif-behaviour §16). Each decision is counted as `inferred`.
 */
import { type Tally } from '../tally.ts';
import { type PhysicalPe } from './pe.ts';
import { effectOf } from './values.ts';
import { type WaitingWrite, type WaitingWrites } from './writes.ts';

const MOVED = 'PPI wires whose vCPU later answers tell';
const ACTED = 'effects of writes whose vCPU later answers tell';

export interface Doubtful {
  readonly pe: PhysicalPe;
  readonly writes: WaitingWrites;
}

export class Doubts {
  readonly #cpus: readonly Doubtful[];
  readonly #tally: Tally;
  #movements = 0;
  /** Effects of writes that wait, by what they are, whose PE no line names. */
  readonly #unowned = new Map<string, number>();

  constructor(cpus: readonly Doubtful[], tally: Tally) {
    this.#cpus = cpus;
    this.#tally = tally;
  }

  /** An effect of a write that waits. With as many effects as PEs that wait, all have acted. */
  happened(effect: string): void {
    const fits = ({ register, value }: WaitingWrite): boolean => effectOf(register, value) === effect;
    const waiting = this.#cpus.filter(({ writes }) => writes.has(fits));
    const count = (this.#unowned.get(effect) ?? 0) + 1;
    this.#unowned.set(effect, count);
    if (count >= waiting.length) for (const { writes } of waiting) writes.settle();
  }

  /** A write has its effect now: one effect that nobody owned was its. */
  isCarriedOut({ register, value }: WaitingWrite): void {
    const effect = effectOf(register, value);
    const count = this.#unowned.get(effect) ?? 0;
    if (count > 0) this.#unowned.set(effect, count - 1);
  }

  /** A PPI's wire moved: on a PE where it was not at this level. */
  moved(ppi: number, level: boolean): void {
    const movement = ++this.#movements;
    const may = this.#cpus.filter(({ pe }) => pe.line(ppi) !== level || pe.unsure.has(ppi));
    // As many movements as PEs where it can have happened: it happened on all.
    const earlier = may.filter(({ pe }) => pe.unsure.has(ppi) && pe.line(ppi) !== level);
    const isEverywhere = new Set(earlier.map(({ pe }) => pe.unsure.get(ppi))).size === may.length - 1;
    for (const { pe } of may) {
      if (may.length > 1 && !isEverywhere) {
        pe.unsure.set(ppi, movement);
        continue;
      }
      pe.setLine(ppi, level);
      pe.unsure.delete(ppi);
      this.#tally.infer(MOVED);
    }
  }

  /** Decides so that a recorded answer of this PE fits. */
  resolve({ pe, writes }: Doubtful, fits: () => boolean): void {
    if (fits()) return;
    // A write that waits has taken effect: its line was one that names no PE.
    if (writes.has(() => true)) {
      writes.settle();
      this.#tally.infer(ACTED);
      if (fits()) return;
    }
    const movement = pe.resolve(fits);
    if (movement === undefined) return;
    this.#tally.infer(MOVED);
    // One movement is one PE's.
    for (const { pe: other } of this.#cpus)
      for (const [ppi, of] of other.unsure) if (of === movement) other.unsure.delete(ppi);
  }
}
