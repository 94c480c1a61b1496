/**
 * An interrupt state table in memory: where the entry of a number is, linear or through a level-1 table
 * (gicv5-spi-lpi-behaviour §3.2 … §3.4). Holds no state: an entry's word is read from memory and written there.
 *
 * Cost: a linear look-up is two array reads; two levels add the read of a level-1 entry.
 */
import { entryBytes, level2Bits, level2Bytes } from './iste.ts';
import { type Region, type SlotMemory } from './memory.ts';

export interface IstConfig {
  readonly base: number;
  /** Numbers below 2^idBits have entries. */
  readonly idBits: number;
  readonly istsz: number;
  readonly twoLevel: boolean;
  readonly l2sz: number;
}

/** Address bits [55:12] of a level-1 entry, as far as memory reaches. */
const L1_ADDRESS = 0x00ff_ffff_ffff_f000n;

export class Ist {
  readonly config: IstConfig;
  readonly #memory: SlotMemory;
  /** The region of a linear table whose words are its entries: found once. */
  readonly #region: Region | undefined;
  readonly #first: number;
  readonly #limit: number;
  /** Words per entry. */
  readonly #words: number;

  constructor(memory: SlotMemory, config: IstConfig) {
    const { base, idBits, istsz, twoLevel } = config;
    this.config = config;
    this.#memory = memory;
    this.#limit = 2 ** idBits;
    this.#words = entryBytes(istsz) / 4;
    const region = twoLevel ? undefined : memory.find(base, this.#limit * entryBytes(istsz));
    this.#region = region?.spec.word === 4 ? region : undefined;
    this.#first = region === undefined ? 0 : (base - region.spec.base) / 4;
  }

  /** The entry's word; undefined when the look-up fails (§3.4). */
  read(number: number): number | undefined {
    if (number >= this.#limit) return undefined;
    if (this.#region !== undefined) return this.#region.lo(this.#index(number));
    const address = this.addressOf(number);
    return address === undefined ? undefined : this.#memory.load32(address);
  }

  /** False when the look-up fails. */
  write(number: number, word: number): boolean {
    if (number >= this.#limit) return false;
    if (this.#region !== undefined) {
      this.#region.set(this.#index(number), word);
      return true;
    }
    const address = this.addressOf(number);
    return address !== undefined && this.#memory.store32(address, word);
  }

  /** Address of an entry; undefined when the number is outside or its level-1 entry is not valid. */
  addressOf(number: number): number | undefined {
    const { base, istsz, twoLevel, l2sz } = this.config;
    if (number >= this.#limit) return undefined;
    if (!twoLevel) return base + number * entryBytes(istsz);
    const bits = level2Bits(istsz, l2sz);
    const entry = this.#memory.load64(this.level1AddressOf(number));
    if (entry === undefined || (entry & 1n) === 0n) return undefined;
    return Number(entry & L1_ADDRESS) + (number % 2 ** bits) * entryBytes(istsz);
  }

  /** Address of the level-1 entry that covers a number; two-level tables only. */
  level1AddressOf(number: number): number {
    const { base, istsz, l2sz } = this.config;
    return base + Math.floor(number / 2 ** level2Bits(istsz, l2sz)) * 8;
  }

  /** Visits every entry that is not 0. */
  forEach(visit: (number: number, word: number) => void): void {
    const { base, istsz, twoLevel, l2sz } = this.config;
    const bytes = entryBytes(istsz);
    if (!twoLevel) {
      this.#visit(base, this.#limit * bytes, 0, visit);
      return;
    }
    const per = 2 ** level2Bits(istsz, l2sz);
    for (let first = 0; first < this.#limit; first += per) {
      const table = this.addressOf(first);
      if (table !== undefined) this.#visit(table, level2Bytes(l2sz), first, visit);
    }
  }

  #visit(base: number, size: number, first: number, visit: (number: number, word: number) => void): void {
    const bytes = entryBytes(this.config.istsz);
    for (const [address, word] of this.#memory.words32(base, size)) {
      const offset = address - base;
      const number = first + offset / bytes;
      // Bytes after an entry's first four are the IRS's own; the last level-2 table may reach beyond the last number.
      if (offset % bytes === 0 && number < this.#limit) visit(number, word);
    }
  }

  #index(number: number): number {
    return this.#first + number * this.#words;
  }
}
