/**
 * State of the interrupts of one frame, by INTID: the private ones of a redistributor or the SPIs of a distributor
 * (gicv3-behaviour §3, §16 left column). A replay records and undoes nothing, so the state is plain arrays.
 */
export class Bank {
  /** Set by software, an SGI, or the edge of a line. */
  readonly latch: Uint8Array;
  readonly line: Uint8Array;
  readonly active: Uint8Array;
  readonly enabled: Uint8Array;
  /** 1: group 1. */
  readonly group: Uint8Array;
  readonly edge: Uint8Array;
  readonly priority: Uint8Array;

  constructor(size: number) {
    const bytes = (): Uint8Array => new Uint8Array(size);
    this.latch = bytes();
    this.line = bytes();
    this.active = bytes();
    this.enabled = bytes();
    this.group = bytes();
    this.edge = bytes();
    this.priority = bytes();
  }

  isPending(id: number): boolean {
    return this.latch[id] === 1 || (this.edge[id] === 0 && this.line[id] === 1);
  }

  /** Pending, enabled and not active. */
  isReady(id: number): boolean {
    return this.enabled[id] === 1 && this.active[id] === 0 && this.isPending(id);
  }

  setLine(id: number, level: boolean): void {
    if (level && this.line[id] === 0 && this.edge[id] === 1) this.latch[id] = 1;
    this.line[id] = level ? 1 : 0;
  }

  /** Active; the latch is cleared whatever the trigger (§16). */
  acknowledge(id: number): void {
    this.active[id] = 1;
    this.latch[id] = 0;
  }

  /** Reset: everything clear; lines are their devices'. */
  reset(): void {
    for (const field of [this.latch, this.active, this.enabled, this.group, this.edge, this.priority]) field.fill(0);
  }
}
