/**
 * What lines without a PE leave open, until a later record decides it: on which PE a PPI's wire moved, and whose write
 * had its effect (gicv5-cpuif-behaviour §16). Each decision is counted as `inferred`.
 */
import { type Tally } from '../tally.ts';
import { type Movement, type PhysicalPe } from './pe.ts';
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
  /** The movement whose own lines may follow, which name no PE either, and where it can have been. */
  #latest: { readonly ppi: number; readonly movement: Movement; readonly pes: readonly PhysicalPe[] } | undefined;
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

  /** A PPI's wire moved: on a PE where it was, or may have been, at the other level. */
  moved(ppi: number, level: boolean): void {
    const may = this.#cpus.filter(({ pe }) => pe.line(ppi) !== level || pe.movementTo(ppi, !level) !== undefined);
    const earlier = new Set(
      may.flatMap(({ pe }) =>
        pe.line(ppi) === level ? [] : [...(pe.unsure.get(ppi) ?? [])].filter((other) => other.level === level),
      ),
    );
    // As many movements as PEs where they can have happened: they happened on all.
    if (earlier.size === may.length - 1) {
      for (const { pe } of may) {
        pe.setLine(ppi, level);
        pe.unsure.delete(ppi);
        this.#tally.infer(MOVED);
      }
      for (const movement of earlier) this.#decided(movement);
      return;
    }
    const movement: Movement = { level };
    this.#latest = { ppi, movement, pes: may.map(({ pe }) => pe) };
    for (const { pe } of may) {
      const movements = pe.unsure.get(ppi);
      if (movements === undefined) pe.unsure.set(ppi, new Set([movement]));
      else movements.add(movement);
    }
  }

  /** Another action begins: lines without a PE are not those of the movement before. */
  begin(): void {
    this.#latest = undefined;
  }

  /**
   * A candidate or signal that follows a movement and names no PE: it is that of a PE where the wire moved. Where it does
   * not fit the movement was not. Gives the PEs that are left; undefined: there is no such movement.
   */
  considered(fits: (pe: PhysicalPe) => boolean): readonly PhysicalPe[] | undefined {
    if (this.#latest === undefined) return undefined;
    const { ppi, movement, pes } = this.#latest;
    const left = pes.filter((pe) => {
      const before = pe.line(ppi);
      pe.setLine(ppi, movement.level);
      const isSo = fits(pe);
      pe.setLine(ppi, before);
      return isSo;
    });
    if (left.length === 0) return left;
    this.#latest = { ppi, movement, pes: left };
    for (const pe of pes) if (!left.includes(pe)) forget(pe, ppi, movement);
    const [only] = left;
    if (left.length > 1 || only === undefined || pes.length === 1) return left;
    only.unsure.delete(ppi);
    only.setLine(ppi, movement.level);
    this.#tally.infer(MOVED);
    return left;
  }

  /** It moved on this PE. If it was at that level already, as far as is known, an undecided movement was here before. */
  movedOn(pe: PhysicalPe, ppi: number, level: boolean): void {
    const before = pe.line(ppi) === level ? pe.movementTo(ppi, !level) : undefined;
    pe.unsure.delete(ppi);
    if (before !== undefined) this.#decided(before);
    pe.setLine(ppi, level);
  }

  /** One movement is one PE's. */
  #decided(movement: Movement): void {
    for (const { pe } of this.#cpus) for (const ppi of pe.unsure.keys()) forget(pe, ppi, movement);
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
    this.#decided(movement);
  }
}

/** The movement was not on this PE. */
function forget(pe: PhysicalPe, ppi: number, movement: Movement): void {
  const movements = pe.unsure.get(ppi);
  movements?.delete(movement);
  if (movements?.size === 0) pe.unsure.delete(ppi);
}
