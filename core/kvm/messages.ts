/** Messages of devices to a VM, and routes of GSIs (kvm-vgic-v3 §15.2, §15.3). */
import { EINVAL, EIO, ENODEV, type Result } from './errno.ts';
import { type GsiRoute } from './gic-model.ts';
import { MSI_VALID_DEVID, type Msi } from './uapi.ts';
import { type Vm } from './vm.ts';

/** KVM_SIGNAL_MSI: 1 delivered, 0 blocked by the guest, or minus an errno. */
export function signalMsi(vm: Vm, msi: Msi): Result {
  const result = inject(vm, msi);
  vm.emit({ kind: 'uapi.signalMsi', msi, result });
  return result;
}

function inject({ dead, gic }: Vm, msi: Msi): Result {
  if (dead.flag) return -EIO;
  if (gic === undefined || (msi.flags & ~MSI_VALID_DEVID) !== 0) return -EINVAL;
  return gic.injectMsi?.(msi) ?? -ENODEV;
}

/** KVM_SET_GSI_ROUTING. */
export function setGsiRouting(vm: Vm, routes: readonly GsiRoute[]): Result {
  const result = vm.dead.flag ? -EIO : (vm.gic?.gsis?.replace(routes) ?? -EINVAL);
  vm.emit({ kind: 'uapi.gsiRouting', routes: routes.length, result });
  return result;
}
