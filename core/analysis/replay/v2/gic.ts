/**
 * A physical GICv2 without security extensions: distributor with private interrupts per CPU, SGIs by source, target
 * masks, CPU interfaces (gicv3-behaviour §13, §16).
 *
 * An access to the distributor does not say which CPU makes it, and some words are each CPU's own: the caller names one.
 */
import { type Bank, FIRST_SPI, forgetPriorities, INTIDS, privateBank, spiBank, type Urgent } from '../flat/bank.ts';
import { adoptBlock, type Block, blockAt, firstOf, readBlock, writeBlock } from '../flat/blocks.ts';
import { V2CpuInterface } from './cpu-interface.ts';

export const SPURIOUS = 1023;
const SGIS = 16;
const ENABLES = 3;
const TARGETS = 0x800;
const TARGETS_END = 0xc00;
const CLEAR_SGIS = 0xf10;
const SET_SGIS = 0xf20;
const SGIS_END = 0xf30;
const IDENTIFICATION: readonly bigint[] = [4n, 0n, 0n, 0n, 0x90n, 0xb4n, 0x2bn, 0n, 0x0dn, 0xf0n, 0x05n, 0xb1n];

const NO_BEST: Urgent = { intid: SPURIOUS, priority: 256 };

export class V2Cpu {
  readonly index: number;
  readonly interface = new V2CpuInterface();
  readonly bank = privateBank();
  /** Senders of each pending SGI, a bit each. */
  readonly sources = new Uint8Array(SGIS);

  constructor(index: number) {
    this.index = index;
    this.resetBank();
  }

  resetBank(): void {
    this.bank.reset();
    this.bank.edge.fill(1, 0, SGIS);
    // SGIs are always enabled.
    this.bank.enabled.fill(1, 0, SGIS);
    this.sources.fill(0);
  }
}

export class PhysicalGicV2 {
  readonly cpus: readonly V2Cpu[];
  readonly spis = spiBank();
  readonly #targets = new Uint8Array(INTIDS);
  #groups = 0;

  constructor(cpus: number) {
    this.cpus = Array.from({ length: cpus }, (_, index) => new V2Cpu(index));
    this.#resetTargets();
  }

  reset(): void {
    this.spis.reset();
    this.#resetTargets();
    this.#groups = 0;
    for (const cpu of this.cpus) {
      cpu.resetBank();
      cpu.interface.reset();
    }
  }

  /** With one CPU every SPI goes to it. */
  #resetTargets(): void {
    this.#targets.fill(this.cpus.length === 1 ? 1 : 0);
  }

  // --- selection ------------------------------------------------------------------------------------------------

  /** Distributor and CPU interface are enabled: only then anything is computed. */
  isOn(cpu: V2Cpu): boolean {
    return this.#groups !== 0 && cpu.interface.isEnabled;
  }

  /** The best interrupt before mask and running priority: smallest priority value, then smallest number. */
  best(cpu: V2Cpu): Urgent {
    if (!this.isOn(cpu)) return NO_BEST;
    const own = cpu.bank.mostUrgent(NO_BEST.priority, () => true) ?? NO_BEST;
    const goesHere = (intid: number): boolean => (((this.#targets[intid] ?? 0) >> cpu.index) & 1) === 1;
    return this.spis.mostUrgent(own.priority, goesHere) ?? own;
  }

  hasBest(cpu: V2Cpu): boolean {
    return this.best(cpu) !== NO_BEST;
  }

  #group(cpu: V2Cpu, intid: number): number {
    return this.#bankOf(cpu, intid).group[intid] ?? 0;
  }

  /** Whether the best interrupt passes mask and running priority. */
  #passes(cpu: V2Cpu, { priority }: Urgent): boolean {
    return priority < cpu.interface.pmr && priority < cpu.interface.runningPriority;
  }

  /** Bit 0: IRQ, bit 1: FIQ. */
  signals(cpu: V2Cpu): bigint {
    const best = this.best(cpu);
    const group = best === NO_BEST ? 0 : this.#group(cpu, best.intid);
    const isSent = this.#passes(cpu, best) && ((this.#groups >> group) & 1) === 1 && cpu.interface.enables(group);
    return !isSent ? 0n : cpu.interface.isFiq(group) ? 2n : 1n;
  }

  // --- a recording that begins in the middle --------------------------------------------------------------------

  /** It shows that this interrupt is the best one: enabled, pending, set up so, at an interface that is on. */
  learnBest(cpu: V2Cpu, { intid, priority }: Urgent): void {
    if (this.#groups === 0) this.#groups = 1;
    if (!cpu.interface.isEnabled) cpu.interface.writeCtlr(1);
    this.#bankOf(cpu, intid).learnReady(intid, priority);
    if (intid >= FIRST_SPI) this.#targets[intid] = (this.#targets[intid] ?? 0) | (1 << cpu.index);
  }

  /** One that is set up waits although its line is low: it is edge-triggered. False: it waits anyway. */
  learnEdge(cpu: V2Cpu, intid: number): boolean {
    return this.#bankOf(cpu, intid).learnEdge(intid);
  }

  /** Whatever led here: this interrupt, or none, is the best one. */
  takeOver(cpu: V2Cpu, recorded: Urgent): void {
    if (recorded.intid !== SPURIOUS) this.learnBest(cpu, recorded);
    for (let mine = this.best(cpu); mine !== NO_BEST && mine.intid !== recorded.intid; mine = this.best(cpu)) {
      // One that is more urgent does not wait.
      this.#bankOf(cpu, mine.intid).silence(mine.intid);
    }
  }

  forgetPriorities(): void {
    forgetPriorities([this.spis, ...this.cpus.map(({ bank }) => bank)]);
  }

  /** It shows that an interface lets interrupts pass. True when that is news. */
  learnInterface(cpu: V2Cpu, splitsEnd: boolean): boolean {
    if (cpu.interface.pmr !== 0) return false;
    cpu.interface.pmr = 0xff;
    if (splitsEnd) cpu.interface.splitEnds();
    return true;
  }

  /** It shows by a read what a register holds. */
  adopt(by: V2Cpu, offset: number, size: number, value: bigint): void {
    const block = blockAt(offset);
    if (block === undefined) return this.write(by, offset, size, value);
    adoptBlock(block, this.#bankAt(by, block, offset), offset, size, value);
  }

  /** The number that GICC_IAR returns, without the source of an SGI. */
  answer(cpu: V2Cpu): number {
    const best = this.best(cpu);
    return this.#passes(cpu, best) ? best.intid : SPURIOUS;
  }

  /** The sender that an acknowledge of an SGI names: the lowest. */
  sender(cpu: V2Cpu, sgi: number): number {
    const sources = cpu.sources[sgi] ?? 0;
    return sources === 0 ? 0 : 31 - Math.clz32(sources & -sources);
  }

  // --- operations -----------------------------------------------------------------------------------------------

  acknowledge(cpu: V2Cpu, intid: number, sender: number): void {
    const bank = this.#bankOf(cpu, intid);
    cpu.interface.acknowledge(bank.priority[intid] ?? 0);
    bank.acknowledge(intid);
    if (intid < SGIS) {
      // A further sender keeps it pending.
      const left = (cpu.sources[intid] ?? 0) & ~(1 << sender);
      cpu.sources[intid] = left;
      bank.latch[intid] = left === 0 ? 0 : 1;
    }
  }

  end(cpu: V2Cpu, intid: number): void {
    if (intid >= INTIDS || !cpu.interface.drop()) return;
    if (!cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  deactivate(cpu: V2Cpu, intid: number): void {
    if (cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  #deactivate(cpu: V2Cpu, intid: number): void {
    if (intid < INTIDS) this.#bankOf(cpu, intid).active[intid] = 0;
  }

  #bankOf(cpu: V2Cpu, intid: number): Bank {
    return intid < FIRST_SPI ? cpu.bank : this.spis;
  }

  sgi(to: V2Cpu, sgi: number, sender: number): void {
    to.bank.latch[sgi] = 1;
    to.sources[sgi] = (to.sources[sgi] ?? 0) | (1 << sender);
  }

  // --- distributor ----------------------------------------------------------------------------------------------

  read(by: V2Cpu, offset: number, size: number): bigint | undefined {
    if (offset === 0) return BigInt(this.#groups);
    if (offset === 4) return BigInt(((this.cpus.length - 1) << 5) | (INTIDS / 32 - 1));
    if (offset === 8) return 0x43bn;
    if (offset >= 0xfd0) return IDENTIFICATION[(offset - 0xfd0) >> 2];
    if (offset >= TARGETS && offset < TARGETS_END) return this.#bytes(offset, size, (id) => this.#target(by, id));
    if (offset >= CLEAR_SGIS && offset < SGIS_END)
      return this.#bytes(offset, size, (id) => by.sources[id % SGIS] ?? 0, CLEAR_SGIS);
    const block = blockAt(offset);
    return block === undefined ? undefined : readBlock(block, this.#bankAt(by, block, offset), offset, size);
  }

  /** SGIR is not here: it needs its sender. */
  write(by: V2Cpu, offset: number, size: number, value: bigint): void {
    if (offset === 0) this.#groups = Number(value) & ENABLES;
    else if (offset >= TARGETS && offset < TARGETS_END) this.#retarget(offset, size, value);
    else if (offset >= CLEAR_SGIS && offset < SGIS_END) this.#changeSources(by, offset, size, Number(value));
    else {
      const block = blockAt(offset);
      if (block === undefined) return;
      const bank = this.#bankAt(by, block, offset);
      writeBlock(block, bank, offset, size, value);
      // SGIs cannot be disabled.
      if (bank === by.bank) bank.enabled.fill(1, 0, SGIS);
    }
  }

  /** Whether a word belongs to the CPU that accesses it. */
  isPrivateWord(offset: number): boolean {
    if (offset >= TARGETS && offset < TARGETS_END) return offset < TARGETS + FIRST_SPI;
    if (offset >= CLEAR_SGIS && offset < SGIS_END) return true;
    const block = blockAt(offset);
    return block !== undefined && firstOf(block, offset) < FIRST_SPI;
  }

  #bankAt(by: V2Cpu, block: Block, offset: number): Bank {
    return this.#bankOf(by, firstOf(block, offset));
  }

  #target(by: V2Cpu, intid: number): number {
    if (intid >= INTIDS || this.cpus.length === 1) return 0;
    return intid < FIRST_SPI ? 1 << by.index : (this.#targets[intid] ?? 0);
  }

  #retarget(offset: number, size: number, value: bigint): void {
    const implemented = (1 << this.cpus.length) - 1;
    if (this.cpus.length === 1) return;
    for (let i = 0; i < size; i++) {
      const intid = offset - TARGETS + i;
      if (intid >= FIRST_SPI && intid < INTIDS)
        this.#targets[intid] = Number((value >> BigInt(8 * i)) & 0xffn) & implemented;
    }
  }

  #changeSources(by: V2Cpu, offset: number, size: number, value: number): void {
    const isSet = offset >= SET_SGIS;
    for (let i = 0; i < size; i++) {
      const sgi = (offset - (isSet ? SET_SGIS : CLEAR_SGIS) + i) % SGIS;
      const byte = (value >>> (8 * i)) & 0xff;
      const before = by.sources[sgi] ?? 0;
      by.sources[sgi] = isSet ? before | byte : before & ~byte;
      by.bank.latch[sgi] = by.sources[sgi] === 0 ? 0 : 1;
    }
  }

  #bytes(offset: number, size: number, byteOf: (id: number) => number, base = TARGETS): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(byteOf(offset - base + i));
    return value;
  }
}
