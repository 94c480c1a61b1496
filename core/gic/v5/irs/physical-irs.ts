/**
 * A physical IRS without a hypervisor: SPIs with wires in the IRS itself, LPIs in a table in memory that software gave,
 * PEs by affinity (gicv5-irs-registers §5, gicv5-spi-lpi-behaviour §5, §7, §10). Its frames are physical-frame.ts.
 *
 * Kept: one slot per SPI entry (the layout of a table's entry) and one for wires and trigger modes; registers as they
 * are. Operations complete at once. Invariant: while IRSEN is set every PE holds its best candidate, else none.
 */
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { type CpuInterface } from '../cpu-interface.ts';
import { NOBODY } from './candidates.ts';
import { Domain } from './domain.ts';
import { type IrsEvent } from './events.ts';
import { Ist } from './ist.ts';
import { intidOf, type IstType, LPI, priorityMask, retriggered, sampled, SPI, withBit } from './iste.ts';
import { type SlotMemory } from './memory.ts';

export interface PhysicalIrsConfig {
  readonly spis: number;
  /** LPI identifier bits. */
  readonly idBits: number;
  readonly minIdBits: number;
  readonly priorityBits: number;
  /** Sizes of level-2 tables as in IRS_IDR2.IST_L2SZ; 0: linear only. */
  readonly level2Sizes: number;
  readonly setLpi: boolean;
  readonly oneOfN: boolean;
}

const WIRE = 1;
/** Trigger mode: 1 level. */
const TM = 2;
const IDLE = 2;
const ADDRESS = 0x00ff_ffff_ffff_ffc0n;
const SPI_TABLE = 0x1000;

export class PhysicalIrs {
  readonly config: PhysicalIrsConfig;
  readonly memory: SlotMemory;
  readonly domain: Domain;
  readonly pes: readonly CpuInterface[];
  readonly cr0: Cell;
  readonly cr1: Cell;
  readonly spiSelr: Cell;
  readonly peSelr: Cell;
  readonly istCfgr: Cell;
  readonly istBaser: Cell;
  observer: ((event: IrsEvent) => void) | undefined;
  /** By affinity: does the PE take targeted interrupts only (IRS_PE_CR0.DPS)? */
  readonly #dps: ReadonlyMap<number, Cell>;
  /** Wire and trigger mode of each SPI. */
  readonly #inputs: readonly Cell[];
  readonly #spis: Ist;
  #lpis: { readonly baser: bigint; readonly cfgr: number; readonly ist: Ist } | undefined;

  /** `pes` are CPU interfaces made with `irs: true`; `memory` is what software's tables lie in. */
  constructor(memory: SlotMemory, pes: readonly CpuInterface[], config: PhysicalIrsConfig) {
    const { journal } = memory;
    const claim = new CellClaim(journal, 'irs.');
    this.config = config;
    this.memory = memory;
    this.pes = pes;
    this.cr0 = claim.register('IRS_CR0', BigInt(IDLE));
    this.cr1 = claim.register('IRS_CR1');
    this.spiSelr = claim.register('IRS_SPI_SELR');
    this.peSelr = claim.register('IRS_PE_SELR');
    this.istCfgr = claim.register('IRS_IST_CFGR');
    this.istBaser = claim.register('IRS_IST_BASER');
    this.#dps = new Map(pes.map(({ config: { iaffid } }) => [iaffid, claim.flag(`pe${iaffid}.targetedOnly`)]));
    this.#inputs = Array.from({ length: config.spis }, (_, n) => claim.cell(`spi${n}.input`, 2));
    const bits = Math.max(1, 32 - Math.clz32(config.spis - 1));
    // Physical SPIs live in the IRS: a table that only the IRS can reach.
    memory.add({ base: SPI_TABLE, bytes: Math.max(8, 2 ** bits * 4), word: 4, path: (n) => `irs.spi${n}.entry` });
    this.#spis = new Ist(memory, { base: SPI_TABLE, idBits: bits, istsz: 0, twoLevel: false, l2sz: 0 });
    this.domain = new Domain(journal, {
      priorityMask: priorityMask(config.priorityBits),
      oneOfN: config.oneOfN,
      ist: (type) => this.ist(type),
      offer: (iaffid) => this.#offer(iaffid),
      eligible: () => pes.flatMap(({ config: { iaffid } }) => (this.isTargetedOnly(iaffid) ? [] : [iaffid])),
      emit: (event) => this.observer?.(event),
    });
    for (const pe of pes) pe.findDomain = () => this.domain;
  }

  get enabled(): boolean {
    return (this.cr0.lo & 1) !== 0;
  }

  ist(type: IstType): Ist | undefined {
    return type === SPI ? this.#spis : this.#lpiIst();
  }

  // --- wires ------------------------------------------------------------------------------------------------------

  isLevelTriggered(spi: number): boolean {
    return ((this.#inputs[spi]?.lo ?? 0) & TM) !== 0;
  }

  /** The wire of an SPI moves. */
  setWire(spi: number, high: boolean): void {
    const input = this.#inputs[spi];
    if (input === undefined || ((input.lo & WIRE) !== 0) === high) return;
    input.set(withBit(input.lo, WIRE, high));
    this.sample(spi);
  }

  /** SET_EDGE, SET_LEVEL or CLEAR by the wire's present level (§5). */
  sample(spi: number): void {
    const input = this.#inputs[spi]?.lo;
    if (input === undefined) return;
    this.#replace(spi, sampled(this.#entry(spi), (input & WIRE) !== 0, (input & TM) !== 0));
  }

  /** IRS_SPI_CFGR.TM; a change can move Pending (gicv5-irs-registers §5). */
  setTriggerMode(spi: number, level: boolean): void {
    const input = this.#inputs[spi];
    if (input === undefined || ((input.lo & TM) !== 0) === level) return;
    input.set(withBit(input.lo, TM, level));
    this.#replace(spi, retriggered(this.#entry(spi), (input.lo & WIRE) !== 0, level));
  }

  /** An LPI becomes pending by a write to IRS_SETLPIR, or by an ITS. */
  setLpi(lpi: number, pend: Parameters<Domain['perform']>[0]): boolean {
    return this.domain.perform(pend, intidOf(LPI, lpi), 1);
  }

  // --- registers with effects -------------------------------------------------------------------------------------

  setEnabled(on: boolean): void {
    if (this.enabled === on) return;
    this.cr0.set(IDLE | (on ? 1 : 0));
    for (const { config } of this.pes) this.#offer(config.iaffid);
  }

  /** IRS_IST_BASER. While VALID is 1 the address does not change. */
  writeBaser(value: bigint): void {
    const wasValid = (this.istBaser.lo & 1) !== 0;
    const valid = (value & 1n) !== 0n;
    if (wasValid && valid) return;
    this.istBaser.value = value & (ADDRESS | 1n);
    if (wasValid === valid) return;
    this.domain.reindex();
    for (const { config } of this.pes) this.#offer(config.iaffid);
  }

  writeCfgr(value: number): void {
    if ((this.istBaser.lo & 1) === 0) this.istCfgr.set(value & 0x1_01ff);
  }

  /** IRS_MAP_L2_ISTR: the level-1 entry that covers an LPI becomes valid in memory. */
  mapLevel2(lpi: number): void {
    const ist = this.#lpiIst();
    if (ist === undefined || !ist.config.twoLevel || lpi >= 2 ** ist.config.idBits) return;
    const address = ist.level1AddressOf(lpi);
    const entry = this.memory.load64(address);
    if (entry === undefined || (entry & 1n) !== 0n) return;
    this.memory.store64(address, entry | 1n);
    this.domain.reindex();
    for (const { config } of this.pes) this.#offer(config.iaffid);
  }

  isTargetedOnly(iaffid: number): boolean {
    return this.#dps.get(iaffid)?.flag === true;
  }

  setTargetedOnly(iaffid: number, on: boolean): void {
    const dps = this.#dps.get(iaffid);
    if (dps !== undefined) dps.flag = on;
    for (const { config } of this.pes) this.#offer(config.iaffid);
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #entry(spi: number): number {
    return this.#spis.read(spi) ?? 0;
  }

  #replace(spi: number, word: number): void {
    this.domain.replace(intidOf(SPI, spi), word >>> 0);
  }

  /** The table that BASER and CFGR describe; LPI_ID_BITS is clamped to what is implemented. */
  #lpiIst(): Ist | undefined {
    const baser = this.istBaser.value;
    if ((baser & 1n) === 0n) return undefined;
    const cfgr = this.istCfgr.lo;
    if (this.#lpis?.baser === baser && this.#lpis.cfgr === cfgr) return this.#lpis.ist;
    const { minIdBits, idBits } = this.config;
    const istsz = (cfgr >>> 7) & 3;
    const ist = new Ist(this.memory, {
      base: Number(baser & ADDRESS),
      idBits: Math.min(idBits, Math.max(minIdBits, cfgr & 0x1f)),
      istsz: istsz === 3 ? 0 : istsz,
      twoLevel: (cfgr & 0x1_0000) !== 0,
      l2sz: (cfgr >>> 5) & 3,
    });
    this.#lpis = { baser, cfgr, ist };
    return ist;
  }

  #offer(iaffid: number): void {
    const pe = this.pes.find(({ config }) => config.iaffid === iaffid);
    const { intid, priority } = this.enabled ? this.domain.best(iaffid) : NOBODY;
    if (pe === undefined) {
      if (intid !== 0) this.observer?.({ kind: 'irs.hppi.noPe', iaffid, intid, priority });
      return;
    }
    const now = pe.irsCandidate;
    if (now === undefined || (now.lo === intid && (intid === 0 || now.hi === priority))) return;
    pe.setIrsCandidate(intid, priority, () => this.observer?.({ kind: 'irs.hppi', iaffid, intid, priority }));
  }
}
