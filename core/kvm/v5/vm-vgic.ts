/**
 * The VM's part of the vGICv5: exposed PPIs, INIT, device attributes, routing of user space's interrupt lines. SPIs, LPIs
 * and the virtual IRS are `irs/vm-irs.ts`, in the profiles that have them.
 */
import { intidOf, SPI } from '../../gic/v5/irs/iste.ts';
import { nameAt } from '../../gic/registers.ts';
import { isPpi, PMUIRQ, ppiIntid, SW_PPI } from '../../gic/v5/ppi.ts';
import { type Cell, CellClaim } from '../../state/cell.ts';
import { EBUSY, EFAULT, EINVAL, ENODEV, ENXIO, type Result } from '../errno.ts';
import { UNSET } from '../frame.ts';
import {
  type FramePlace,
  type GicModel,
  type GsiRoutes,
  type IdFields,
  type Owner,
  type TrapValues,
  type VmGic,
} from '../gic-model.ts';
import { implementedPpis } from '../host-facts.ts';
import { type AttributeOp, CTRL, DEVICE_VGIC_V5, GROUP, IRQ_TYPE, type Msi, type UserMemory } from '../uapi.ts';
import { type Vcpu } from '../vcpu.ts';
import { type Vm } from '../vm.ts';
import { inject } from './inject.ts';
import { irsAttribute } from './irs/attributes.ts';
import { injectSpi } from './irs/inject-spi.ts';
import { followEnable, ring } from './irs/residency.ts';
import { irsOffset } from './irs/virtual-irs.ts';
import { VmIrs } from './irs/vm-irs.ts';
import { initialise } from './irs/vm-life.ts';
import { userspaceRegister } from './userspace-registers.ts';
import { VcpuVgicV5 } from './vcpu-vgic.ts';

const PRIORITY_BITS = 5;
/** Encoding of 16 identifier bits. */
const ID_BITS_16 = 0;
const STORED_PPIS = 64;

export class VmVgicV5 implements VmGic {
  readonly model: GicModel;
  readonly vm: Vm;
  readonly idFields: IdFields = { gic: 0, gcie: 1 };
  /** Reads of IDR0 and IAFFIDR and writes of ENABLER trap (gicv5-registers §3.2). */
  readonly traps: TrapValues = { read: 0x1f_007d, write: 0x1c_0065, instruction: 0x7ff };
  readonly disablesHostTimers = true;
  readonly hardwareTimers = true;
  readonly waitsInHardware = true;
  readonly hasDefaultPmuIntid = true;
  /** PPIs that user space may drive; 0 before INIT. */
  readonly userspacePpis: Cell;
  /** Exposed PPIs; 0 before the finalisation. */
  readonly ppiMask: Cell;
  /** Exposed PPIs that are level-sensitive. */
  readonly ppiHmr: Cell;
  /** SPIs, LPIs and the virtual IRS; absent in kernels that have PPIs only. */
  readonly irs: VmIrs | undefined;
  readonly gsis?: GsiRoutes;
  readonly #vcpus: VcpuVgicV5[] = [];

  constructor(model: GicModel, vm: Vm) {
    const claim = new CellClaim(vm.host.journal, vm.prefix);
    this.model = model;
    this.vm = vm;
    this.userspacePpis = claim.cell('userspacePpis');
    this.ppiMask = claim.cell('ppiMask');
    this.ppiHmr = claim.cell('ppiHmr');
    const { irs } = vm.host.profile;
    this.irs = irs === undefined || vm.host.irs === undefined ? undefined : new VmIrs(vm, vm.host.irs, irs);
    if (this.irs === undefined) return;
    this.gsis = this.irs.listeners;
    this.irs.onEnable = (how) => followEnable(this.#vcpus.slice(0, vm.online.lo), how);
    this.irs.onDoorbell = (vcpu) => ring(this.vcpu(vcpu));
  }

  reserve(nrIrqs?: number): void {
    this.irs?.reserve(nrIrqs);
  }

  frameAt(address: bigint): FramePlace | undefined {
    const { irs } = this;
    if (irs === undefined) return undefined;
    const offset = irsOffset(irs, address, 1);
    if (offset !== undefined) return { register: nameAt('IRS', offset), offset };
    const inIts = irs.its?.offsetOf(address, 1);
    return inIts === undefined ? undefined : { register: nameAt('ITS', inIts), offset: inIts };
  }

  created(): void {}

  attach(vcpu: Vcpu): VcpuVgicV5 {
    const part = new VcpuVgicV5(this, vcpu);
    this.#vcpus[vcpu.index] = part;
    return part;
  }

  /** This model's part of a vCPU. */
  vcpu(vcpu: Vcpu): VcpuVgicV5 {
    const part = this.#vcpus[vcpu.index];
    if (part === undefined) throw new RangeError(`vCPU ${vcpu.index} has no vGICv5 part`);
    return part;
  }

  ppiIntid(ppi: number): number {
    return ppiIntid(ppi);
  }

  isPpiIntid(intid: number): boolean {
    return isPpi(intid);
  }

  acceptsPmuIntid(intid: number): boolean {
    return intid === ppiIntid(PMUIRQ);
  }

  /** PPIs have no frames; the virtual IRS must have an address (kvm-vgic-v5-spi §4). */
  mapResources(): Result {
    if (!this.vm.initialized.flag) return -EBUSY;
    return this.irs?.base.value === UNSET ? -ENXIO : 0;
  }

  /** CTRL_INIT (kvm-vgic-v5 §7): no vCPU can be added afterwards; after EINVAL it never succeeds. */
  initialise(): Result {
    const { irs } = this;
    return irs === undefined ? this.#initialisePpis() : irs.locks.with('config', () => this.#initialiseIrs(irs));
  }

  #initialiseIrs(irs: VmIrs): Result {
    const result = initialise(irs);
    return result === 0 ? this.#initialisePpis() : result;
  }

  #initialisePpis(): Result {
    const { vm } = this;
    if (vm.vcpus.some((vcpu) => vcpu.isNested)) return -EINVAL;
    this.userspacePpis.value = (1n << BigInt(SW_PPI)) & implementedPpis(vm.host.facts);
    for (const vcpu of vm.vcpus) {
      const { ppis } = this.vcpu(vcpu);
      ppis.idBits.set(ID_BITS_16);
      ppis.priorityBits.set(PRIORITY_BITS);
    }
    vm.initialized.flag = true;
    vm.emit({ kind: 'vm.init', vcpus: vm.vcpus.length, userspacePpis: this.userspacePpis.value });
    return 0;
  }

  /** Attributes other than CTRL_INIT (§6, §21). */
  attribute(op: AttributeOp, group: number, attr: bigint, memory: UserMemory): Result {
    if (group === GROUP.CTRL && attr === BigInt(CTRL.USERSPACE_PPIS)) {
      if (op === 'set') return -ENXIO;
      return op === 'has' ? 0 : this.#copyUserspacePpis(memory);
    }
    if (group === GROUP.CPU_SYSREGS) return userspaceRegister(this, op, attr, memory);
    const { irs } = this;
    return (irs === undefined ? undefined : irsAttribute({ irs, op, attr, memory }, group)) ?? -ENXIO;
  }

  /** Two words, stored one after the other: a fault at the second leaves the first written. */
  #copyUserspacePpis(memory: UserMemory): Result {
    return memory.store(0, this.userspacePpis.value) && memory.store(1, 0n) ? 0 : -EFAULT;
  }

  /** KVM_SIGNAL_MSI (kvm-vgic-v5-spi §12). */
  injectMsi(msi: Msi): Result {
    return this.irs?.listeners.message(msi) ?? -ENODEV;
  }

  routeIrqLine(type: number, vcpu: Vcpu | undefined, number: number): number {
    if (!this.vm.initialized.flag) return -EBUSY;
    // Without an IRS there is no storage for SPIs (§8).
    if (type === IRQ_TYPE.SPI && this.irs !== undefined)
      return number < this.irs.nrSpis.lo ? intidOf(SPI, number) : -EINVAL;
    if (type !== IRQ_TYPE.PPI || vcpu === undefined || number >= STORED_PPIS) return -EINVAL;
    return this.userspacePpis.has(number) ? ppiIntid(number) : -EINVAL;
  }

  inject(vcpu: Vcpu | undefined, intid: number, level: boolean, owner: Owner): Result {
    if (!this.vm.initialized.flag) {
      (vcpu ?? this.vm).emit({ kind: 'irq.inject', intid, level, owner, accepted: false, reason: 'notInitialised' });
      return 0;
    }
    if (vcpu !== undefined && isPpi(intid)) return inject(this.vcpu(vcpu), intid, level, owner);
    if (this.irs !== undefined) return injectSpi(this.irs, { intid, level, owner });
    if (vcpu !== undefined) return inject(this.vcpu(vcpu), intid, level, owner);
    this.vm.emit({ kind: 'irq.inject', intid, level, owner, accepted: false, reason: 'badTarget' });
    return -EINVAL;
  }
}

/** The vGICv5 of a VM, whether or not it is the one that the VM uses; undefined: the host offers none. */
export function vgicV5Of(vm: Vm): VmVgicV5 | undefined {
  const part = vm.gics.get(DEVICE_VGIC_V5);
  return part instanceof VmVgicV5 ? part : undefined;
}
