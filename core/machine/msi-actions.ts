/** What devices and user space do about messages and routes of a machine's VM. Results are those of the ioctls. */
import { type Result } from '../kvm/errno.ts';
import { type GsiRoute } from '../kvm/gic-model.ts';
import { type Msi } from '../kvm/uapi.ts';
import { irqfd } from './irs-actions.ts';
import { type Machine } from './machine.ts';

/** KVM_SIGNAL_MSI: 1 delivered, 0 blocked by the guest. */
export function signalMsi(machine: Machine, msi: Msi): Result {
  return machine.vm.signalMsi(msi);
}

/** KVM_SET_GSI_ROUTING. */
export function setGsiRouting(machine: Machine, routes: readonly GsiRoute[]): Result {
  return machine.vm.setGsiRouting(routes);
}

/** A device signals an eventfd of KVM_IRQFD. */
export function signalGsi(machine: Machine, gsi: number, level: boolean): Result {
  return machine.vm.gic?.gsis?.signal(gsi, level) ?? irqfd(machine, gsi, level);
}
