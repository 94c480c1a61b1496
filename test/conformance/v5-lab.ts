/**
 * The fixtures of the vGICv5 conformance scenarios and a guest that is driven access by access. A guest operation
 * first sees to it that the vCPU is loaded and in the guest, as a run loop would; a trap or a kick leaves the guest.
 */
import assert from 'node:assert/strict';
import { Host, type HostOptions } from '../../core/kvm/host.ts';
import { type HostFacts, REFERENCE_HOST } from '../../core/kvm/host-facts.ts';
import { profileByName } from '../../core/kvm/profiles.ts';
import { type Outcome } from '../../core/kvm/outcome.ts';
import { DEVICE_VGIC_V5, GROUP, CTRL, UserWords, VCPU_GROUP, PMU_ATTRIBUTE, BAD_ADDRESS } from '../../core/kvm/uapi.ts';
import { type Vcpu } from '../../core/kvm/vcpu.ts';
import { FEATURE } from '../../core/kvm/vcpu-slots.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { VGIC_V5 } from '../../core/kvm/v5/model.ts';
import { VcpuVgicV5 } from '../../core/kvm/v5/vcpu-vgic.ts';
import { VmVgicV5 } from '../../core/kvm/v5/vm-vgic.ts';
import { sysregAttribute } from '../../core/kvm/v5/userspace-registers.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { type Recorded, recordedOf } from '../core/kvm/recorded.ts';
import { noteProfile } from './named-profiles.ts';

export type { Recorded };

export const H5: HostFacts = REFERENCE_HOST;
export const H5C: HostFacts = { ...H5, v3Compat: true };
export const H5P: HostFacts = { ...H5C, pkvm: true };
export const H3: HostFacts = { ...H5, gic: 'v3' };
const H5N: HostFacts = { ...H5C, vhe: false };
export const H5V: HostFacts = { ...H5C, nestedVirt: true };

export const ALL_ONES = 0xffff_ffff_ffff_ffffn;
/** SW_PPI of vCPU 0, as the interrupt-line ioctl names it. */
export const SW_LINE = 0x0200_0003;
/** HPPIR and acknowledge result of PPI n. */
export const ppi = (n: number): bigint => 0x1_2000_0000n + BigInt(n);

/** A host, one VM on it, and everything that was reported. */
export class Lab {
  readonly journal = new Journal(new Layout());
  readonly host: Host;
  readonly vm: Vm;
  readonly events: Recorded[] = [];

  constructor(facts: HostFacts = H5, profile = 'mainline', options: HostOptions = {}) {
    noteProfile(profile);
    this.host = new Host(this.journal, facts, { profile: profileByName(profile), reserveVcpus: 3, ...options });
    this.host.observe((event, place) => {
      this.events.push(recordedOf(event, place));
    });
    this.vm = this.host.createVm();
  }

  vcpu(index = 0): Vcpu {
    const vcpu = this.vm.vcpu(index);
    if (vcpu === undefined) throw new Error(`no vCPU ${index}`);
    return vcpu;
  }

  /** Creates a vCPU and does KVM_ARM_VCPU_INIT. */
  addVcpu(id: number, features = 0): Vcpu {
    const index = this.vm.online.lo;
    assert.equal(this.vm.createVcpu(id), 0);
    assert.equal(this.vcpu(index).init(features), 0);
    return this.vcpu(index);
  }

  createV5(): number {
    return this.vm.createDevice(DEVICE_VGIC_V5);
  }

  init(): number {
    return this.vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords());
  }

  /** The VM's vGICv5 part. */
  get vgic(): VmVgicV5 {
    const gic = this.vm.gics.get(VGIC_V5.deviceType);
    if (!(gic instanceof VmVgicV5)) throw new Error('no vGICv5');
    return gic;
  }

  gic(index = 0): VcpuVgicV5 {
    const gic = this.vcpu(index).gicOf(VGIC_V5);
    if (!(gic instanceof VcpuVgicV5)) throw new Error('no vGICv5');
    return gic;
  }

  /** KVM_IRQ_LINE. A running vCPU that it kicks leaves the guest. */
  irqLine(irq: number, level: number): number {
    const result = this.vm.irqLine({ irq, level });
    this.settleKicks();
    return result;
  }

  /** vCPUs that were kicked while in the guest leave it. */
  settleKicks(): void {
    for (const vcpu of this.vm.vcpus) if (vcpu.inGuest && vcpu.hasRequest) vcpu.exit('kick');
  }

  pmuSet(attribute: number, value: bigint, index = 0): number {
    return this.vcpu(index).attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(attribute), new UserWords(value));
  }

  pmuInit(index = 0): number {
    return this.pmuSet(PMU_ATTRIBUTE.INIT, 0n, index);
  }

  /** User space's write of an EL1 register, where the profile has it. */
  setRegister(name: string, value: bigint, index = 0): number {
    const attr = sysregAttribute(this.vcpu(index), name);
    return this.vm.deviceAttr('set', GROUP.CPU_SYSREGS, attr, new UserWords(value));
  }

  getRegister(name: string, index = 0): bigint | number {
    const words = new UserWords(0n);
    const attr = sysregAttribute(this.vcpu(index), name);
    const result = this.vm.deviceAttr('get', GROUP.CPU_SYSREGS, attr, words);
    return result === 0 ? (words.words[0] ?? 0n) : result;
  }

  /** Events since the last call, optionally only of some kinds. */
  take(...kinds: string[]): Recorded[] {
    const taken = this.events.splice(0);
    return kinds.length === 0 ? taken : taken.filter(({ kind }) => kinds.includes(kind));
  }

  kinds(...kinds: string[]): string[] {
    return this.take(...kinds).map(({ kind }) => kind);
  }

  guest(index = 0, pcpu = index): Guest {
    return new Guest(this, this.vcpu(index), pcpu);
  }
}

/** V1: one vCPU, vGICv5 created and initialised, not yet run. */
export function v1(facts: HostFacts = H5, profile = 'mainline'): Lab {
  return machine(facts, profile, 1, 0);
}

/** V1 with the PMU feature and PMU_V3_INIT. */
export function v1p(facts: HostFacts = H5, profile = 'mainline'): Lab {
  const lab = machine(facts, profile, 1, FEATURE.PMU);
  assert.equal(lab.pmuInit(), 0);
  return lab;
}

/** V1 with vCPUs 0 and 1. */
export function v2(facts: HostFacts = H5, profile = 'mainline'): Lab {
  return machine(facts, profile, 2, 0);
}

/** V1 on a non-VHE host. */
export const v1n = (): Lab => v1(H5N);

function machine(facts: HostFacts, profile: string, vcpus: number, features: number): Lab {
  const lab = new Lab(facts, profile);
  for (let id = 0; id < vcpus; id++) lab.addVcpu(id, features);
  assert.equal(lab.createV5(), 0);
  assert.equal(lab.init(), 0);
  return lab;
}

/** A guest on one vCPU. Registers are named without their `ICC_` and `_EL1`. */
export class Guest {
  readonly lab: Lab;
  readonly vcpu: Vcpu;
  readonly pcpu: number;

  constructor(lab: Lab, vcpu: Vcpu, pcpu: number) {
    this.lab = lab;
    this.vcpu = vcpu;
    this.pcpu = pcpu;
  }

  /** Runs until the vCPU is in the guest; returns how many entries were abandoned on the way. */
  run(): number {
    const { vcpu } = this;
    if (vcpu.cpu === undefined) assert.equal(vcpu.beginRun(this.lab.host.cpu(this.pcpu)), 0);
    let aborted = 0;
    while (!vcpu.inGuest) if (vcpu.enter() === 'aborted' && ++aborted > 3) throw new Error('the entry never succeeds');
    return aborted;
  }

  /** One exit, and nothing else. */
  exit(): void {
    this.run();
    this.vcpu.exit('test');
  }

  /** KVM_RUN returns to user space. */
  stop(): void {
    this.vcpu.endRun();
  }

  access(direction: 'read' | 'write', name: string, value = 0n): { outcome: Outcome; value: bigint } {
    this.run();
    const full = /^(ID_|PM(CR|OV|INT)|CNT|ICC_|ICH_)/.test(name) ? name : `ICC_${name}_EL1`;
    return this.vcpu.sysreg(direction, full, value);
  }

  read(name: string): bigint {
    const { outcome, value } = this.access('read', name);
    assert.match(outcome, /performed|emulated/, `read of ${name}`);
    return value;
  }

  write(name: string, value: bigint): Outcome {
    const { outcome } = this.access('write', name, value);
    assert.match(outcome, /performed|emulated/, `write of ${name}`);
    return outcome;
  }

  insn(name: string, operand = 0n): bigint {
    this.run();
    const { outcome, value } = this.vcpu.instruction(name, operand);
    assert.equal(outcome, 'performed', name);
    return value;
  }

  cdia = (): bigint => this.insn('GICR CDIA');
  cdnmia = (): bigint => this.insn('GICR CDNMIA');
  cdeoi = (): bigint => this.insn('GIC CDEOI');
  cddi = (operand: bigint): bigint => this.insn('GIC CDDI', operand);

  get pend(): bigint {
    return this.read('PPI_SPENDR0');
  }
  get act(): bigint {
    return this.read('PPI_SACTIVER0');
  }
  get apr(): bigint {
    return this.read('APR');
  }
  get hapr(): bigint {
    return this.read('HAPR');
  }
  get hppir(): bigint {
    return this.read('HPPIR');
  }

  /** The prologue G; the last ENABLER0 write is `enables`. */
  g(enables = 8n): this {
    this.write('PPI_ENABLER0', 0n);
    this.write('PPI_ENABLER1', 0n);
    for (let n = 0; n < 16; n++) this.write(`PPI_PRIORITYR${n}`, 0x1010_1010_1010_1010n);
    this.write('PCR', 0x10n);
    this.write('CR0', 1n);
    this.write('PPI_ENABLER0', enables);
    return this;
  }

  /** Arms a timer whose condition is met at once, or turns it off. */
  timer(timer: 'CNTV' | 'CNTP', on: boolean): void {
    this.write(`${timer}_CVAL_EL0`, 0n);
    this.write(`${timer}_CTL_EL0`, on ? 1n : 0n);
  }

  /** Leaves the guest, enters again. */
  exitAndEnter(): void {
    this.exit();
    this.run();
  }
}

export { BAD_ADDRESS };
