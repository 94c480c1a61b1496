/** A vCPU's part of the vGICv5: the plug-in interface over the modules of this folder. */
import { type Words } from '../../gic/v5/words.ts';
import { type Cell, CellClaim } from '../../state/cell.ts';
import { EINVAL, type Result } from '../errno.ts';
import {
  type InterfaceAnswer,
  type Operations,
  type Owner,
  type PendingAnswer,
  type Signal,
  type TrapOutcome,
  type VcpuGic,
} from '../gic-model.ts';
import { type HostCpu } from '../host-cpu.ts';
import { type Vcpu } from '../vcpu.ts';
import { FINALISATIONS } from './finalise.ts';
import { scan } from './irs/ap-list.ts';
import * as irsResidency from './irs/residency.ts';
import { irsAccess, irsOffset } from './irs/virtual-irs.ts';
import * as ownership from './ownership.ts';
import * as residency from './residency.ts';
import { ShadowPpis } from './shadow-ppis.ts';
import { handleTrap } from './trap-handlers.ts';
import { type VmVgicV5 } from './vm-vgic.ts';
import * as worldSwitch from './world-switch.ts';

export class VcpuVgicV5 implements VcpuGic {
  readonly vm: VmVgicV5;
  readonly vcpu: Vcpu;
  readonly ppis: ShadowPpis;
  /** The doorbell of this vCPU rang since it was last made non-resident; absent without an IRS. */
  readonly doorbell: Cell | undefined;
  /** Leave residency and enter it again before the next entry. */
  readonly reloadRequest: Cell | undefined;

  constructor(vm: VmVgicV5, vcpu: Vcpu) {
    this.vm = vm;
    this.vcpu = vcpu;
    this.ppis = new ShadowPpis(vcpu);
    if (vm.irs === undefined) return;
    const claim = new CellClaim(vcpu.vm.host.journal, vcpu.vm.vcpuPrefix(vcpu.index));
    this.doorbell = claim.flag('doorbellFired');
    this.reloadRequest = claim.flag('request.irsReload');
  }

  allocate(): Result {
    this.ppis.allocate();
    return 0;
  }

  handleRequests(): void {
    if (this.reloadRequest?.flag === true) irsResidency.reload(this);
  }

  setOwner(intid: number, owner: Owner): Result {
    return ownership.setOwner(this, intid, owner);
  }

  setOperations(intid: number, operations: Operations): Result {
    return ownership.setOperations(this, intid, operations);
  }

  mapHostPpi(intid: number, hostPpi: number): Result {
    return ownership.map(this, intid, hostPpi);
  }

  unmapHostPpi(intid: number): Result {
    return ownership.unmap(this, intid);
  }

  resetMapped(intid: number): void {
    ownership.resetMapped(this, intid);
  }

  /** The physical PPI that this one is mapped to, or -1. */
  hostPpi(intid: number): number {
    return ownership.hostPpi(this, intid);
  }

  /** Mapped and active? */
  isMappedActive(intid: number): boolean {
    return ownership.isMappedActive(this, intid);
  }

  /** Direct injection of a PPI, on or off; takes effect at the next entry. */
  setDirectInjection(ppi: number, on: boolean): void {
    ownership.setDirectInjection(this, ppi, on);
  }

  finalise(): Result {
    FINALISATIONS[this.vcpu.vm.host.profile.ppiFinalisation](this);
    // A table of LPIs was described and its contents never came (kvm-vgic-v5-spi §11.3).
    return this.vm.irs?.registers.restorePending.flag === true ? -EINVAL : 0;
  }

  load(cpu: HostCpu): void {
    residency.load(this, cpu);
  }

  put(cpu: HostCpu): void {
    residency.put(this, cpu);
  }

  flush(cpu: HostCpu): void {
    worldSwitch.flush(this, cpu);
  }

  restore(cpu: HostCpu): void {
    worldSwitch.restore(this, cpu);
  }

  save(cpu: HostCpu): void {
    worldSwitch.save(this, cpu);
  }

  fold(cpu: HostCpu): void {
    worldSwitch.fold(this, cpu);
    // Any vCPU's exit looks at the SPIs of the whole VM (kvm-vgic-v5-spi §6).
    if (this.vm.irs !== undefined) scan(this.vm.irs, this.vcpu);
  }

  hasPending(cpu: HostCpu): PendingAnswer {
    return residency.hasPending(this, cpu);
  }

  signal(cpu: HostCpu): Signal {
    return cpu.interface.signal.flag ? 'irq' : 'none';
  }

  /** Overflow does not exist: every PPI has its place. A change of IRSEN takes the vCPU out. */
  needsExit(): boolean {
    return this.reloadRequest?.flag === true;
  }

  /** The GICv5 registers have their own path (guest-access.ts). */
  interfaceAccess(): InterfaceAnswer {
    return 'elsewhere';
  }

  /** The frames of the virtual IRS and ITS; PPIs have none. */
  memoryAccess(address: bigint, length: number, data: bigint | undefined): bigint | undefined {
    const { irs } = this.vm;
    if (irs === undefined) return undefined;
    const offset = irsOffset(irs, address, length);
    if (offset !== undefined) return irsAccess(irs, this.vcpu, offset, length, data);
    const inIts = irs.its?.offsetOf(address, length);
    return inIts === undefined ? undefined : irs.its?.access(this.vcpu, inIts, length, data);
  }

  trappedAccess(register: string, direction: 'read' | 'write', words: Words): TrapOutcome {
    return handleTrap(this, register, direction, words);
  }

  /** The saved control register as priority mask and enable; no caller for PPIs in 7.2 (kvm-vgic-v5 §27). */
  getVmcr(): { readonly enabled: boolean; readonly priorityMask: number } {
    return { enabled: (this.ppis.vmcr.lo & 1) !== 0, priorityMask: this.ppis.vmcr.lo >>> 27 };
  }

  setVmcr(enabled: boolean, priorityMask: number): void {
    this.ppis.vmcr.set((priorityMask << 27) | (enabled ? 1 : 0));
    this.vcpu.emit({ kind: 'hyp.vmcr', vmcr: this.ppis.vmcr.value });
  }
}
