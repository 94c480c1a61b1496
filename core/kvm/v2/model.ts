/** The vGICv2 as KVM registers it on a GICv3 host (kvm-vgic-v3; gicv3-registers, GICv2 parts). */
import { type GicModel } from '../gic-model.ts';
import { DEVICE_VGIC_V2 } from '../uapi.ts';
import { allocatePrivates } from '../vgic/init.ts';
import { VmVgic, type VmRules } from '../vgic/vm-part.ts';
import { attributeV2, mapResources } from './attributes.ts';
import { FLAVOUR_V2 } from './flavour.ts';

const MAX_VCPUS_V2 = 8;

const RULES: VmRules = {
  idGic: 0,
  flavour: FLAVOUR_V2,
  mapResources,
  attribute: attributeV2,
  vcpu: {
    vctlr: 1,
    allocate: (self) => {
      allocatePrivates(self);
      return 0;
    },
    // The system registers are UNDEFINED in such a guest (§11).
    trappedAccess: () => 'undefined:handler',
  },
};

export const VGIC_V2: GicModel = {
  name: 'vGICv2',
  deviceType: DEVICE_VGIC_V2,
  maxVcpus: () => MAX_VCPUS_V2,
  // A GICv5 host has no GICv2 interface to give.
  offered: ({ gic }) => gic === 'v3',
  attach: (vm) => new VmVgic(VGIC_V2, RULES, vm),
};
