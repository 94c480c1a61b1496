/**
 * A physical GICv3 with one security state: distributor, redistributors, CPU interfaces (gicv3-behaviour §16, left
 * column). Every change acts at once, candidates are unlimited, equal priorities go to the lowest INTID.
 *
 * Priorities and enable bits of LPIs are in guest memory, which a recording does not show: they are learned from it.
 * Invariant: `#raised` holds every SPI whose latch or line is set. Cost of a candidate: 32 private interrupts, the
 * raised SPIs and the pending LPIs of one CPU.
 */
import { Bank } from './bank.ts';
import { adoptBlock, blockAt, readBlock, writeBlock } from './blocks.ts';
import { type Best, NO_BEST, PhysicalCpuInterface, SPURIOUS } from './cpu-interface.ts';

export const FIRST_SPI = 32;
const FIRST_LPI = 8192;
const GROUP_ENABLES = 3;
const CTLR_FIXED = 0x50n;
const IIDR = 0x43bn;
/** 288 INTIDs, 16-bit INTIDs, LPIs, affinity 3, NMI; 1-of-N is not supported. */
const TYPER = 0x37a_0208n;
const INTIDS = 288;
const IROUTER = 0x6000;
const IROUTER_END = 0x8000;
/** Affinity fields and IRM. */
const ROUTER_BITS = 0xff_80ff_ffffn;
const IRM = 1n << 31n;
const SGI_PAGE = 0x1_0000;

/** CoreSight identification: the same but for PIDR0, the part number. */
function identification(part: bigint): readonly (readonly [number, bigint])[] {
  const values = [0x44n, 0n, 0n, 0n, part, 0xb4n, 0x3bn, 0n, 0x0dn, 0xf0n, 0x05n, 0xb1n];
  return values.map((value, index) => [0xffd0 + 4 * index, value]);
}
const DISTRIBUTOR_CONSTANTS: ReadonlyMap<number, bigint> = new Map([
  [0x4, TYPER],
  [0x8, IIDR],
  [0xc, 0n],
  [0x10, 0n],
  ...identification(0x92n),
]);
const REDISTRIBUTOR_CONSTANTS: ReadonlyMap<number, bigint> = new Map([
  [0x4, IIDR],
  [0x10, 0n],
  ...identification(0x93n),
]);

/** What is known of an LPI's configuration: its priority when enabled. */
interface LpiConfiguration {
  priority: number | undefined;
}

export class Cpu {
  readonly index: number;
  readonly affinity: bigint;
  readonly interface = new PhysicalCpuInterface();
  readonly bank = new Bank(FIRST_SPI);
  readonly pendingLpis = new Set<number>();
  hasLpis = false;
  /** GICR_WAKER.ProcessorSleep. */
  sleeps = true;
  proposed = 0n;
  pended = 0n;

  constructor(index: number, perCluster: number) {
    this.index = index;
    this.affinity = BigInt(((index / perCluster) | 0) * 0x100 + (index % perCluster));
    this.bank.edge.fill(1, 0, 16);
  }
}

export class PhysicalGic {
  readonly cpus: readonly Cpu[];
  readonly spis = new Bank(INTIDS);
  readonly #router = new BigUint64Array(INTIDS);
  /** Index of the CPU that each SPI goes to; -1: none. */
  readonly #target = new Int16Array(INTIDS);
  readonly #raised = new Set<number>();
  readonly #lpis = new Map<number, LpiConfiguration>();
  #groups = 0;
  /** The groups of SGIs are not known. */
  takesAnyGroup = false;

  constructor(cpus: number) {
    this.cpus = Array.from({ length: cpus }, (_, index) => new Cpu(index, 16));
  }

  /** The whole machine starts again. */
  reset(): void {
    this.spis.reset();
    this.#router.fill(0n);
    this.#target.fill(0);
    this.#groups = 0;
    this.#lpis.clear();
    for (const cpu of this.cpus) {
      cpu.bank.reset();
      cpu.bank.edge.fill(1, 0, 16);
      cpu.pendingLpis.clear();
      cpu.hasLpis = false;
      cpu.sleeps = true;
      cpu.proposed = cpu.pended = 0n;
      cpu.interface.reset();
    }
  }

  // --- selection ------------------------------------------------------------------------------------------------

  /** The best interrupt of a CPU after enables, active state and group enables of the distributor (§17 rule 5). */
  best(cpu: Cpu): Best {
    let best = NO_BEST;
    const offer = (bank: Bank, intid: number): void => {
      const priority = bank.priority[intid] ?? 0xff;
      const group = bank.group[intid] ?? 0;
      if (priority >= best.priority || !bank.isReady(intid) || ((this.#groups >> group) & 1) === 0) return;
      best = { intid, group, priority };
    };
    for (let intid = 0; intid < FIRST_SPI; intid++) offer(cpu.bank, intid);
    let spi: Best = NO_BEST;
    for (const intid of this.#raised) {
      const priority = this.spis.priority[intid] ?? 0xff;
      const isBetter = priority < spi.priority || (priority === spi.priority && intid < spi.intid);
      if (!isBetter || this.#target[intid] !== cpu.index || !this.spis.isReady(intid)) continue;
      const group = this.spis.group[intid] ?? 0;
      if (((this.#groups >> group) & 1) === 1) spi = { intid, group, priority };
    }
    if (spi.priority < best.priority) best = spi;
    if (cpu.hasLpis && (this.#groups & 2) !== 0) {
      const lpi = this.#bestLpi(cpu);
      if (lpi.priority < best.priority) best = lpi;
    }
    return best;
  }

  #bestLpi(cpu: Cpu): Best {
    let best = NO_BEST;
    for (const intid of cpu.pendingLpis) {
      const priority = this.#lpis.get(intid)?.priority ?? 0xff;
      if (priority < best.priority || (priority === best.priority && priority !== 0xff && intid < best.intid))
        best = { intid, group: 1, priority };
    }
    return best;
  }

  /** Bit 0: IRQ, bit 1: FIQ. */
  signals(cpu: Cpu): bigint {
    const best = this.best(cpu);
    if (!cpu.interface.isSignalled(best)) return 0n;
    return best.group === 0 ? 2n : 1n;
  }

  // --- inputs ---------------------------------------------------------------------------------------------------

  setSpi(intid: number, level: boolean): void {
    this.spis.setLine(intid, level);
    this.#note(intid);
  }

  setPpi(cpu: Cpu, intid: number, level: boolean): void {
    cpu.bank.setLine(intid, level);
  }

  /** CPUs that an SGI reaches (§7); `register` decides which group it must be configured as (§16). */
  sgi(
    from: Cpu | undefined,
    value: bigint,
    group: 0 | 1,
  ): { readonly intid: number; readonly targets: readonly Cpu[] } {
    const intid = Number((value >> 24n) & 15n);
    const toAll = ((value >> 40n) & 1n) === 1n;
    const cluster =
      (((value >> 48n) & 0xffn) << 24n) | (((value >> 32n) & 0xffn) << 16n) | (((value >> 16n) & 0xffn) << 8n);
    const isListed = ({ affinity }: Cpu): boolean =>
      (affinity & ~0xffn) === cluster && (affinity & 0xffn) < 16n && ((value >> (affinity & 0xffn)) & 1n) === 1n;
    const targets = this.cpus.filter(
      (cpu) => (toAll ? cpu !== from : isListed(cpu)) && (this.takesAnyGroup || cpu.bank.group[intid] === group),
    );
    return { intid, targets };
  }

  setLpi(cpu: Cpu, intid: number, isPending: boolean): void {
    if (isPending) cpu.pendingLpis.add(intid);
    else cpu.pendingLpis.delete(intid);
  }

  /** The recording shows that an LPI is enabled, and its priority. True when that is news. */
  learn(intid: number, priority: number): boolean {
    const known = this.#lpis.get(intid);
    if (intid < FIRST_LPI || known?.priority === priority) return false;
    this.#lpis.set(intid, { priority });
    return true;
  }

  /** The recording began in the middle, and shows that this interrupt is the best one: enabled, pending, set up so. */
  learnBest(cpu: Cpu, { intid, group, priority }: Best): void {
    this.#groups = GROUP_ENABLES;
    const bank = this.#bankOf(cpu, intid);
    if (bank === undefined) {
      if (intid < FIRST_LPI) return;
      this.#lpis.set(intid, { priority });
      cpu.hasLpis = true;
      cpu.pendingLpis.add(intid);
      return;
    }
    bank.enabled[intid] = 1;
    bank.group[intid] = group;
    bank.priority[intid] = priority;
    if (intid >= FIRST_SPI) this.#target[intid] = cpu.index;
    if (!bank.isPending(intid)) bank.latch[intid] = 1;
    if (intid >= FIRST_SPI) this.#note(intid);
  }

  /** One that is set up waits although its line is low: it is edge-triggered. False: it waits anyway. */
  learnEdge(cpu: Cpu, intid: number): boolean {
    const bank = this.#bankOf(cpu, intid);
    if (bank === undefined || bank.isPending(intid)) return false;
    bank.edge[intid] = bank.latch[intid] = 1;
    if (intid >= FIRST_SPI) this.#note(intid);
    return true;
  }

  /** Whatever led here: this interrupt, or none, is the best one. */
  takeOver(cpu: Cpu, recorded: Best): void {
    if (recorded.priority !== NO_BEST.priority) this.learnBest(cpu, recorded);
    for (let mine = this.best(cpu); mine.priority !== NO_BEST.priority && mine.intid !== recorded.intid;) {
      // One that is more urgent does not wait.
      const bank = this.#bankOf(cpu, mine.intid);
      if (bank === undefined) cpu.pendingLpis.delete(mine.intid);
      else bank.latch[mine.intid] = bank.line[mine.intid] = 0;
      mine = this.best(cpu);
    }
  }

  /** Nothing is known of how interrupts were set up: they are candidates only once that is told. */
  forgetPriorities(): void {
    for (const bank of [this.spis, ...this.cpus.map((cpu) => cpu.bank)]) bank.priority.fill(NO_BEST.priority);
  }

  /** The recording began in the middle, and shows that a CPU interface lets interrupts pass. */
  learnInterface(cpu: Cpu, splitsEnd: boolean): boolean {
    if (cpu.interface.pmr !== 0) return false;
    cpu.interface.writePmr(0xff);
    cpu.interface.enabled[0] = cpu.interface.enabled[1] = true;
    cpu.interface.writeCtlr(splitsEnd ? 2 : 0);
    return true;
  }

  /** The configuration of an LPI may have changed in memory (INV, INVALL), or was never seen. */
  isDisabled(intid: number): void {
    this.#lpis.set(intid, { priority: undefined });
  }

  // --- CPU interface --------------------------------------------------------------------------------------------

  /** What IAR<group> returns; nothing changes. */
  answer(cpu: Cpu, group: 0 | 1): number {
    const best = this.best(cpu);
    return best.group === group && cpu.interface.isSignalled(best) ? best.intid : SPURIOUS;
  }

  /** The acknowledge of an interrupt that is recorded, whatever the emulator's answer. */
  acknowledge(cpu: Cpu, intid: number): void {
    if (intid >= FIRST_LPI) {
      cpu.interface.acknowledge({ intid, group: 1, priority: this.#lpis.get(intid)?.priority ?? 0 });
      cpu.pendingLpis.delete(intid);
      return;
    }
    const bank = this.#bankOf(cpu, intid);
    if (bank === undefined) return;
    cpu.interface.acknowledge({ intid, group: bank.group[intid] ?? 0, priority: bank.priority[intid] ?? 0 });
    bank.acknowledge(intid);
    if (intid >= FIRST_SPI) this.#note(intid);
  }

  end(cpu: Cpu, group: 0 | 1, intid: number): void {
    if (intid >= INTIDS && intid < FIRST_LPI) return;
    if (cpu.interface.drop(group) && !cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  deactivate(cpu: Cpu, intid: number): void {
    if (cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  #deactivate(cpu: Cpu, intid: number): void {
    const bank = this.#bankOf(cpu, intid);
    if (bank !== undefined) bank.active[intid] = 0;
  }

  #bankOf(cpu: Cpu, intid: number): Bank | undefined {
    return intid < FIRST_SPI ? cpu.bank : intid < INTIDS ? this.spis : undefined;
  }

  // --- frames ---------------------------------------------------------------------------------------------------

  /** Undefined: the emulator has no answer. */
  readDistributor(offset: number, size: number): bigint | undefined {
    if (offset === 0) return CTLR_FIXED | BigInt(this.#groups);
    const constant = DISTRIBUTOR_CONSTANTS.get(offset);
    if (constant !== undefined) return constant;
    if (offset >= IROUTER && offset < IROUTER_END) {
      const router = this.#router[(offset - IROUTER) >> 3] ?? 0n;
      return offset % 8 === 4 ? router >> 32n : BigInt.asUintN(8 * size, router);
    }
    const block = blockAt(offset);
    return block === undefined ? undefined : readBlock(block, this.spis, offset, size, FIRST_SPI, INTIDS);
  }

  writeDistributor(offset: number, size: number, value: bigint): void {
    if (offset === 0) this.#groups = Number(value) & GROUP_ENABLES;
    else if (offset >= IROUTER && offset < IROUTER_END) this.#route(offset, size, value);
    else {
      const block = blockAt(offset);
      if (block !== undefined)
        writeBlock(block, this.spis, offset, size, value, FIRST_SPI, INTIDS, (intid) => this.#note(intid));
    }
  }

  /** The recording began in the middle, and a read shows what a register holds. */
  adoptDistributor(offset: number, size: number, value: bigint): void {
    const block = blockAt(offset);
    if (block === undefined || offset >= IROUTER) this.writeDistributor(offset, size, value);
    else adoptBlock(block, this.spis, offset, size, value, FIRST_SPI, INTIDS, (intid) => this.#note(intid));
  }

  adoptRedistributor(cpu: Cpu, offset: number, size: number, value: bigint): void {
    const block = offset >= SGI_PAGE ? blockAt(offset - SGI_PAGE) : undefined;
    if (block === undefined) this.writeRedistributor(cpu, offset, size, value);
    else adoptBlock(block, cpu.bank, offset - SGI_PAGE, size, value, 0, FIRST_SPI);
  }

  readRedistributor(cpu: Cpu, offset: number, size: number): bigint | undefined {
    if (offset >= SGI_PAGE) {
      const block = blockAt(offset - SGI_PAGE);
      return block === undefined ? undefined : readBlock(block, cpu.bank, offset - SGI_PAGE, size, 0, FIRST_SPI);
    }
    const constant = REDISTRIBUTOR_CONSTANTS.get(offset);
    return constant ?? this.#redistributorRegister(cpu, offset, size);
  }

  #redistributorRegister(cpu: Cpu, offset: number, size: number): bigint | undefined {
    const part = (value: bigint): bigint => BigInt.asUintN(8 * size, offset % 8 === 4 ? value >> 32n : value);
    switch (offset & ~7) {
      case 0x00:
        // Clear Enable Supported.
        return cpu.hasLpis ? 3n : 2n;
      case 0x08:
        return part(this.#typer(cpu));
      case 0x10:
        // WAKER at 0x14: ChildrenAsleep follows ProcessorSleep.
        return cpu.sleeps ? 6n : 0n;
      case 0x70:
        return part(cpu.proposed);
      case 0x78:
        return part(cpu.pended);
      default:
        return undefined;
    }
  }

  writeRedistributor(cpu: Cpu, offset: number, size: number, value: bigint): void {
    if (offset >= SGI_PAGE) {
      const block = blockAt(offset - SGI_PAGE);
      if (block !== undefined) writeBlock(block, cpu.bank, offset - SGI_PAGE, size, value, 0, FIRST_SPI);
      return;
    }
    const merged = (before: bigint): bigint =>
      size === 8
        ? value
        : offset % 8 === 4
          ? BigInt.asUintN(32, before) | (value << 32n)
          : ((before >> 32n) << 32n) | value;
    if (offset === 0) cpu.hasLpis = (value & 1n) === 1n;
    else if (offset === 0x14) cpu.sleeps = (value & 2n) !== 0n;
    else if ((offset & ~7) === 0x70) cpu.proposed = merged(cpu.proposed);
    // PTZ reads as 0.
    else if ((offset & ~7) === 0x78) cpu.pended = merged(cpu.pended) & ~(1n << 62n);
  }

  /** Affinity, number, Last, CommonLPIAff 1, PLPIS. */
  #typer({ affinity, index }: Cpu): bigint {
    const last = index === this.cpus.length - 1 ? 0x10n : 0n;
    return (affinity << 32n) | (1n << 24n) | (BigInt(index) << 8n) | last | 1n;
  }

  #route(offset: number, size: number, value: bigint): void {
    const intid = (offset - IROUTER) >> 3;
    if (intid < FIRST_SPI || intid >= INTIDS) return;
    const before = this.#router[intid] ?? 0n;
    const halves = offset % 8 === 4 ? BigInt.asUintN(32, before) | (value << 32n) : ((before >> 32n) << 32n) | value;
    const router = (size === 8 ? value : halves) & ROUTER_BITS;
    this.#router[intid] = router;
    const affinity = ((router >> 8n) & 0xff00_0000n) | (router & 0xff_ffffn);
    // 1-of-N is not supported: such an interrupt goes to the first CPU.
    this.#target[intid] = (router & IRM) !== 0n ? 0 : this.cpus.findIndex((cpu) => cpu.affinity === affinity);
  }

  #note(intid: number): void {
    if (this.spis.latch[intid] === 1 || this.spis.line[intid] === 1) this.#raised.add(intid);
    else this.#raised.delete(intid);
  }
}
