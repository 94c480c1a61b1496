/**
 * CPU interface of a physical GICv3 (gicv3-behaviour §5, §6 with §16 left column): mask, binary points, active
 * priorities, and the tests between the best interrupt and the core. 5 priority and 5 preemption bits.
 */

export interface Best {
  readonly intid: number;
  /** 0 or 1. */
  readonly group: number;
  readonly priority: number;
}

export const NO_BEST: Best = { intid: 0, group: 0, priority: 255 };
export const SPURIOUS = 1023;

const PMR_BITS = 0xf8;
const PREEMPTION_SHIFT = 3;
const MIN_BPR = [2, 3] as const;
const EOI_MODE = 2;
const CBPR = 1;
/** 24-bit INTIDs, affinity 3 valid, 5 priority bits. */
const CTLR = 0x8c00;

export class PhysicalCpuInterface {
  pmr = 0;
  control = 0;
  readonly #bpr: [number, number] = [MIN_BPR[0], MIN_BPR[1]];
  readonly enabled: [boolean, boolean] = [false, false];
  /** AP0R0 and AP1R0. */
  readonly active: [number, number] = [0, 0];

  /** A reset of the core. */
  reset(): void {
    this.pmr = 0;
    this.control = 0;
    this.#bpr[0] = MIN_BPR[0];
    this.#bpr[1] = MIN_BPR[1];
    this.enabled[0] = this.enabled[1] = false;
    this.active[0] = this.active[1] = 0;
  }

  get endsInTwoSteps(): boolean {
    return (this.control & EOI_MODE) !== 0;
  }

  get ctlr(): number {
    return CTLR | this.control;
  }

  writeCtlr(value: number): void {
    this.control = value & (EOI_MODE | CBPR);
  }

  writePmr(value: number): void {
    this.pmr = value & PMR_BITS;
  }

  bpr(group: 0 | 1): number {
    return group === 1 && this.#sharesBpr ? Math.min(this.#bpr[0] + 1, 7) : this.#bpr[group];
  }

  writeBpr(group: 0 | 1, value: number): void {
    if (group === 1 && this.#sharesBpr) return;
    this.#bpr[group] = Math.max(value & 7, MIN_BPR[group]);
  }

  /** Lowest set bit over both groups, or 0xFF. */
  get runningPriority(): number {
    const active = this.active[0] | this.active[1];
    return active === 0 ? 0xff : (31 - Math.clz32(active & -active)) << PREEMPTION_SHIFT;
  }

  /** Whether the core is interrupted by this candidate. */
  isSignalled(best: Best): boolean {
    const { group, priority } = best;
    if (priority === NO_BEST.priority || !this.enabled[group === 0 ? 0 : 1] || priority >= this.pmr) return false;
    const running = this.runningPriority;
    const mask = this.#groupMask(group);
    return running === 0xff || (priority & mask) < (running & mask);
  }

  acknowledge({ group, priority }: Best): void {
    const level = (priority & this.#groupMask(group)) >>> PREEMPTION_SHIFT;
    const index = group === 0 ? 0 : 1;
    this.active[index] = (this.active[index] | (1 << level)) >>> 0;
  }

  /** Priority drop of EOIR<group>; false: the highest active priority is not this group's (§16). */
  drop(group: 0 | 1): boolean {
    const { active } = this;
    const lowest = (word: number): number => (word === 0 ? 32 : 31 - Math.clz32(word & -word));
    const [zero, one] = [lowest(active[0]), lowest(active[1])];
    if (zero === 32 && one === 32) return false;
    if ((zero <= one ? 0 : 1) !== group) return false;
    active[group] = (active[group] & (active[group] - 1)) >>> 0;
    return true;
  }

  /** Nothing is active. */
  idle(): void {
    this.active.fill(0);
  }

  describe(): string {
    const { pmr, control, enabled, active } = this;
    const hex = (value: number): string => `0x${value.toString(16)}`;
    return (
      `PMR ${hex(pmr)}, CTLR ${hex(control)}, IGRPEN0 ${+enabled[0]}, IGRPEN1 ${+enabled[1]}, ` +
      `AP0R0 ${hex(active[0])}, AP1R0 ${hex(active[1])}`
    );
  }

  get #sharesBpr(): boolean {
    return (this.control & CBPR) !== 0;
  }

  /** Mask of the group priority (§5.3). */
  #groupMask(group: number): number {
    const usesZero = group === 0 || this.#sharesBpr;
    return (0xff << (usesZero ? this.#bpr[0] + 1 : this.#bpr[1])) & 0xff;
  }
}
