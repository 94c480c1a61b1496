/**
 * A machine for the GICv3 and GICv2 scenarios: short calls with the letters of the scenarios. `u…` is userspace, `g…`
 * the guest; a guest's memory access or trapped register exits, and the vCPU is entered again afterwards if it ran.
 * Maintenance exits are taken where a scenario says so.
 */
import assert from 'node:assert/strict';
import { type KvmEvent } from '../../core/kvm/events.ts';
import { type Place } from '../../core/kvm/place.ts';
import { Host } from '../../core/kvm/host.ts';
import { type HostFacts, REFERENCE_HOST } from '../../core/kvm/host-facts.ts';
import { MAINLINE, type Profile } from '../../core/kvm/profiles.ts';
import { DEVICE_VGIC_V2, DEVICE_VGIC_V3, GROUP, UserWords } from '../../core/kvm/uapi.ts';
import { type Vcpu } from '../../core/kvm/vcpu.ts';
import { type Irq } from '../../core/kvm/vgic/irq.ts';
import { type VgicVcpu } from '../../core/kvm/vgic/vcpu-state.ts';
import { type VgicVm, vgicOf } from '../../core/kvm/vgic/vm-state.ts';
import { type CpuInterfaceV3 } from '../../core/gic/v3/cpu-interface.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { noteProfile } from './named-profiles.ts';

export const D = 0x800_0000n;
export const R = 0x1000_0000n;
const V2_CPU = 0x801_0000n;

export interface LabOptions {
  readonly vcpus?: number;
  readonly numLr?: number;
  readonly nrIrqs?: number;
  readonly bits?: number;
  readonly facts?: Partial<HostFacts>;
  readonly type?: number;
  /** Today's kernel, unless another is named. */
  readonly profile?: Profile;
}

export class V3Lab {
  readonly host: Host;
  readonly vm: Vm;
  readonly vgic: VgicVm;
  readonly events: { readonly event: KvmEvent; readonly place: Place }[] = [];

  /** A host and an empty VM. */
  constructor({ vcpus = 1, numLr = 4, bits = 5, facts = {}, profile = MAINLINE }: LabOptions = {}) {
    noteProfile(profile.name);
    const preemptionBits = Math.min(bits, 7);
    this.host = new Host(
      new Journal(new Layout()),
      {
        ...REFERENCE_HOST,
        gic: 'v3',
        cpus: Math.min(vcpus, 512),
        v3Interface: { listRegisters: numLr, priorityBits: bits, preemptionBits },
        ...facts,
      },
      { profile },
    );
    this.vm = this.host.createVm();
    this.vgic = vgicOf(this.vm);
    this.host.observe((event, place) => this.events.push({ event, place }));
  }

  /** The BASE setup of the scenarios. */
  static base(options: LabOptions = {}): V3Lab {
    return V3Lab.buildBase(new V3Lab(options), options);
  }

  /** The same on a lab that exists: vCPUs, device, registers. */
  protected static buildBase<L extends V3Lab>(lab: L, { vcpus = 1, nrIrqs = 64 }: LabOptions): L {
    for (let id = 0; id < vcpus; id++) assert.equal(lab.addVcpu(id), 0);
    lab.device({ nrIrqs });
    for (let id = 0; id < vcpus; id++) {
      for (let n = 0; n < 8; n++) lab.uset(GROUP.REDIST_REGS, 0x1_0400 + 4 * n, 0xa0a0_a0a0, id);
      lab.sysreg(id, 'PMR', 0xf0n);
      lab.sysreg(id, 'IGRPEN1', 1n);
    }
    for (let n = 32; n < nrIrqs; n += 4) lab.uset(GROUP.DIST_REGS, 0x400 + n, 0xa0a0_a0a0);
    for (let n = 32; n < nrIrqs; n += 32) lab.uset(GROUP.DIST_REGS, 0x100 + n / 8, 0xffff_ffff);
    for (let id = 0; id < vcpus; id++) lab.load(id);
    lab.w(0, D, 2);
    lab.take();
    return lab;
  }

  /** One vCPU, distributor and interface on, priority mask 0xF0; for kernels whose registers userspace cannot set. */
  static plain(options: LabOptions = {}): V3Lab {
    const lab = new V3Lab(options);
    assert.equal(lab.addVcpu(0), 0);
    lab.device();
    lab.load(0);
    lab.w(0, D, 2);
    lab.enter(0);
    lab.write('PMR', 0xf0);
    lab.write('IGRPEN1', 1);
    lab.exit(0);
    return lab;
  }

  /** Device, addresses, number of interrupts, INIT, mapped frames. */
  device({ nrIrqs = 64 }: { readonly nrIrqs?: number } = {}): void {
    assert.equal(this.vm.createDevice(DEVICE_VGIC_V3), 0);
    assert.equal(this.attr('set', GROUP.NR_IRQS, 0n, BigInt(nrIrqs)).ret, 0);
    assert.equal(this.attr('set', GROUP.ADDR, 2n, D).ret, 0);
    assert.equal(this.attr('set', GROUP.ADDR, 3n, R).ret, 0);
    assert.equal(this.init(), 0);
    this.mapFrames();
  }

  /** A GICv2 machine, interfaces loaded and programmed. */
  static v2(vcpus: number): V3Lab {
    const lab = new V3Lab({ vcpus });
    for (let id = 0; id < vcpus; id++) assert.equal(lab.addVcpu(id), 0);
    assert.equal(lab.vm.createDevice(DEVICE_VGIC_V2), 0);
    assert.equal(lab.attr('set', GROUP.ADDR, 0n, D).ret, 0);
    assert.equal(lab.attr('set', GROUP.ADDR, 1n, V2_CPU).ret, 0);
    assert.equal(lab.attr('set', GROUP.NR_IRQS, 0n, 64n).ret, 0);
    assert.equal(lab.init(), 0);
    lab.mapFrames();
    for (let id = 0; id < vcpus; id++) {
      lab.load(id);
      const { hardware } = lab.at(id);
      lab.enter(id);
      hardware.pmr = 0xf0;
      hardware.enableGroup(0, true);
      lab.exit(id);
    }
    lab.w(0, D, 1);
    lab.take();
    return lab;
  }

  mapFrames(): void {
    assert.equal(this.vm.gic?.mapResources(), 0);
    this.vm.ready.flag = true;
  }

  // --- userspace ------------------------------------------------------------------------------------------------

  addVcpu(id: number): number {
    const ret = this.vm.createVcpu(id);
    if (ret === 0) this.vm.vcpus.at(-1)?.init();
    return ret;
  }

  init(): number {
    return this.attr('set', GROUP.CTRL, 0n).ret;
  }

  attr(
    op: 'has' | 'get' | 'set',
    group: number,
    attr: bigint,
    data = 0n,
  ): { readonly ret: number; readonly val: bigint } {
    const memory = new UserWords(data);
    const ret = this.vm.deviceAttr(op, group, attr, memory);
    return { ret, val: memory.words[0] ?? 0n };
  }

  /** With every vCPU out of its run call, as userspace must. */
  stopped<T>(action: () => T): T {
    const loaded = this.vm.vcpus.filter((vcpu) => vcpu.cpu !== undefined);
    for (const vcpu of loaded) {
      if (vcpu.inGuest) vcpu.exit();
      vcpu.put();
      vcpu.slots.locked.flag = false;
    }
    try {
      return action();
    } finally {
      for (const vcpu of loaded) this.load(vcpu.index);
    }
  }

  uset(group: number, offset: number, value: number | bigint, vcpu = 0): number {
    return this.stopped(() => this.attr('set', group, this.named(vcpu, offset), BigInt(value)).ret);
  }

  uget(group: number, offset: number, vcpu = 0): bigint {
    return this.stopped(() => {
      const { ret, val } = this.attr('get', group, this.named(vcpu, offset));
      assert.equal(ret, 0);
      return val;
    });
  }

  /** CPU_SYSREGS: a write, or a read without `value`. */
  sysreg(vcpu: number, name: string, value?: bigint): bigint {
    return this.stopped(() => {
      const { ret, val } = this.attr(
        value === undefined ? 'get' : 'set',
        GROUP.CPU_SYSREGS,
        this.named(vcpu, instr(name)),
        value,
      );
      assert.equal(ret, 0);
      return val;
    });
  }

  /** Attribute of a register of vCPU `vcpu`: packed affinity and offset. */
  named(vcpu: number, offset: number): bigint {
    const { affinity } = this.at(vcpu).self;
    return ((((affinity >> 32n) << 24n) | (affinity & 0xff_ffffn)) << 32n) | BigInt(offset);
  }

  /** KVM_IRQ_LINE. */
  line(irq: number, level: number): number {
    return this.vm.irqLine({ irq, level });
  }

  /** SPI through KVM_IRQ_LINE. */
  spi(intid: number, level = 1): void {
    assert.equal(this.line(0x0100_0000 | intid, level), 0);
  }

  ppi(intid: number, level = 1, vcpu = 0): void {
    assert.equal(this.line(0x0200_0000 | (vcpu << 16) | intid, level), 0);
  }

  // --- vCPUs ----------------------------------------------------------------------------------------------------

  at(index: number): { readonly vcpu: Vcpu; readonly self: VgicVcpu; readonly hardware: CpuInterfaceV3 } {
    const vcpu = this.vm.vcpu(index);
    assert.ok(vcpu, `vCPU ${index}`);
    const hardware = this.host.cpus[index % this.host.cpus.length]?.interfaceV3;
    assert.ok(hardware);
    return { vcpu, self: this.vgic.attach(vcpu), hardware };
  }

  load(index: number): void {
    const { vcpu } = this.at(index);
    vcpu.slots.locked.flag = true;
    vcpu.load(this.host.cpu(index));
  }

  enter(index = 0): void {
    const { vcpu } = this.at(index);
    if (vcpu.cpu === undefined) this.load(index);
    // An injection of the PMU at the entry asks for another attempt (kvm-vgic-v3 §12.1 step 4).
    if (vcpu.enter() === 'aborted') assert.equal(vcpu.enter(), 'entered');
  }

  exit(index = 0): void {
    this.at(index).vcpu.exit();
  }

  /** In the guest, whether or not it is there already. */
  goIn(index: number): void {
    if (!this.at(index).vcpu.inGuest) this.enter(index);
  }

  goOut(index: number): void {
    if (this.at(index).vcpu.inGuest) this.exit(index);
  }

  /** Exit and entry. */
  again(index = 0): void {
    this.goOut(index);
    this.enter(index);
  }

  // --- the guest ------------------------------------------------------------------------------------------------

  /** A store; if the vCPU was running it runs again afterwards. */
  w(index: number, address: bigint, value: number | bigint, length = 4): void {
    this.#access(index, address, length, BigInt.asUintN(8 * length, BigInt(value)));
  }

  r(index: number, address: bigint, length = 4): bigint {
    return this.#access(index, address, length, undefined);
  }

  #access(index: number, address: bigint, length: number, data: bigint | undefined): bigint {
    const { vcpu } = this.at(index);
    const ran = vcpu.inGuest;
    const value = vcpu.memoryAccess(address, length, data);
    assert.notEqual(value, undefined, `no frame at 0x${address.toString(16)}`);
    if (ran) this.enter(index);
    return value ?? 0n;
  }

  /** A CPU interface register, `ICC_…_EL1`. */
  read(name: string, index = 0): number {
    const { vcpu } = this.at(index);
    const { outcome, value } = vcpu.sysreg('read', `ICC_${name}_EL1`);
    assert.match(outcome, /^(performed|emulated)$/);
    if (!vcpu.inGuest) this.enter(index);
    return Number(value);
  }

  write(name: string, value: number | bigint, index = 0): string {
    const { vcpu } = this.at(index);
    const { outcome } = vcpu.sysreg('write', `ICC_${name}_EL1`, BigInt(value));
    if (!vcpu.inGuest && vcpu.cpu !== undefined) this.enter(index);
    return outcome;
  }

  iar(index = 0): number {
    return this.read('IAR1', index);
  }

  eoi(intid: number, index = 0): void {
    this.write('EOIR1', intid, index);
  }

  // --- what there is to see -------------------------------------------------------------------------------------

  /** List registers of the hardware, trailing zeros cut. */
  lr(index = 0): bigint[] {
    const values = this.at(index).hardware.lr.map((cell) => cell.value);
    while (values.at(-1) === 0n) values.pop();
    return values;
  }

  hcr(index = 0): number {
    return this.at(index).hardware.hcr.lo;
  }

  /** KVM's own copy, which is loaded at entry. */
  misr(index = 0): number {
    return this.at(index).hardware.misr;
  }

  ap1r(index = 0): number {
    return this.at(index).hardware.ap1r[0]?.lo ?? 0;
  }

  ap0r(index = 0): number {
    return this.at(index).hardware.ap0r[0]?.lo ?? 0;
  }

  signal(index = 0): string {
    return this.at(index).vcpu.signal;
  }

  eoiCount(index = 0): number {
    return this.hcr(index) >>> 27;
  }

  list(index = 0): number[] {
    return this.at(index).self.apList.map(({ intid }) => intid);
  }

  irq(intid: number, vcpu = 0): Irq {
    const irq = this.vgic.lookup(this.at(vcpu).self, intid);
    assert.ok(irq, `interrupt ${intid}`);
    return irq;
  }

  /** Events of some kinds since the last call, as short texts; all others are dropped with them. */
  take(...kinds: KvmEvent['kind'][]): KvmEvent[] {
    const all = this.events.splice(0).map(({ event }) => event);
    return all.filter(({ kind }) => kinds.includes(kind));
  }

  /** vCPUs kicked since the last `take`. */
  kicked(): number[] {
    return this.events.filter(({ event }) => event.kind === 'vcpu.kick').map(({ place }) => place.vcpu ?? -1);
  }
}

const INSTR: Readonly<Record<string, number>> = {
  PMR: 0xc230,
  BPR0: 0xc643,
  BPR1: 0xc663,
  CTLR: 0xc664,
  SRE: 0xc665,
  IGRPEN0: 0xc666,
  IGRPEN1: 0xc667,
  AP0R0: 0xc644,
  AP0R1: 0xc645,
  AP1R0: 0xc648,
  AP1R1: 0xc649,
};

export function instr(name: string): number {
  const code = INSTR[name];
  assert.ok(code !== undefined, name);
  return code;
}

/** 64-bit values as hexadecimal text, so that a failure reads like the scenario. */
export function hex(...values: (bigint | number)[]): string[] {
  return values.map((value) => `0x${value.toString(16)}`);
}
