/**
 * The machine of the SPI, LPI and IRS scenarios (gicv5-spi-scenarios §0): VM id 0, vCPUs 0 and 1, 32 SPIs, 48-bit PA, a
 * host IRS with 5 priority bits and 16 LPI bits, the IRS enabled, both vCPUs ready and resident. Driven access by
 * access, as in v5-lab.ts.
 */
import assert from 'node:assert/strict';
import { LPI_BASE, SPI_BASE } from '../../core/gic/v5/irs/iste.ts';
import { type HostFacts, type IrsFacts } from '../../core/kvm/host-facts.ts';
import { encodeIrqLine, GROUP, IRQ_TYPE, type UserMemory, UserWords } from '../../core/kvm/uapi.ts';
import { ADDR_IRS } from '../../core/kvm/v5/irs/attributes.ts';
import { type UserImages } from '../../core/kvm/v5/irs/images.ts';
import { type VmIrs } from '../../core/kvm/v5/irs/vm-irs.ts';
import { Guest, H5, Lab, type Recorded } from './v5-lab.ts';

export const IRS_BASE = 0x1000_0000n;
export const SPI5 = SPI_BASE + 5;
export const ALL_PROFILES = ['H1', 'H3', 'Q'] as const;

export interface Options {
  readonly ids?: readonly number[];
  readonly spis?: number;
  readonly irs?: IrsFacts;
  /** Leave out the address, INIT, or what a guest programs. */
  readonly until?: 'created' | 'initialised' | 'ready';
}

/** User memory with buffers at made-up addresses, for images of tables. */
export class Images extends UserWords implements UserImages {
  readonly #buffers = new Map<bigint, Uint32Array>();

  with(address: bigint, buffer: Uint32Array): this {
    this.#buffers.set(address, buffer);
    return this;
  }

  buffer(address: bigint): Uint32Array | undefined {
    return this.#buffers.get(address);
  }
}

/** A descriptor of images as the queued version has it. */
export function images(spis: Uint32Array, lpis?: Uint32Array, sizes: readonly number[] = []): Images {
  const [spiSize = spis.length * 4, lpiSize = (lpis?.length ?? 0) * 4] = sizes;
  const words = new Images(0x1000n, BigInt(spiSize), lpis === undefined ? 0n : 0x2000n, BigInt(lpiSize));
  words.with(0x1000n, spis);
  return lpis === undefined ? words : words.with(0x2000n, lpis);
}

export class SpiLab extends Lab {
  constructor(profile: string, options: Options = {}) {
    const facts: HostFacts = { ...H5, paBits: 48, ...(options.irs === undefined ? {} : { irs: options.irs }) };
    super(facts, profile);
    for (const id of options.ids ?? [0, 1]) this.addVcpu(id);
    assert.equal(this.createV5(), 0);
    if (options.until === 'created') return;
    if (options.spis !== undefined) assert.equal(this.setSpis(options.spis), 0);
    assert.equal(this.setBase(IRS_BASE), 0);
    assert.equal(this.init(), 0);
    if (options.until === 'initialised') return;
    for (const guest of this.guests) guest.ready();
    this.guests[0]?.w32(0x80, 1);
    this.settleKicks();
    for (const guest of this.guests) guest.run();
    this.take();
  }

  get guests(): readonly SpiGuest[] {
    return this.vm.vcpus.map(({ index }) => new SpiGuest(this, index));
  }

  spiGuest(index: number): SpiGuest {
    return new SpiGuest(this, index);
  }

  get irs(): VmIrs {
    const { irs } = this.vgic;
    if (irs === undefined) throw new Error('the profile has no IRS');
    return irs;
  }

  setBase(base: bigint): number {
    return this.vm.deviceAttr('set', GROUP.ADDR, ADDR_IRS, new UserWords(base));
  }

  setSpis(count: number): number {
    return this.vm.deviceAttr('set', GROUP.NR_IRQS, 0n, new UserWords(BigInt(count)));
  }

  /** IRS_REGS attributes; `value` undefined: a bad address. */
  irsSet(offset: number, value: bigint | undefined): number {
    const memory = value === undefined ? new UserWords() : new UserWords(value);
    return this.vm.deviceAttr('set', GROUP.IRS_REGS, BigInt(offset), memory);
  }

  irsGet(offset: number): bigint | number {
    const words = new UserWords(0n);
    const result = this.vm.deviceAttr('get', GROUP.IRS_REGS, BigInt(offset), words);
    return result === 0 ? (words.words[0] ?? 0n) : result;
  }

  irsHas(offset: number): number {
    return this.vm.deviceAttr('has', GROUP.IRS_REGS, BigInt(offset), new UserWords());
  }

  ist(op: 'get' | 'set', memory: UserMemory, attr = 0n): number {
    return this.vm.deviceAttr(op, GROUP.IST, attr, memory);
  }

  /** KVM_IRQ_LINE of an SPI. */
  line(spi: number, level: number): number {
    return this.irqLine(encodeIrqLine({ type: IRQ_TYPE.SPI, vcpu: 0, number: spi }), level);
  }

  /** The entry's word of an SPI. */
  word(spi: number): number | undefined {
    return this.irs.word(SPI_BASE + spi);
  }

  lpiWord(lpi: number): number | undefined {
    return this.irs.word(LPI_BASE + lpi);
  }

  /** KVM's own copy: configuration, line, latch, active, member. */
  k(number: number): string {
    const spi = this.irs.spi(number);
    if (spi === undefined) return 'none';
    const bit = (on: boolean): string => (on ? '1' : '0');
    const config = spi.isLevel ? 'level' : 'edge';
    return `${config},${bit(spi.line)},${bit(spi.latch)},${bit(spi.active)},${spi.member === 0 ? 'no' : 'yes'}`;
  }

  /** The IRS's candidate of a physical CPU; 0: none. */
  candidate(cpu: number): number {
    return this.host.cpu(cpu).interface.irsCandidate?.lo ?? 0;
  }

  /** What was told of SPIs, the list and the IRS since the last call, in short. */
  told(): string[] {
    return this.take().flatMap(short);
  }

  /** How often events of a kind were told since the last `take` or `told`, without taking them. */
  count(kind: string): number {
    return this.events.filter((event) => event.kind === kind).length;
  }
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

function short(event: Recorded): string[] {
  switch (event.kind) {
    case 'gic.vdpend':
      return [`vdpend ${hex(event.intid)} ${event.pending ? 1 : 0}`];
    case 'gic.vdrcfg':
      return [`vdrcfg ${hex(event.intid)} p${(event.icsr >> 2n) & 1n} a${(event.icsr >> 4n) & 1n}`];
    case 'irs.hppi':
      return [`irs.hppi ${event.iaffid} ${event.intid === 0 ? 'none' : hex(event.intid)}`];
    case 'irs.hppi.noPe':
      return [`irs.hppi.noPe ${event.iaffid}`];
    case 'aplist.add':
    case 'aplist.remove':
      return [`${event.kind} ${hex(event.intid)} ${event.length}`];
    case 'notifier.fire':
      return [`notifier.fire ${event.pin}`];
    case 'spi.inject':
    case 'spi.inject.ignored':
      return [`${event.kind} ${event.level ? 1 : 0}`];
    case 'irs.enable':
      return [`irs.enable ${event.on ? 1 : 0}`];
    case 'irs.ist.reject':
      return [`irs.ist.reject ${event.reason}`];
    case 'irs.ist.valid':
      return [`irs.ist.valid ${event.idBits} ${event.result}`];
    case 'vcpu.resident':
      return [`vcpu.resident ${event.vcpu ?? -1} ${event.irichppidis ? 1 : 0}`];
    case 'vcpu.nonresident':
      return [`vcpu.nonresident ${event.vcpu ?? -1} ${event.dbRequested ? hex(event.dbpm) : 'no doorbell'}`];
    case 'vcpu.doorbell':
    case 'vcpu.reload':
      return [`${event.kind} ${event.vcpu ?? -1}`];
    case 'ist.replay':
      return [`ist.replay ${hex(event.intid)}`];
    case 'resample.signal':
      return [`resample.signal ${event.gsi} ${event.index}`];
    case 'lock.deadlock':
      return [`lock.deadlock ${event.lock} ${event.spi ?? ''}`];
    case 'spi.config':
      return [`spi.config ${event.spi} ${event.level ? 'level' : 'edge'}`];
    case 'irs.ist.invalid':
    case 'gic.cd.ignored':
    case 'spi.latch.stuck':
    case 'notifier.unsupported':
    case 'ist.save':
    case 'ist.restore':
    case 'vm.id.leak':
      return [event.kind];
    default:
      return [];
  }
}

/** A guest with the IRS's frame and the instructions on SPIs and LPIs. */
export class SpiGuest extends Guest {
  readonly spiLab: SpiLab;

  constructor(lab: SpiLab, index: number) {
    super(lab, lab.vcpu(index), index);
    this.spiLab = lab;
  }

  /** ICC_CR0.EN, ICC_PCR lowest priority. */
  ready(mask = 0x1f): this {
    this.write('CR0', 1n);
    this.write('PCR', BigInt(mask));
    return this;
  }

  #mmio(offset: number, bytes: number, data?: bigint): bigint {
    this.run();
    const answer = this.vcpu.memoryAccess(this.spiLab.irs.base.value + BigInt(offset), bytes, data);
    assert.notEqual(answer, undefined, `nothing answers at offset ${offset}`);
    return answer ?? 0n;
  }

  r32 = (offset: number): number => Number(this.#mmio(offset, 4));
  w32 = (offset: number, value: number): void => void this.#mmio(offset, 4, BigInt(value >>> 0));
  r64 = (offset: number): bigint => this.#mmio(offset, 8);
  w64 = (offset: number, value: bigint): void => void this.#mmio(offset, 8, value);
  r8 = (offset: number): number => Number(this.#mmio(offset, 1));

  cd(name: 'EN' | 'DIS' | 'PRI' | 'AFF' | 'PEND' | 'HM' | 'DI' | 'RCFG', intid: number, argument = 0): void {
    const shifted = BigInt(argument) << (name === 'PRI' ? 35n : 32n);
    this.insn(`GIC CD${name}`, shifted | BigInt(intid >>> 0));
  }

  /** Priority, affinity, enable: SPI 5 as the scenarios have it, or another. */
  configure(intid = SPI5, priority = 0x10, iaffid = 0): this {
    this.cd('PRI', intid, priority);
    this.cd('AFF', intid, iaffid);
    this.cd('EN', intid);
    return this;
  }

  /** CDIA, CDEOI, CDDI; gives what was acknowledged. */
  handle(): bigint {
    const value = this.cdia();
    this.cdeoi();
    if (value !== 0n) this.insn('GIC CDDI', value & 0xffff_ffffn);
    return value;
  }

  /** ICC_ICSR_EL1 after CDRCFG. */
  icsr(intid: number): bigint {
    this.cd('RCFG', intid);
    return this.read('ICSR');
  }
}

/** A lab with SPI 5 configured, and nothing told yet. */
export function ready(profile: string, options: Options = {}): { lab: SpiLab; g0: SpiGuest; g1: SpiGuest } {
  const lab = new SpiLab(profile, options);
  const g0 = lab.spiGuest(0);
  g0.configure();
  lab.take();
  return { lab, g0, g1: lab.spiGuest(lab.vm.vcpus.length > 1 ? 1 : 0) };
}

/** Makes SPI n level-triggered through the virtual IRS, as a guest does. */
export function makeLevel(guest: SpiGuest, spi: number): void {
  guest.w32(0x108, spi);
  guest.w32(0x114, 1);
  guest.run();
  guest.spiLab.take();
}

export const CDIA5 = 0x1_6000_0005n;
