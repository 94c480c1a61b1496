/**
 * What an ITS has been told by commands, one slot each, claimed at the first use of an identifier:
 *
 *     device5          as its entry in memory: valid 63, ITT address 48:5, EventID bits − 1 in 4:0
 *     device5.event2   lo: LPI 31:16, ICID 15:0; hi: exists 31, its collection went away 30, translation is cached 29
 *     collection1      lo: id of the target vCPU, all ones unmapped; hi: place in the order of creation from 1, 0 absent
 *
 * The objects hold no state: which of them exist is in their slots.
 */
import { type Cell, type CellClaim } from '../../../state/cell.ts';
import { decodeDevice, encodeDevice, NOT_MAPPED } from './entries.ts';

const EXISTS = 0x8000_0000;
const ORPHANED = 0x4000_0000;
const CACHED = 0x2000_0000;

/** What the slot of an event says. */
export interface EventFacts {
  readonly lpi: number;
  readonly icid: number;
  readonly orphaned: boolean;
  readonly cached: boolean;
}

/** The slot of an event as a trace has it; undefined: the event is not mapped. */
export function readEvent(value: bigint): EventFacts | undefined {
  const lo = Number(value & 0xffff_ffffn);
  const hi = Number(value >> 32n);
  if ((hi & EXISTS) === 0) return undefined;
  return { lpi: lo >>> 16, icid: lo & 0xffff, orphaned: (hi & ORPHANED) !== 0, cached: (hi & CACHED) !== 0 };
}

export class EventMapping {
  readonly id: number;
  readonly #cell: Cell;

  constructor(claim: CellClaim, device: number, id: number) {
    this.id = id;
    this.#cell = claim.cell(`device${device}.event${id}`);
  }

  get exists(): boolean {
    return (this.#cell.hi & EXISTS) !== 0;
  }

  get lpi(): number {
    return this.#cell.lo >>> 16;
  }

  /** Of the collection that it was mapped or moved to last. */
  get icid(): number {
    return this.#cell.lo & 0xffff;
  }

  /** Its collection was unmapped since; one that is mapped under the same number later is another. */
  get orphaned(): boolean {
    return (this.#cell.hi & ORPHANED) !== 0;
  }

  /** Is its translation cached? */
  get cached(): boolean {
    return (this.#cell.hi & CACHED) !== 0;
  }
  set cached(on: boolean) {
    const { lo, hi } = this.#cell;
    this.#cell.set(lo, on ? hi | CACHED : hi & ~CACHED);
  }

  map(lpi: number, icid: number): void {
    this.#cell.set(((lpi << 16) | icid) >>> 0, EXISTS);
  }

  /** To another collection. */
  move(icid: number): void {
    const { lo, hi } = this.#cell;
    this.#cell.set(((lo & 0xffff_0000) | icid) >>> 0, hi & ~ORPHANED);
  }

  orphan(): void {
    this.#cell.set(this.#cell.lo, this.#cell.hi | ORPHANED);
  }

  clear(): void {
    this.#cell.set(0);
  }
}

export class DeviceMapping {
  readonly id: number;
  readonly #claim: CellClaim;
  readonly #cell: Cell;
  readonly #events = new Map<number, EventMapping>();

  constructor(claim: CellClaim, id: number) {
    this.id = id;
    this.#claim = claim;
    this.#cell = claim.cell(`device${id}`);
  }

  get exists(): boolean {
    return this.#cell.hi >>> 31 !== 0;
  }

  /** Address of its interrupt translation table. */
  get itt(): bigint {
    return decodeDevice(this.#cell.value)?.itt ?? 0n;
  }

  get idBits(): number {
    return (this.#cell.lo & 0x1f) + 1;
  }

  map(itt: bigint, idBits: number): void {
    this.#cell.value = encodeDevice({ itt, idBits, next: 0 });
  }

  clear(): void {
    this.#cell.set(0);
  }

  /** Events that are mapped, in no order. */
  *events(): Generator<EventMapping> {
    for (const event of this.#events.values()) if (event.exists) yield event;
  }

  get eventsById(): readonly EventMapping[] {
    return [...this.events()].toSorted((a, b) => a.id - b.id);
  }

  event(id: number): EventMapping | undefined {
    const event = this.#events.get(id);
    return event?.exists === true ? event : undefined;
  }

  /** The object of this EventID, whether or not it is mapped. */
  pooled(id: number): EventMapping {
    let event = this.#events.get(id);
    if (event === undefined) this.#events.set(id, (event = new EventMapping(this.#claim, this.id, id)));
    return event;
  }
}

export class Collection {
  readonly icid: number;
  readonly #cell: Cell;

  constructor(claim: CellClaim, icid: number) {
    this.icid = icid;
    this.#cell = claim.cell(`collection${icid}`);
  }

  get exists(): boolean {
    return this.#cell.hi !== 0;
  }

  /** Place among the collections: theirs is the order of entries in memory. */
  get order(): number {
    return this.#cell.hi;
  }

  /** Id of the vCPU, or NOT_MAPPED. */
  get target(): number {
    return this.#cell.lo;
  }
  set target(vcpuId: number) {
    this.#cell.set(vcpuId, this.#cell.hi);
  }

  get isMapped(): boolean {
    return this.exists && this.target !== NOT_MAPPED;
  }

  create(order: number): void {
    this.#cell.set(NOT_MAPPED, order);
  }

  clear(): void {
    this.#cell.set(0);
  }
}
