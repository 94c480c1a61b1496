/**
 * One SPI as KVM keeps it, beside its entry in the VM's table (kvm-vgic-v5-spi §1): two copies that agree on nothing by
 * themselves. Packed in one slot:
 *
 *     lo   level-triggered 0, line 1, latch 2, active 3, enabled 4, locked 5, owner 15:8, member of the list 31:16
 *          (index of the vCPU noted there + 1)
 *     hi   next on the list: number + 1
 */
import { intidOf, SPI } from '../../../gic/v5/irs/iste.ts';
import { type Cell, type CellClaim } from '../../../state/cell.ts';

const LEVEL = 1 << 0;
const LINE = 1 << 1;
const LATCH = 1 << 2;
const ACTIVE = 1 << 3;
const ENABLED = 1 << 4;
const LOCKED = 1 << 5;

export class Spi {
  readonly number: number;
  readonly cell: Cell;

  constructor(claim: CellClaim, number: number) {
    this.number = number;
    this.cell = claim.cell(`spi${number}.kvm`);
  }

  get intid(): number {
    return intidOf(SPI, this.number);
  }

  get isLevel(): boolean {
    return (this.cell.lo & LEVEL) !== 0;
  }
  set isLevel(on: boolean) {
    this.#put(LEVEL, on);
  }

  get line(): boolean {
    return (this.cell.lo & LINE) !== 0;
  }
  set line(on: boolean) {
    this.#put(LINE, on);
  }

  get latch(): boolean {
    return (this.cell.lo & LATCH) !== 0;
  }
  set latch(on: boolean) {
    this.#put(LATCH, on);
  }

  get active(): boolean {
    return (this.cell.lo & ACTIVE) !== 0;
  }
  set active(on: boolean) {
    this.#put(ACTIVE, on);
  }

  get locked(): boolean {
    return (this.cell.lo & LOCKED) !== 0;
  }
  set locked(on: boolean) {
    this.#put(LOCKED, on);
  }

  /** Who may move its line: an index into `OWNERS`. */
  get owner(): number {
    return (this.cell.lo >>> 8) & 0xff;
  }
  set owner(owner: number) {
    const { lo, hi } = this.cell;
    this.cell.set((lo & ~0xff00) | (owner << 8), hi);
  }

  /** 0, or 1 + index of the vCPU that is noted as holder of the membership. */
  get member(): number {
    return this.cell.lo >>> 16;
  }
  set member(member: number) {
    const { lo, hi } = this.cell;
    this.cell.set((lo & 0xffff) | (member << 16), hi);
  }

  /** Number of the next on the list, or -1. */
  get next(): number {
    return this.cell.hi - 1;
  }
  set next(number: number) {
    this.cell.set(this.cell.lo, number + 1);
  }

  /** As KVM sees it (§1). */
  get isPending(): boolean {
    return this.latch || (this.isLevel && this.line);
  }

  reset(): void {
    this.cell.set(ENABLED);
  }

  #put(bit: number, on: boolean): void {
    const { lo, hi } = this.cell;
    this.cell.set(on ? lo | bit : lo & ~bit, hi);
  }
}
