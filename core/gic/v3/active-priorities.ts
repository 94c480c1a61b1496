/**
 * The active priorities of a virtual CPU interface, ICH_AP0R<n>_EL2 and ICH_AP1R<n>_EL2 (gicv3-behaviour §5.4): one bit
 * for each preemption level at which an interrupt of that group is handled. A lower level is more urgent.
 */
import { type Cell, type CellClaim } from '../../state/cell.ts';

/** The running priority while nothing is handled. */
export const IDLE = 0xff;

export class ActivePriorities {
  readonly ap0r: readonly Cell[];
  readonly ap1r: readonly Cell[];
  /** Bits of a priority that no level tells apart. */
  readonly #shift: number;

  constructor(claim: CellClaim, preemptionBits: number) {
    const words = Array.from({ length: 1 << (preemptionBits - 5) }, (_, n) => n);
    this.#shift = 8 - preemptionBits;
    this.ap0r = words.map((n) => claim.register(`ICH_AP0R${n}_EL2`));
    this.ap1r = words.map((n) => claim.register(`ICH_AP1R${n}_EL2`));
  }

  /** ICC_RPR_EL1: that of the most urgent level of either group. */
  get running(): number {
    return runningPriority(this.ap0r, this.ap1r);
  }

  /** Is an interrupt acknowledged whose priority was not dropped? */
  get isHandling(): boolean {
    for (let word = 0; word < this.ap0r.length; word++)
      if (((this.ap0r[word]?.lo ?? 0) | (this.ap1r[word]?.lo ?? 0)) !== 0) return true;
    return false;
  }

  /** An interrupt of this group priority is acknowledged, whose group keeps its levels in `words`. */
  raise(words: readonly Cell[], groupPriority: number): void {
    const level = groupPriority >>> this.#shift;
    const word = words[level >>> 5];
    word?.set((word.lo | (1 << (level & 31))) >>> 0);
  }

  /** Clears the most urgent level, group 0's on a tie; its priority, or -1 when none was active. */
  drop(): number {
    for (let word = 0; word < this.ap0r.length; word++) {
      const zero = this.ap0r[word]?.lo ?? 0;
      const one = this.ap1r[word]?.lo ?? 0;
      if ((zero | one) === 0) continue;
      const bit = lowestBit(zero | one);
      const cell = (zero >>> bit) & 1 ? this.ap0r[word] : this.ap1r[word];
      cell?.set((cell.lo & ~(1 << bit)) >>> 0);
      return (word * 32 + bit) << this.#shift;
    }
    return -1;
  }
}

interface Word {
  readonly lo: number;
}

/** Priority of the most urgent level that is set in the words of either group, as many as there are; IDLE: none is. */
export function runningPriority(ap0r: readonly Word[], ap1r: readonly Word[]): number {
  for (let word = 0; word < ap0r.length; word++) {
    const bits = (ap0r[word]?.lo ?? 0) | (ap1r[word]?.lo ?? 0);
    // 32, 64 or 128 levels share eight bits of priority.
    if (bits !== 0) return ((word * 32 + lowestBit(bits)) * 8) / ap0r.length;
  }
  return IDLE;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
