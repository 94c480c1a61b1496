/**
 * One VM's tables in host memory (gicv5-spi-lpi-behaviour §8.1, kvm-vgic-v5-spi §3): its entry in the VM table, the
 * VPE table with descriptors, and the two interrupt state tables. Paths are those of the objects, not of addresses:
 * `vmt0.word2`, `ist.spi33`.
 *
 * Layout of a VM's window of 32 MiB: LPI entries at 0 (one area per entry size), SPI entries at 16 MiB, the level-1
 * table of LPIs at 20 MiB, VPE table at 24 MiB, VPE descriptors at 25 MiB. The VM table (vm-table.ts) lies before all.
 */
import { Ist } from '../../../gic/v5/irs/ist.ts';
import {
  entryBytes,
  type IstType,
  level1Bytes,
  level2Bits,
  level2Bytes,
  LPI,
  requiredIstsz,
} from '../../../gic/v5/irs/iste.ts';
import { type Region } from '../../../gic/v5/irs/memory.ts';
import { type SlotId } from '../../../state/brand.ts';
import { type HostIrs } from './host-irs.ts';
import { VMT_ENTRY } from './vm-table.ts';
import { VpeTable } from './vpe-table.ts';

const WINDOWS = 0x10_1000_0000;
const WINDOW = 0x200_0000;
const MIB = 0x10_0000;

/** Fields of words 2 and 3 of a VM table entry; these are of its high half, but VALID and L2SZ. */
const VALID = 1;
const L2SZ_SHIFT = 1;
const ISTSZ_SHIFT = 24;
const STRUCTURE = 1 << 26;
const ID_BITS_SHIFT = 27;
const VPE_ID_BITS_SHIFT = 27;

interface Cached {
  readonly lo: number;
  readonly hi: number;
  readonly ist: Ist | undefined;
}

export class VmTables {
  readonly vpes: VpeTable;
  readonly #irs: HostIrs;
  readonly #vmId: number;
  readonly #base: number;
  /** The entry in the VM table. */
  readonly #entry: Region;
  readonly #prefix: string;
  /** Memory of entries, by type and entry size. */
  readonly #areas = new Map<string, { readonly type: IstType; readonly words: number; readonly region: Region }>();
  #level1: Region | undefined;
  /** By type: the table that the entry described when it was last asked for. */
  readonly #cached: (Cached | undefined)[] = [];

  constructor(irs: HostIrs, vmId: number) {
    this.#irs = irs;
    this.#vmId = vmId;
    this.#base = WINDOWS + vmId * WINDOW;
    const { memory } = irs;
    this.#prefix = vmId === 0 ? '' : `vmid${vmId}.`;
    this.#entry = memory.add({
      base: irs.vmTable.addressOf(vmId),
      bytes: VMT_ENTRY,
      word: 8,
      path: (n) => `host.vmt${vmId}.word${n}`,
    });
    this.vpes = new VpeTable(memory, vmId, this.#base + 24 * MIB, this.#base + 25 * MIB);
  }

  // --- VM and VPEs ------------------------------------------------------------------------------------------------

  /** Word 1: the VPE table. The entry is valid after IRS_VMAP_VMR. */
  describe(vpeIdBits: number): void {
    const table = this.vpes.address;
    this.#entry.set(1, low(table), high(table) | (vpeIdBits << VPE_ID_BITS_SHIFT));
  }

  setValid(valid: boolean): void {
    this.#entry.set(0, valid ? VALID : 0);
  }

  get isValid(): boolean {
    return this.#irs.vmTable.covers(this.#vmId) && (this.#entry.lo(0) & VALID) !== 0;
  }

  /** Can the IRS make this VPE resident? */
  isVpeValid(vpe: number): boolean {
    return this.isValid && this.vpes.isValid(vpe);
  }

  /** Everything zero. */
  clear(): void {
    this.#entry.clear();
    this.vpes.clear();
  }

  // --- interrupt state tables -------------------------------------------------------------------------------------

  /** The table of a type while it is valid; the same object until it changes. */
  ist(type: IstType): Ist | undefined {
    const word = type === LPI ? 2 : 3;
    const lo = this.#entry.lo(word);
    const hi = this.#entry.hi(word);
    const known = this.#cached[type];
    if (known !== undefined && known.lo === lo && known.hi === hi) return known.ist;
    const ist = (lo & VALID) === 0 ? undefined : new Ist(this.#irs.memory, configOf(lo, hi));
    this.#cached[type] = { lo, hi, ist };
    return ist;
  }

  /**
   * Makes a table of zeros for 2^idBits interrupts and describes it, two-level if the host offers it and one level-2
   * table does not do. Valid after IRS_VMAP_VISTR.
   */
  attachIst(type: IstType, idBits: number): void {
    const { level2Size } = this.#irs.facts;
    const istsz = this.#istszOf(idBits);
    const area = this.area(type, istsz);
    area.clear();
    // The same words as of a table before it, perhaps another VM's, describe another table: nobody's index of that holds.
    this.#cached[type] = undefined;
    const twoLevel = type === LPI && level2Size !== undefined && idBits > level2Bits(istsz, level2Size);
    const base = twoLevel ? this.#fillLevel1(area, idBits, istsz, level2Size) : area.spec.base;
    this.#entry.set(
      type === LPI ? 2 : 3,
      low(base) | ((level2Size ?? 0) << L2SZ_SHIFT),
      high(base) | (istsz << ISTSZ_SHIFT) | (twoLevel ? STRUCTURE : 0) | (idBits << ID_BITS_SHIFT),
    );
  }

  setIstValid(type: IstType): void {
    const word = type === LPI ? 2 : 3;
    this.#entry.set(word, this.#entry.lo(word) | VALID, this.#entry.hi(word));
  }

  /** Gives the entries of numbers 0 … count − 1 their slots. */
  claimEntries(type: IstType, count: number): void {
    const istsz = this.#istszOf(32 - Math.clz32(count - 1));
    const area = this.area(type, istsz);
    for (let number = 0; number < count; number++) area.slot((number * entryBytes(istsz)) / 4);
  }

  /** Visits every entry that has a slot. */
  visitEntries(visit: (type: IstType, number: number, slot: SlotId) => void): void {
    for (const { type, words, region } of this.#areas.values())
      for (const [index, slot] of region.claimed()) if (index % words === 0) visit(type, index / words, slot);
  }

  #istszOf(idBits: number): number {
    const { metadataSize } = this.#irs.facts;
    return requiredIstsz({ istmd: metadataSize !== undefined, istmdSize: metadataSize ?? 0 }, idBits);
  }

  detachIst(type: IstType): void {
    this.#entry.set(type === LPI ? 2 : 3, 0);
  }

  /** Memory of a type's entries of one size. */
  area(type: IstType, istsz: number): Region {
    const name = type === LPI ? 'lpi' : 'spi';
    const key = `${name}${istsz}`;
    const known = this.#areas.get(key);
    if (known !== undefined) return known.region;
    const words = entryBytes(istsz) / 4;
    // Another entry size is another area, so that a path always names the same entry.
    const kind = istsz === 0 ? 'ist' : `ist${entryBytes(istsz)}`;
    const path = (n: number): string =>
      `${this.#prefix}${kind}.${name}${Math.floor(n / words)}${n % words === 0 ? '' : `.metadata${n % words}`}`;
    const base = this.#base + (type === LPI ? istsz * 2 * MIB : 16 * MIB + istsz * MIB);
    const region = this.#irs.memory.add({
      base,
      bytes: type === LPI ? 2 * MIB : MIB,
      word: 4,
      path,
      // Words behind an entry's first are the IRS's own and have no fields.
      ...(words === 1 ? { register: 'ISTE' } : {}),
    });
    region.onClaim = (n, slot) => this.#irs.host.onIstEntry?.(type, Math.floor(n / words), slot);
    this.#areas.set(key, { type, words, region });
    return region;
  }

  #fillLevel1(area: Region, idBits: number, istsz: number, l2sz: number): number {
    const table = (this.#level1 ??= this.#irs.memory.add({
      base: this.#base + 20 * MIB,
      bytes: Math.max(MIB, level1Bytes(idBits, istsz, l2sz)),
      word: 8,
      path: (n) => `${this.#prefix}ist.level1.${n}`,
    }));
    table.clear();
    const count = 2 ** (idBits - level2Bits(istsz, l2sz));
    for (let n = 0; n < count; n++) {
      const address = area.spec.base + n * level2Bytes(l2sz);
      table.set(n, low(address) | VALID, high(address));
    }
    return table.spec.base;
  }
}

/** A VM table entry's word 2 or 3. */
function configOf(lo: number, hi: number): ConstructorParameters<typeof Ist>[1] {
  return {
    base: (hi & 0x00ff_ffff) * 0x1_0000_0000 + ((lo & ~0x3f) >>> 0),
    idBits: hi >>> ID_BITS_SHIFT,
    istsz: (hi >>> ISTSZ_SHIFT) & 3,
    twoLevel: (hi & STRUCTURE) !== 0,
    l2sz: (lo >>> L2SZ_SHIFT) & 3,
  };
}

const low = (address: number): number => address % 0x1_0000_0000;
const high = (address: number): number => Math.floor(address / 0x1_0000_0000);
