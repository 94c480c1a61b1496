/**
 * State of the interrupts of one frame of a physical GICv3 or GICv2, by INTID: the private ones of a CPU or the SPIs of
 * a distributor (gicv3-behaviour §3, §16 left column). A replay records and undoes nothing, so the state is plain arrays.
 */

/** The interrupt that a CPU would be told of. */
export interface Urgent {
  readonly intid: number;
  readonly priority: number;
}

export class Bank {
  /** Numbers from `first` to `end` − 1 are here. */
  readonly first: number;
  readonly end: number;
  /** Set by software, an SGI, or the edge of a line. */
  readonly latch: Uint8Array;
  readonly line: Uint8Array;
  readonly active: Uint8Array;
  readonly enabled: Uint8Array;
  /** 1: group 1. */
  readonly group: Uint8Array;
  readonly edge: Uint8Array;
  readonly priority: Uint8Array;
  readonly #numbers: readonly number[];

  constructor(first: number, end: number) {
    const bytes = (): Uint8Array => new Uint8Array(end);
    this.first = first;
    this.end = end;
    this.#numbers = Array.from({ length: end - first }, (_, n) => first + n);
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

  /** Of those that are ready and count, the one with the smallest priority value below `limit`, then the smallest number. */
  mostUrgent(limit: number, counts: (id: number) => boolean): Urgent | undefined {
    let found = -1;
    let least = limit;
    for (const id of this.candidates()) {
      const priority = this.priority[id] ?? 0xff;
      const isBetter = priority < least || (priority === least && id < found);
      if (!isBetter || !this.isReady(id) || !counts(id)) continue;
      found = id;
      least = priority;
    }
    return found < 0 ? undefined : { intid: found, priority: least };
  }

  setLine(id: number, level: boolean): void {
    if (level && this.line[id] === 0 && this.edge[id] === 1) this.latch[id] = 1;
    this.line[id] = level ? 1 : 0;
    this.changed(id);
  }

  /** Active; the latch is cleared whatever the trigger (§16). */
  acknowledge(id: number): void {
    this.active[id] = 1;
    this.latch[id] = 0;
    this.changed(id);
  }

  /** Reset: everything clear; lines are their devices'. */
  reset(): void {
    for (const field of [this.latch, this.active, this.enabled, this.group, this.edge, this.priority]) field.fill(0);
  }

  // --- what a recording shows without telling how it came about ---------------------------------------------------

  /** It waits with this priority: enabled and pending. */
  learnReady(id: number, priority: number): void {
    this.enabled[id] = 1;
    this.priority[id] = priority;
    if (!this.isPending(id)) this.latch[id] = 1;
    this.changed(id);
  }

  /** One that is set up waits although its line is low: it is edge-triggered. False: it waits anyway. */
  learnEdge(id: number): boolean {
    if (this.isPending(id)) return false;
    this.edge[id] = this.latch[id] = 1;
    this.changed(id);
    return true;
  }

  /** It does not wait. */
  silence(id: number): void {
    this.latch[id] = this.line[id] = 0;
    this.changed(id);
  }

  /** Latch or line of an interrupt may be another. */
  changed(_id: number): void {}

  /** Those that may be pending. */
  protected candidates(): Iterable<number> {
    return this.#numbers;
  }
}

/** Many interrupts of which few wait. Invariant: `#raised` holds every one whose latch or line is set. */
class SpiBank extends Bank {
  readonly #raised = new Set<number>();

  override changed(id: number): void {
    if (this.latch[id] === 1 || this.line[id] === 1) this.#raised.add(id);
    else this.#raised.delete(id);
  }

  protected override candidates(): Iterable<number> {
    return this.#raised;
  }
}

export const FIRST_SPI = 32;
/** As many INTIDs as the recorded boards have, LPIs apart. */
export const INTIDS = 288;

/** A CPU's SGIs and PPIs. */
export const privateBank = (): Bank => new Bank(0, FIRST_SPI);
export const spiBank = (): SpiBank => new SpiBank(FIRST_SPI, INTIDS);

/** Nothing is known of how interrupts were set up: they are the least urgent until that is told. */
export function forgetPriorities(banks: readonly Bank[]): void {
  for (const { priority } of banks) priority.fill(0xff);
}
