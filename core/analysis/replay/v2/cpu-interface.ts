/**
 * CPU interface of a physical GICv2 without security extensions (gicv3-behaviour §13, §16): mask, binary point, active
 * priorities. 8 priority bits, 7 of them preempt.
 */
const IDLE = 256;

const MOST_LEVELS = 128;
const PRIORITY_SHIFT = 1;
const ENABLES = 3;
const EOI_MODE = 0x200;
const FIQ_ENABLE = 8;
/** Bits that hold: enables, AckCtl, FIQEn, CBPR, bypass disables, EOImodeNS. */
const CTLR_BITS = 0x7ff;

export class V2CpuInterface {
  ctlr = 0;
  pmr = 0;
  bpr = 0;
  abpr = 1;
  /** By level, priority >> 1. */
  readonly #active = new Uint8Array(MOST_LEVELS);

  reset(): void {
    this.ctlr = 0;
    this.pmr = 0;
    this.bpr = 0;
    this.abpr = 1;
    this.#active.fill(0);
  }

  get isEnabled(): boolean {
    return (this.ctlr & ENABLES) !== 0;
  }

  enables(group: number): boolean {
    return ((this.ctlr >> group) & 1) === 1;
  }

  get endsInTwoSteps(): boolean {
    return (this.ctlr & EOI_MODE) !== 0;
  }

  /** Whether this group interrupts as FIQ. */
  isFiq(group: number): boolean {
    return group === 0 && (this.ctlr & FIQ_ENABLE) !== 0;
  }

  writeCtlr(value: number): void {
    this.ctlr = value & CTLR_BITS;
  }

  /** Nothing is handled. */
  idle(): void {
    this.#active.fill(0);
  }

  splitEnds(): void {
    this.ctlr |= EOI_MODE;
  }

  get runningPriority(): number {
    const level = this.#active.indexOf(1);
    return level < 0 ? IDLE : level << PRIORITY_SHIFT;
  }

  acknowledge(priority: number): void {
    const mask = (0xff << (this.bpr + 1)) & 0xff;
    this.#active[(priority & mask) >> PRIORITY_SHIFT] = 1;
  }

  /** False: nothing was active. */
  drop(): boolean {
    const level = this.#active.indexOf(1);
    if (level < 0) return false;
    this.#active[level] = 0;
    return true;
  }

  /** GICC_APR<n>: 32 levels each. */
  activePriorities(n: number): number {
    let word = 0;
    for (let bit = 0; bit < 32; bit++) word |= (this.#active[32 * n + bit] ?? 0) << bit;
    return word >>> 0;
  }

  writeActivePriorities(n: number, value: number): void {
    for (let bit = 0; bit < 32; bit++) this.#active[32 * n + bit] = (value >>> bit) & 1;
  }
}
