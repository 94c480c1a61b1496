/**
 * Physical memory in which tables lie, one slot per word, so that what the IRS writes is recorded, undone and searched
 * like registers. Memory consists of regions; outside them every access fails.
 *
 * A word's slot is claimed at its first store of something other than 0: memory that never changes costs nothing. Words
 * are 4 bytes where a region holds table entries (`ist.spi33`), else 8. Addresses are numbers below 2^53.
 */
import { type SlotId, slotId } from '../../../state/brand.ts';
import { type Journal } from '../../../state/journal.ts';
import { type StateVector } from '../../../state/state-vector.ts';

export interface RegionSpec {
  readonly base: number;
  readonly bytes: number;
  /** Bytes per slot. */
  readonly word: 4 | 8;
  /** Slot path of word `index`. */
  readonly path: (index: number) => string;
  /** The register tables' row that decodes a word. */
  readonly register?: string;
}

/** Of the index of claimed words, to begin with. */
const FEW = 64;

export class Region {
  readonly spec: RegionSpec;
  /** Told of each claim, before the first store. */
  onClaim: ((index: number, slot: SlotId) => void) | undefined;
  readonly #journal: Journal;
  readonly #vector: StateVector;
  /** Claimed words by index, in the order of their claims. */
  readonly #claimed: number[] = [];
  /** By index: the word's slot + 1, or 0. An array, so that finding a word costs the same among many as among few. */
  #slots = new Uint32Array(FEW);

  constructor(journal: Journal, spec: RegionSpec) {
    this.spec = spec;
    this.#journal = journal;
    this.#vector = journal.state;
  }

  lo(index: number): number {
    const at = this.#slots[index] ?? 0;
    return at === 0 ? 0 : (this.#vector.lo[at - 1] ?? 0);
  }

  hi(index: number): number {
    const at = this.#slots[index] ?? 0;
    return at === 0 ? 0 : (this.#vector.hi[at - 1] ?? 0);
  }

  set(index: number, lo: number, hi = 0): void {
    const at = this.#slots[index] ?? 0;
    if (at !== 0) this.#journal.writeWords(slotId(at - 1), lo, hi);
    else if ((lo | hi) !== 0) this.#journal.writeWords(this.slot(index), lo, hi);
  }

  /** The word's slot, claimed if need be. */
  slot(index: number): SlotId {
    const at = this.#slots[index] ?? 0;
    return at === 0 ? this.#claim(index) : slotId(at - 1);
  }

  /** Claimed words with their slots, in the order of their claims. */
  *claimed(): Generator<readonly [index: number, slot: SlotId]> {
    for (const index of this.#claimed) yield [index, this.slot(index)];
  }

  /** All zeros. */
  clear(): void {
    for (const index of this.#claimed) this.set(index, 0);
  }

  #claim(index: number): SlotId {
    const { path, word, register } = this.spec;
    const slot = this.#journal.layout.claim({
      path: path(index),
      width: word * 8,
      initial: 0n,
      ...(register === undefined ? {} : { register }),
    });
    if (index >= this.#slots.length) this.#grow(index);
    this.#slots[index] = slot + 1;
    this.#claimed.push(index);
    this.onClaim?.(index, slot);
    return slot;
  }

  #grow(index: number): void {
    const slots = new Uint32Array(Math.max(index + 1, this.#slots.length * 2));
    slots.set(this.#slots);
    this.#slots = slots;
  }
}

export class SlotMemory {
  readonly #journal: Journal;
  readonly #regions: Region[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /**
   * Puts memory somewhere.
   * @throws RangeError when it overlaps other memory or is not aligned to 8 bytes.
   */
  add(spec: RegionSpec): Region {
    const { base, bytes } = spec;
    if (base % 8 !== 0 || bytes % 8 !== 0 || bytes <= 0 || !Number.isSafeInteger(base + bytes))
      throw new RangeError(`memory at 0x${base.toString(16)} of ${bytes} bytes: expected multiples of 8 below 2^53`);
    const other = this.#regions.find(({ spec: each }) => base < each.base + each.bytes && each.base < base + bytes);
    if (other !== undefined)
      throw new RangeError(`memory at 0x${base.toString(16)} overlaps that at 0x${other.spec.base.toString(16)}`);
    const region = new Region(this.#journal, spec);
    this.#regions.push(region);
    return region;
  }

  /** The region that holds these bytes. */
  find(address: number, bytes: number): Region | undefined {
    return this.#regions.find(({ spec }) => address >= spec.base && address + bytes <= spec.base + spec.bytes);
  }

  /** The 32-bit word at a multiple of 4; undefined: a memory error. */
  load32(address: number): number | undefined {
    const region = this.find(address, 4);
    if (region === undefined) return undefined;
    const offset = address - region.spec.base;
    if (region.spec.word === 4) return region.lo(offset / 4);
    const index = Math.floor(offset / 8);
    return offset % 8 === 0 ? region.lo(index) : region.hi(index);
  }

  /** False: a memory error. */
  store32(address: number, value: number): boolean {
    const region = this.find(address, 4);
    if (region === undefined) return false;
    const offset = address - region.spec.base;
    if (region.spec.word === 4) {
      region.set(offset / 4, value);
      return true;
    }
    const index = Math.floor(offset / 8);
    if (offset % 8 === 0) region.set(index, value, region.hi(index));
    else region.set(index, region.lo(index), value);
    return true;
  }

  load64(address: number): bigint | undefined {
    const lo = this.load32(address);
    const hi = this.load32(address + 4);
    return lo === undefined || hi === undefined ? undefined : (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  }

  store64(address: number, value: bigint): boolean {
    return (
      this.store32(address, Number(value & 0xffff_ffffn)) &&
      this.store32(address + 4, Number((value >> 32n) & 0xffff_ffffn))
    );
  }

  /** Every claimed word whose low half is not 0, as address and value, in a range. */
  *words32(base: number, bytes: number): Generator<readonly [address: number, value: number]> {
    for (const region of this.#regions) {
      const { spec } = region;
      if (spec.base >= base + bytes || base >= spec.base + spec.bytes) continue;
      for (const [index] of region.claimed()) {
        const address = spec.base + index * spec.word;
        const lo = region.lo(index);
        for (const [at, value] of spec.word === 4
          ? [[address, lo]]
          : [
              [address, lo],
              [address + 4, region.hi(index)],
            ])
          if (value !== 0 && at !== undefined && value !== undefined && at >= base && at < base + bytes)
            yield [at, value];
      }
    }
  }
}
