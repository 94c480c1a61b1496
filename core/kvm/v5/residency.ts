/**
 * VMCR and APR travel with the thread: load and put, each at most once per residency (kvm-vgic-v5 §18.1 … §18.3),
 * and the question whether an interrupt would be delivered (§18.4, §18.5).
 */
import { ppiIntid } from '../../gic/v5/ppi.ts';
import { bitsOf } from '../../gic/v5/words.ts';
import { type PendingVerdict } from '../events.ts';
import { type PendingAnswer } from '../gic-model.ts';
import { type HostCpu } from '../host-cpu.ts';
import { effectivePriorityMask } from './priority-mask.ts';
import { enterResidency, leaveResidency } from './irs/residency.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

/** ICH_VCTLR_EL2 for a GICv5 guest: En, not V3. */
const VCTLR_V5 = 1;

export function load(gic: VcpuVgicV5, cpu: HostCpu): void {
  const { ppis, vcpu } = gic;
  if (!vcpu.vm.initialized.flag) return;
  const skipped = ppis.resident.flag;
  if (!skipped) {
    cpu.setVctlr(VCTLR_V5);
    cpu.interface.vmcr.set(ppis.vmcr.lo, ppis.vmcr.hi);
    cpu.interface.apr.set(ppis.apr.lo, ppis.apr.hi);
    ppis.resident.flag = true;
  }
  vcpu.emit({ kind: 'vcpu.load', skipped, vmcr: ppis.vmcr.value, apr: ppis.apr.value });
  if (skipped) return;
  cpu.interface.reevaluate('el2write');
  if (!enterResidency(gic, cpu)) ppis.resident.flag = false;
}

/** Saves APR; VMCR was saved by the last exit. Inside a wait the shadow priorities are brought up to date. */
export function put(gic: VcpuVgicV5, cpu: HostCpu): void {
  const { ppis, vm, vcpu } = gic;
  if (!vcpu.vm.initialized.flag) return;
  const skipped = !ppis.resident.flag;
  const prioritiesSynced = !skipped && vcpu.slots.inWfi.flag;
  if (!skipped) {
    ppis.apr.set(cpu.interface.apr.lo, cpu.interface.apr.hi);
    ppis.resident.flag = false;
    if (prioritiesSynced) for (const ppi of bitsOf(vm.ppiMask.value)) ppis.setPriority(ppi, ppis.imagePriorityOf(ppi));
  }
  vcpu.emit({ kind: 'vcpu.put', skipped, apr: ppis.apr.value, prioritiesSynced });
  if (!skipped) leaveResidency(gic, cpu);
}

/** Asked on `cpu`. Active bits are not consulted (§18.5), shadow priorities may be stale outside a wait (§24.3). */
export function hasPending(gic: VcpuVgicV5, cpu: HostCpu): PendingAnswer {
  const { ppis, vm, vcpu } = gic;
  const mask = effectivePriorityMask(ppis.vmcr.lo, ppis.apr.lo);
  const verdicts: PendingVerdict[] = [];
  // SPIs and LPIs are not asked about: their doorbell says that one waits (kvm-vgic-v5-spi §5.3).
  const doorbell = gic.doorbell?.flag === true;
  let because = doorbell ? 'doorbell' : undefined;
  for (const ppi of mask === 0 ? [] : bitsOf(vm.ppiMask.value)) {
    const enabled = ppis.enabled.has(ppi);
    const priority = ppis.priorityOf(ppi);
    const hw = ppis.hw.has(ppi);
    const asked = enabled && priority < mask;
    const pending = asked && (hw ? physicalLevel(gic, ppi, cpu) : ppis.isPending(ppi));
    verdicts.push({ ppi, enabled, priority, hw, ...(asked ? { pending } : {}) });
    if (!pending) continue;
    because ??= `PPI ${ppi}`;
    break;
  }
  const found = because !== undefined;
  vcpu.emit({ kind: 'vcpu.pendingCheck', mask, ppis: verdicts, doorbell, pending: found });
  return { mask, pending: found, ...(because === undefined ? {} : { because }) };
}

/**
 * Level of the source behind a mapped PPI. The timer operation looks at the timers of whatever vCPU runs on the
 * asking CPU (§24.4); without it the state of the mapped physical line is taken (§28.7).
 */
function physicalLevel({ ppis, vcpu }: VcpuVgicV5, ppi: number, cpu: HostCpu): boolean {
  const warn = (warning: string): false => {
    vcpu.emit({ kind: 'host.warning', warning });
    return false;
  };
  if (ppis.operationsOf(ppi) !== 'timer') return cpu.interface.bank(0)?.physical.has(ppis.hostPpiOf(ppi)) ?? false;
  const running = cpu.vcpu;
  if (running === undefined) return warn(`timer level of PPI ${ppi} asked where no vCPU runs`);
  const timer = running.timers.byIntid(ppiIntid(ppi));
  if (timer === undefined) return warn(`no timer drives PPI ${ppi}`);
  return running.timers.shouldFire(timer, cpu);
}
