/**
 * One interrupt as KVM keeps it, in two slots (irq-words.ts).
 *
 * An interrupt is on at most one AP list, so the list is a chain through `place.hi` and needs no capacity. INTIDs below
 * 32 name private interrupts of the list's own vCPU: no other list can hold them.
 */
import { type Cell, type CellClaim } from '../../state/cell.ts';
import {
  ACTIVE,
  CALLBACK,
  ENABLED,
  GROUP1,
  HOLDER_SHIFT,
  HW,
  LATCH,
  LEVEL,
  LINE,
  NEXT,
  ON_LR,
  VCPU_MASK,
} from './irq-words.ts';

export { NONE } from './irq-words.ts';

export const FIRST_PPI = 16;
export const FIRST_SPI = 32;
export const FIRST_LPI = 8192;
/** Above it, in registers of a GICv2: the CPU that sent the SGI. */
export const INTID_MASK_V2 = 0x3ff;

export class Irq {
  readonly intid: number;
  /** `sgi3`, `lpi8192`: in the paths of its slots. */
  readonly name: string;
  readonly state: Cell;
  readonly place: Cell;

  constructor(claim: CellClaim, name: string, intid: number) {
    this.intid = intid;
    this.name = name;
    this.state = claim.cell(`${name}.state`);
    this.place = claim.cell(`${name}.place`);
  }

  get isSgi(): boolean {
    return this.intid < FIRST_PPI;
  }

  get isSpi(): boolean {
    return this.intid >= FIRST_SPI && this.intid < 1020;
  }

  get enabled(): boolean {
    return (this.state.lo & ENABLED) !== 0;
  }
  set enabled(on: boolean) {
    this.#put(ENABLED, on);
  }

  get latch(): boolean {
    return (this.state.lo & LATCH) !== 0;
  }
  set latch(on: boolean) {
    this.#put(LATCH, on);
  }

  get line(): boolean {
    return (this.state.lo & LINE) !== 0;
  }
  set line(on: boolean) {
    this.#put(LINE, on);
  }

  get active(): boolean {
    return (this.state.lo & ACTIVE) !== 0;
  }
  set active(on: boolean) {
    this.#put(ACTIVE, on);
  }

  get isLevel(): boolean {
    return (this.state.lo & LEVEL) !== 0;
  }
  set isLevel(on: boolean) {
    this.#put(LEVEL, on);
  }

  get group(): 0 | 1 {
    return (this.state.lo & GROUP1) !== 0 ? 1 : 0;
  }
  set group(group: 0 | 1) {
    this.#put(GROUP1, group === 1);
  }

  /** Bound to a host interrupt. */
  get hw(): boolean {
    return (this.state.lo & HW) !== 0;
  }

  get onLr(): boolean {
    return (this.state.lo & ON_LR) !== 0;
  }
  set onLr(on: boolean) {
    this.#put(ON_LR, on);
  }

  get priority(): number {
    return (this.state.lo >>> 8) & 0xff;
  }
  set priority(value: number) {
    this.#field(8, value);
  }

  /** GICv2 SGIs: senders that wait. */
  get source(): number {
    return (this.state.lo >>> 16) & 0xff;
  }
  set source(value: number) {
    this.#field(16, value);
  }

  /** GICv2 SGIs: the sender being handled. */
  get activeSource(): number {
    return this.state.lo >>> 24;
  }
  set activeSource(value: number) {
    this.#field(24, value);
  }

  get hwIntid(): number {
    return this.state.hi & 0xffff;
  }

  /** Does the device behind it answer for its line (operations with a level callback)? */
  get hasCallback(): boolean {
    return (this.state.hi & CALLBACK) !== 0;
  }
  set hasCallback(on: boolean) {
    const { lo, hi } = this.state;
    this.state.set(lo, on ? hi | CALLBACK : hi & ~CALLBACK);
  }

  /** Binds to host interrupt `hwIntid`, or unbinds. */
  bind(hwIntid: number | undefined): void {
    const { lo, hi } = this.state;
    this.state.set(hwIntid === undefined ? lo & ~HW : lo | HW, (hi & ~0xffff) | (hwIntid ?? 0));
  }

  /** Index of the vCPU where it should go; NONE when its route leads nowhere. */
  get target(): number {
    return ((this.state.hi >>> 16) & VCPU_MASK) - 1;
  }
  set target(index: number) {
    const { lo, hi } = this.state;
    this.state.set(lo, (hi & ~(VCPU_MASK << 16)) | ((index + 1) << 16));
  }

  /** Routing as programmed: affinity, or target mask. */
  get routing(): number {
    return this.place.lo & 0xff_ffff;
  }
  set routing(value: number) {
    const { lo, hi } = this.place;
    this.place.set((lo & 0xff00_0000) | (value & 0xff_ffff), hi);
  }

  /** Who may move its line: 0 userspace. */
  get owner(): number {
    return this.place.lo >>> 24;
  }
  set owner(value: number) {
    const { lo, hi } = this.place;
    this.place.set((lo & 0xff_ffff) | (value << 24), hi);
  }

  /** INTID of the next interrupt on the same AP list. */
  get next(): number {
    return (this.place.hi & NEXT) - 1;
  }
  set next(intid: number) {
    const { lo, hi } = this.place;
    this.place.set(lo, (hi & ~NEXT) | (intid + 1));
  }

  /** Index of the vCPU whose AP list holds it. */
  get holder(): number {
    return ((this.place.hi >>> HOLDER_SHIFT) & VCPU_MASK) - 1;
  }
  set holder(index: number) {
    const { lo, hi } = this.place;
    this.place.set(lo, (hi & NEXT) | ((index + 1) << HOLDER_SHIFT));
  }

  get pending(): boolean {
    return this.latch || (this.isLevel && this.line);
  }

  get isMappedLevel(): boolean {
    return this.hw && this.isLevel;
  }

  /** Everything as after creation. */
  reset(how: { enabled: boolean; level: boolean; group: 0 | 1; target: number; routing: number }): void {
    this.state.set(
      (how.enabled ? ENABLED : 0) | (how.level ? LEVEL : 0) | (how.group === 1 ? GROUP1 : 0),
      (how.target + 1) << 16,
    );
    this.place.set(how.routing & 0xff_ffff, 0);
  }

  #put(bit: number, on: boolean): void {
    const { lo, hi } = this.state;
    this.state.set(on ? lo | bit : lo & ~bit, hi);
  }

  #field(shift: number, value: number): void {
    const { lo, hi } = this.state;
    this.state.set((lo & ~(0xff << shift)) | ((value & 0xff) << shift), hi);
  }
}
