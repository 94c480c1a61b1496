/**
 * Making a vCPU's VPE resident and non-resident around the shared load and put (kvm-vgic-v5-spi §5), and doorbells.
 */
import { type HostCpu } from '../../host-cpu.ts';
import { type VcpuVgicV5 } from '../vcpu-vgic.ts';
import { effectivePriorityMask } from '../priority-mask.ts';

/** After VMCR and APR were loaded. False: the context was refused, and the VM is dead. */
export function enterResidency({ vcpu, vm }: VcpuVgicV5, cpu: HostCpu): boolean {
  const { irs } = vm;
  if (irs === undefined) return true;
  const irichppidis = !irs.registers.enabled;
  const vpe = vcpu.id;
  const vmId = irs.vmId.lo;
  if (!irs.host.makeResident(cpu, vmId, vpe, irichppidis)) {
    vcpu.emit({ kind: 'vcpu.resident.fault', vmId, vpe });
    vcpu.vm.kill();
    return false;
  }
  vcpu.emit({ kind: 'vcpu.resident', vmId, vpe, irichppidis });
  irs.host.present(cpu);
  return true;
}

/** Before the slots of the residency change hands; the saved VMCR and APR are up to date. */
export function leaveResidency(gic: VcpuVgicV5, cpu: HostCpu): void {
  const { vcpu, vm } = gic;
  const { irs } = vm;
  if (irs === undefined) return;
  const dbpm = vcpu.slots.inWfi.flag ? doorbellMask(gic) : undefined;
  gic.doorbell?.set(0);
  irs.host.makeNonResident(cpu, dbpm);
  vcpu.emit({ kind: 'vcpu.nonresident', dbRequested: dbpm !== undefined, dbpm: dbpm ?? 0 });
  irs.host.withdraw(cpu, irs.vmId.lo, vcpu.id);
}

/** The worst priority that may wake the vCPU; undefined: no doorbell is requested (§5.2). */
function doorbellMask({ ppis, vm }: VcpuVgicV5): number | undefined {
  const behaviour = vm.irs?.behaviour.doorbell;
  if (behaviour === 'ifEnabled' && vm.irs?.registers.enabled !== true) return undefined;
  // The first posting did not look at the enable bit, and asked for nothing that only priority 0 could ring.
  const first = behaviour === 'ifNotMostUrgent';
  const mask = effectivePriorityMask(first ? ppis.vmcr.lo | 1 : ppis.vmcr.lo, ppis.apr.lo);
  if (mask === 0 || (first && mask === 1)) return undefined;
  return mask - 1;
}

/** The host took the doorbell of a vCPU (§5.3). */
export function ring(gic: VcpuVgicV5): void {
  gic.doorbell?.set(1);
  gic.vcpu.emit({ kind: 'vcpu.doorbell' });
  gic.vcpu.requestAndKick();
}

/** A change of IRS_CR0.IRSEN reaches the vCPUs (§4.1). */
export function followEnable(parts: readonly VcpuVgicV5[], how: 'halt' | 'reload'): void {
  for (const gic of parts) {
    if (how === 'reload') gic.reloadRequest?.set(1);
    else reload(gic);
  }
}

/** Leaves residency and enters it again, with the present state of IRSEN. */
export function reload(gic: VcpuVgicV5): void {
  const { vcpu, ppis } = gic;
  const { cpu } = vcpu;
  gic.reloadRequest?.set(0);
  if (cpu === undefined || !ppis.resident.flag) return;
  vcpu.emit({ kind: 'vcpu.reload' });
  leaveResidency(gic, cpu);
  enterResidency(gic, cpu);
}
