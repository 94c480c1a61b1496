/**
 * An ITS at the depth of the public description (gicv5-spi-lpi-behaviour §11): device table and ITT walked in memory,
 * linear or two-level, the translation cached until it is invalidated, its LPI made pending. Not modelled: the fields
 * and registers that the public sources do not give (DAC, READ_EVENT, GEN_EVENT), and error records.
 *
 * Kept: registers in slots; the cache is part of the state that matters (a stale entry is used), so each cached
 * translation has a slot.
 */
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { type Journal } from '../../../state/journal.ts';

/** Why an event was dropped. */
export type ItsFailure =
  'ITS_OFF' | 'DEV_RANGE' | 'DT_L1' | 'DEV_SPAN' | 'DTE' | 'EVENT_RANGE' | 'ITT_L1' | 'EVENT_SPAN' | 'ITTE' | 'MEMORY';

export interface Translation {
  readonly lpi: number;
  /** The VM that owns the LPI; undefined: physical. */
  readonly vm: number | undefined;
}

export type ItsEvent =
  | { readonly kind: 'its.translate'; readonly device: number; readonly event: number; readonly lpi: number }
  | { readonly kind: 'its.drop'; readonly device: number; readonly event: number; readonly reason: ItsFailure }
  /** The cache answered with something else than memory says now. */
  | { readonly kind: 'its.stale'; readonly device: number; readonly event: number; readonly lpi: number };

/** Where the tables of an ITS are; undefined: a memory error. */
export interface TableMemory {
  load64(address: number): bigint | undefined;
}

export interface ItsIdentity {
  /** Width of a DeviceID. */
  readonly deviceIdBits: number;
  /** Width of an EventID. */
  readonly eventIdBits: number;
  /** Offered sizes of level-2 tables, as in ITS_IDR1.L2SZ. */
  readonly level2Sizes: number;
  /** Does a write to ITS_TRANSLATER translate? */
  readonly translates: boolean;
}

/** Two-level tables of every size, 20 DeviceID bits, 16 EventID bits. */
const PHYSICAL: ItsIdentity = { deviceIdBits: 20, eventIdBits: 16, level2Sizes: 7, translates: true };

const ADDRESS = 0x00ff_ffff_ffff_fff8n;
const ITTE_VALID = 1n << 31n;
const ITTE_VIRTUAL = 1n << 30n;
/** log2 of the entries of a level-2 table, by its size code. */
const LEVEL2_BITS = [9, 11, 13, 9];
/** A cached translation's slot: the ITT entry, and bit 63 as mark that it is there. */
const CACHED = 1n << 63n;

export class Its {
  readonly identity: ItsIdentity;
  readonly cr0: Cell;
  readonly dtBaser: Cell;
  readonly dtCfgr: Cell;
  readonly didr: Cell;
  readonly eidr: Cell;
  observer: ((event: ItsEvent) => void) | undefined;
  readonly #claim: CellClaim;
  readonly #memory: TableMemory;
  readonly #cache = new Map<string, Cell>();
  readonly #pend: (translation: Translation) => void;

  /** `pend` makes an LPI pending in its domain. */
  constructor(
    journal: Journal,
    memory: TableMemory,
    pend: (translation: Translation) => void,
    identity = PHYSICAL,
    prefix = '',
  ) {
    this.#claim = new CellClaim(journal, `${prefix}its.`);
    this.#memory = memory;
    this.#pend = pend;
    this.identity = identity;
    this.cr0 = this.#claim.register('ITS_CR0', 2n);
    this.dtBaser = this.#claim.register('ITS_DT_BASER');
    this.dtCfgr = this.#claim.register('ITS_DT_CFGR');
    this.didr = this.#claim.register('ITS_DIDR');
    this.eidr = this.#claim.register('ITS_EIDR');
  }

  /** A device writes an event to ITS_TRANSLATER; gives why it was dropped. */
  translate(device: number, event: number): ItsFailure | undefined {
    const drop = (reason: ItsFailure): ItsFailure => {
      this.observer?.({ kind: 'its.drop', device, event, reason });
      return reason;
    };
    if ((this.cr0.lo & 1) === 0) return drop('ITS_OFF');
    const cached = this.#cache.get(`${device} ${event}`)?.value ?? 0n;
    const found = this.#walk(device, event);
    let entry = found;
    if ((cached & CACHED) !== 0n) {
      entry = cached & ~CACHED;
      if (entry !== found) this.observer?.({ kind: 'its.stale', device, event, lpi: Number(entry & 0xff_ffffn) });
    }
    if (typeof entry === 'string') return drop(entry);
    this.#remember(device, event, entry);
    const lpi = Number(entry & 0xff_ffffn);
    this.observer?.({ kind: 'its.translate', device, event, lpi });
    this.#pend({ lpi, vm: (entry & ITTE_VIRTUAL) === 0n ? undefined : Number((entry >> 32n) & 0xffffn) });
    return undefined;
  }

  /** ITS_INV_EVENTR of what DIDR and EIDR name; with `l1` every event below the same level-1 entry of size code `l2sz`. */
  invalidateEvent(l1: boolean, l2sz: number): void {
    const bits = l1 ? (LEVEL2_BITS[l2sz] ?? 9) : 0;
    this.#forget((device, event) => device === this.didr.lo && event >> bits === this.eidr.lo >> bits);
  }

  /** ITS_INV_DEVICER of what DIDR names; with `l1` every device below the same level-1 entry. */
  invalidateDevice(l1: boolean): void {
    const bits = l1 ? (LEVEL2_BITS[(this.dtCfgr.lo >>> 6) & 3] ?? 9) : 0;
    this.#forget((device) => Math.floor(device / 2 ** bits) === Math.floor(this.didr.lo / 2 ** bits));
  }

  /** The ITT entry of an event, or what is wrong (§11.2). */
  #walk(device: number, event: number): bigint | ItsFailure {
    const cfgr = this.dtCfgr.lo;
    if (device >= 2 ** (cfgr & 0x3f)) return 'DEV_RANGE';
    const dt = {
      base: Number(this.dtBaser.value & ADDRESS),
      twoLevel: (cfgr & 0x1_0000) !== 0,
      l2sz: (cfgr >>> 6) & 3,
    };
    const dte = this.#entry(dt, device, 'DT_L1', 'DEV_SPAN');
    if (typeof dte === 'string') return dte;
    if ((dte & 1n) === 0n) return 'DTE';
    if (event >= 2 ** Number(dte >> 59n)) return 'EVENT_RANGE';
    const itt = {
      base: Number(dte & ADDRESS),
      twoLevel: (dte & (1n << 58n)) !== 0n,
      l2sz: Number((dte >> 1n) & 3n),
    };
    const itte = this.#entry(itt, event, 'ITT_L1', 'EVENT_SPAN');
    if (typeof itte === 'string') return itte;
    return (itte & ITTE_VALID) === 0n ? 'ITTE' : itte;
  }

  #entry(
    table: { readonly base: number; readonly twoLevel: boolean; readonly l2sz: number },
    index: number,
    invalid: ItsFailure,
    span: ItsFailure,
  ): bigint | ItsFailure {
    if (!table.twoLevel) return this.#memory.load64(table.base + index * 8) ?? 'MEMORY';
    const size = 2 ** (LEVEL2_BITS[table.l2sz] ?? 9);
    const first = this.#memory.load64(table.base + Math.floor(index / size) * 8);
    if (first === undefined) return 'MEMORY';
    if ((first & 1n) === 0n) return invalid;
    const within = index % size;
    if (within >= 2 ** Number(first >> 60n)) return span;
    return this.#memory.load64(Number(first & ADDRESS) + within * 8) ?? 'MEMORY';
  }

  #remember(device: number, event: number, entry: bigint): void {
    const key = `${device} ${event}`;
    let cell = this.#cache.get(key);
    if (cell === undefined) this.#cache.set(key, (cell = this.#claim.cell(`cache.device${device}.event${event}`)));
    cell.value = entry | CACHED;
  }

  #forget(matches: (device: number, event: number) => boolean): void {
    for (const [key, cell] of this.#cache) {
      const [device = 0, event = 0] = key.split(' ').map(Number);
      if (matches(device, event)) cell.value = 0n;
    }
  }
}
