/** What devices and user space do about messages and routes of a machine's VM. Results are those of the ioctls. */
import { type Result } from '../kvm/errno.ts';
import { type GsiRoute, type GsiRoutes } from '../kvm/gic-model.ts';
import { type Msi } from '../kvm/uapi.ts';
import { type Machine } from './machine.ts';

/** KVM_SIGNAL_MSI: 1 delivered, 0 blocked by the guest. */
export function signalMsi(machine: Machine, msi: Msi): Result {
  return machine.vm.signalMsi(msi);
}

/** KVM_SET_GSI_ROUTING. */
export function setGsiRouting(machine: Machine, routes: readonly GsiRoute[]): Result {
  return machine.vm.setGsiRouting(routes);
}

/** @throws RangeError when eventfds lead nowhere in this VM. */
function routesOf({ vm }: Machine): GsiRoutes {
  const routes = vm.gic?.gsis;
  if (routes !== undefined) return routes;
  throw new RangeError(
    'eventfds lead nowhere: they need a vGICv3, a vGICv2, or a vGICv5 in a profile with SPIs (H1, H3, Q, its-preview)',
  );
}

/** A device signals an eventfd of KVM_IRQFD. */
export function signalGsi(machine: Machine, gsi: number, level: boolean): Result {
  return routesOf(machine).signal(gsi, level);
}

/** KVM_IRQFD with KVM_IRQFD_FLAG_RESAMPLE. */
export function addResampler(machine: Machine, gsi: number): void {
  routesOf(machine).addResampler(gsi);
}
