/** The vGICv5 as KVM registers it (kvm-vgic-v5 §3, §4). */
import { type GicModel } from '../gic-model.ts';
import { DEVICE_VGIC_V5, MAX_VCPU_IDS } from '../uapi.ts';
import { VmVgicV5 } from './vm-vgic.ts';

export const VGIC_V5: GicModel = {
  name: 'vGICv5',
  deviceType: DEVICE_VGIC_V5,
  // Where VMs have tables of VPEs, not more than fit one (kvm-vgic-v5-spi §3.1).
  maxVcpus: ({ irs }, facts) =>
    irs === undefined ? MAX_VCPU_IDS : Math.min(MAX_VCPU_IDS, facts.irs?.vcpuLimit ?? facts.irs?.vpes ?? MAX_VCPU_IDS),
  // Protected KVM offers no GICv5 to anybody.
  offered: ({ gic, pkvm }) => gic === 'v5' && !pkvm,
  attach: (vm) => new VmVgicV5(VGIC_V5, vm),
};
