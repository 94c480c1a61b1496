/**
 * Halting a VM around an access to active state (kvm-vgic-v3 §10.3): every vCPU in the guest leaves, in creation
 * order, so that list registers are folded before the access.
 */
import { type VgicVm } from './vm-state.ts';
import { REQUEST } from './vcpu-state.ts';

export function halted<T>(vgic: VgicVm, action: () => T): T {
  const { executing } = vgic;
  for (const each of vgic.vcpus) each.requests.set(each.requests.lo | REQUEST.HALT);
  vgic.vm.emit({ kind: 'vm.requestAll', request: 'sleep' });
  for (const { vcpu } of vgic.vcpus) {
    if (!vcpu.inGuest) continue;
    vcpu.emit({ kind: 'vcpu.forcedExit' });
    vcpu.exit('halt');
  }
  vgic.executing = executing;
  return action();
}
