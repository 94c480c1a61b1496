/** The vGICv5 as KVM registers it (kvm-vgic-v5 §3, §4). */
import { type GicModel } from '../gic-model.ts';
import { DEVICE_VGIC_V5, MAX_VCPU_IDS } from '../uapi.ts';
import { VmVgicV5 } from './vm-vgic.ts';

export const VGIC_V5: GicModel = {
  name: 'vGICv5',
  deviceType: DEVICE_VGIC_V5,
  maxVcpus: () => MAX_VCPU_IDS,
  // Protected KVM offers no GICv5 to anybody.
  offered: ({ gic, pkvm }) => gic === 'v5' && !pkvm,
  attach: (vm) => new VmVgicV5(VGIC_V5, vm),
};
