/**
 * A device's message on its way to an ITS (kvm-vgic-v3 §15.3): the cache of translations first, then the ITS that its
 * address belongs to. A translation that succeeded is cached, and a cached one is taken without looking at the ITS, at
 * the vCPU's EnableLPIs, or at whether the caller said that its DeviceID counts.
 */
import { EBUSY, EINVAL, ENODEV, type Result } from '../../errno.ts';
import { MSI_VALID_DEVID, type Msi } from '../../uapi.ts';
import { type VgicVm } from '../../vgic/vm-state.ts';
import { hasIts, itsesOf } from './its-set.ts';
import { raise, triggerMsi } from './msi.ts';

/** 1 delivered, 0 blocked because nothing is mapped, or minus an errno. */
export function injectMsi(vgic: VgicVm, msi: Msi): Result {
  vgic.executing = undefined;
  if (!hasIts(vgic)) return -ENODEV;
  const its = itsesOf(vgic).answeringAt(msi.address, 1);
  const cached = its?.event(msi.device, msi.data);
  if (its !== undefined && cached?.cached === true) {
    raise(its, msi.device, msi.data, cached, 'cached', 'MSI');
    return 1;
  }
  if ((msi.flags & MSI_VALID_DEVID) === 0) return -EINVAL;
  if (its === undefined) return -EINVAL;
  switch (triggerMsi(its, msi.device, msi.data, 'MSI')) {
    case 'itsDisabled':
    case 'lpisDisabled':
      return -EBUSY;
    case 'unmapped':
      return 0;
    case 'translated':
    case 'cached':
      return 1;
  }
}
