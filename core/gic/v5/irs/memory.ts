/**
 * Physical memory in which tables lie, one slot per word, so that what the IRS writes is recorded, undone and searched
 * like registers. Memory consists of regions; outside them every access fails.
 *
 * A word's slot is claimed at its first store of something other than 0: memory that never changes costs nothing. Words
 * are 4 bytes where a region holds table entries (`ist.spi33`), else 8. Addresses are numbers below 2^53.
 */
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { type Journal } from '../../../state/journal.ts';

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

export class Region {
  readonly spec: RegionSpec;
  /** Claimed words by index. */
  readonly cells = new Map<number, Cell>();
  /** Told of each claim, before the first store. */
  onClaim: ((index: number, cell: Cell) => void) | undefined;
  readonly #claim: CellClaim;

  constructor(journal: Journal, spec: RegionSpec) {
    this.spec = spec;
    this.#claim = new CellClaim(journal, '');
  }

  lo(index: number): number {
    return this.cells.get(index)?.lo ?? 0;
  }

  hi(index: number): number {
    return this.cells.get(index)?.hi ?? 0;
  }

  set(index: number, lo: number, hi = 0): void {
    const known = this.cells.get(index);
    if (known !== undefined) known.set(lo, hi);
    else if ((lo | hi) !== 0) this.cell(index).set(lo, hi);
  }

  /** The word's cell, claimed if need be. */
  cell(index: number): Cell {
    let cell = this.cells.get(index);
    if (cell === undefined) {
      const { path, word, register } = this.spec;
      cell = this.#claim.cell(path(index), word * 8, register === undefined ? {} : { register });
      this.cells.set(index, cell);
      this.onClaim?.(index, cell);
    }
    return cell;
  }

  /** All zeros. */
  clear(): void {
    for (const cell of this.cells.values()) cell.set(0);
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
    for (const { spec, cells } of this.#regions) {
      if (spec.base >= base + bytes || base >= spec.base + spec.bytes) continue;
      for (const [index, cell] of cells) {
        const address = spec.base + index * spec.word;
        for (const [at, value] of spec.word === 4
          ? [[address, cell.lo]]
          : [
              [address, cell.lo],
              [address + 4, cell.hi],
            ])
          if (value !== 0 && at !== undefined && value !== undefined && at >= base && at < base + bytes)
            yield [at, value];
      }
    }
  }
}
