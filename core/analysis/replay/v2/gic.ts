/**
 * A physical GICv2 without security extensions: distributor with private interrupts per CPU, SGIs by source, target
 * masks, CPU interfaces (gicv3-behaviour §13, §16).
 *
 * An access to the distributor does not say which CPU makes it, and some words are each CPU's own: the caller names one.
 */
import { Bank } from '../v3/bank.ts';
import { adoptBlock, blockAt, readBlock, writeBlock } from '../v3/blocks.ts';
import { V2CpuInterface } from './cpu-interface.ts';

export const FIRST_SPI = 32;
export const SPURIOUS = 1023;
const SGIS = 16;
const INTIDS = 288;
const ENABLES = 3;
const TARGETS = 0x800;
const TARGETS_END = 0xc00;
const CLEAR_SGIS = 0xf10;
const SET_SGIS = 0xf20;
const SGIS_END = 0xf30;
const IDENTIFICATION: readonly bigint[] = [4n, 0n, 0n, 0n, 0x90n, 0xb4n, 0x2bn, 0n, 0x0dn, 0xf0n, 0x05n, 0xb1n];

export interface Best {
  readonly intid: number;
  readonly priority: number;
}
export const NO_BEST: Best = { intid: SPURIOUS, priority: 256 };

export class V2Cpu {
  readonly index: number;
  readonly interface = new V2CpuInterface();
  readonly bank = new Bank(FIRST_SPI);
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
  readonly spis = new Bank(INTIDS);
  readonly #targets = new Uint8Array(INTIDS);
  readonly #raised = new Set<number>();
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
  best(cpu: V2Cpu): Best {
    if (!this.isOn(cpu)) return NO_BEST;
    let best = NO_BEST;
    for (let intid = 0; intid < FIRST_SPI; intid++) {
      const priority = cpu.bank.priority[intid] ?? 0xff;
      if (priority < best.priority && this.#isReady(cpu, intid)) best = { intid, priority };
    }
    for (const intid of this.#raised) {
      const priority = this.spis.priority[intid] ?? 0xff;
      const isBetter = priority < best.priority || (priority === best.priority && intid < best.intid);
      if (isBetter && this.spis.isReady(intid) && ((this.#targets[intid] ?? 0) >> cpu.index) & 1)
        best = { intid, priority };
    }
    return best;
  }

  #isReady(cpu: V2Cpu, intid: number): boolean {
    return cpu.bank.isReady(intid);
  }

  #group(cpu: V2Cpu, intid: number): number {
    return (intid < FIRST_SPI ? cpu.bank : this.spis).group[intid] ?? 0;
  }

  /** Whether the best interrupt passes mask and running priority. */
  #passes(cpu: V2Cpu, { priority }: Best): boolean {
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
  learnBest(cpu: V2Cpu, { intid, priority }: Best): void {
    if (this.#groups === 0) this.#groups = 1;
    if (!cpu.interface.isEnabled) cpu.interface.writeCtlr(1);
    const bank = intid < FIRST_SPI ? cpu.bank : this.spis;
    bank.enabled[intid] = 1;
    bank.priority[intid] = priority;
    if (!bank.isPending(intid)) bank.latch[intid] = 1;
    if (intid < FIRST_SPI) return;
    this.#targets[intid] = (this.#targets[intid] ?? 0) | (1 << cpu.index);
    this.#note(intid);
  }

  /** One that is set up waits although its line is low: it is edge-triggered. False: it waits anyway. */
  learnEdge(cpu: V2Cpu, intid: number): boolean {
    const bank = intid < FIRST_SPI ? cpu.bank : this.spis;
    if (bank.isPending(intid)) return false;
    bank.edge[intid] = bank.latch[intid] = 1;
    if (intid >= FIRST_SPI) this.#note(intid);
    return true;
  }

  /** Whatever led here: this interrupt, or none, is the best one. */
  takeOver(cpu: V2Cpu, recorded: Best): void {
    if (recorded.intid !== SPURIOUS) this.learnBest(cpu, recorded);
    for (let mine = this.best(cpu); mine !== NO_BEST && mine.intid !== recorded.intid; mine = this.best(cpu)) {
      // One that is more urgent does not wait.
      const bank = mine.intid < FIRST_SPI ? cpu.bank : this.spis;
      bank.latch[mine.intid] = bank.line[mine.intid] = 0;
    }
  }

  /** Nothing is known of how interrupts were set up: they come last until that is told. */
  forgetPriorities(): void {
    for (const bank of [this.spis, ...this.cpus.map((cpu) => cpu.bank)]) bank.priority.fill(0xff);
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
    const isPrivate = this.#isPrivate(block.base, block.bits, offset);
    const bank = isPrivate ? by.bank : this.spis;
    const from = isPrivate ? 0 : FIRST_SPI;
    adoptBlock(block, bank, offset, size, value, from, this.#end(isPrivate), (id) => {
      if (!isPrivate) this.#note(id);
    });
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

  setSpi(intid: number, level: boolean): void {
    this.spis.setLine(intid, level);
    this.#note(intid);
  }

  acknowledge(cpu: V2Cpu, intid: number, sender: number): void {
    const bank = intid < FIRST_SPI ? cpu.bank : this.spis;
    cpu.interface.acknowledge(bank.priority[intid] ?? 0);
    bank.acknowledge(intid);
    if (intid < SGIS) {
      // A further sender keeps it pending.
      const left = (cpu.sources[intid] ?? 0) & ~(1 << sender);
      cpu.sources[intid] = left;
      bank.latch[intid] = left === 0 ? 0 : 1;
    } else if (intid >= FIRST_SPI) this.#note(intid);
  }

  end(cpu: V2Cpu, intid: number): void {
    if (intid >= INTIDS || !cpu.interface.drop()) return;
    if (!cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  deactivate(cpu: V2Cpu, intid: number): void {
    if (cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  #deactivate(cpu: V2Cpu, intid: number): void {
    const bank = intid < FIRST_SPI ? cpu.bank : intid < INTIDS ? this.spis : undefined;
    if (bank !== undefined) bank.active[intid] = 0;
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
    if (block === undefined) return undefined;
    const isPrivate = this.#isPrivate(block.base, block.bits, offset);
    return readBlock(
      block,
      isPrivate ? by.bank : this.spis,
      offset,
      size,
      isPrivate ? 0 : FIRST_SPI,
      this.#end(isPrivate),
    );
  }

  /** SGIR is not here: it needs its sender. */
  write(by: V2Cpu, offset: number, size: number, value: bigint): void {
    if (offset === 0) this.#groups = Number(value) & ENABLES;
    else if (offset >= TARGETS && offset < TARGETS_END) this.#retarget(offset, size, value);
    else if (offset >= CLEAR_SGIS && offset < SGIS_END) this.#changeSources(by, offset, size, Number(value));
    else {
      const block = blockAt(offset);
      // SGIs cannot be disabled.
      if (block === undefined) return;
      const isPrivate = this.#isPrivate(block.base, block.bits, offset);
      const bank = isPrivate ? by.bank : this.spis;
      const from = isPrivate ? 0 : FIRST_SPI;
      writeBlock(block, bank, offset, size, value, from, this.#end(isPrivate), (id) => {
        if (!isPrivate) this.#note(id);
      });
      if (isPrivate) bank.enabled.fill(1, 0, SGIS);
    }
  }

  /** Whether a word belongs to the CPU that accesses it. */
  isPrivateWord(offset: number): boolean {
    if (offset >= TARGETS && offset < TARGETS_END) return offset < TARGETS + FIRST_SPI;
    if (offset >= CLEAR_SGIS && offset < SGIS_END) return true;
    const block = blockAt(offset);
    return block !== undefined && this.#isPrivate(block.base, block.bits, offset);
  }

  #isPrivate(base: number, bits: number, offset: number): boolean {
    return ((offset - base) * 8) / bits < FIRST_SPI;
  }

  #end(isPrivate: boolean): number {
    return isPrivate ? FIRST_SPI : INTIDS;
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

  #note(intid: number): void {
    if (this.spis.latch[intid] === 1 || this.spis.line[intid] === 1) this.#raised.add(intid);
    else this.#raised.delete(intid);
  }
}
