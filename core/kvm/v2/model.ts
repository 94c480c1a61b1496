/** The vGICv2 as KVM registers it on a GICv3 host (kvm-vgic-v3; gicv3-registers, GICv2 parts). */
import { type GicModel } from '../gic-model.ts';
import { DEVICE_VGIC_V2 } from '../uapi.ts';
import { offsetIn } from '../frame.ts';
import { tellInterrupt } from '../vgic/guest-interface.ts';
import { FIRST_PPI } from '../vgic/irq.ts';
import { allocatePrivates } from '../vgic/init.ts';
import { registerName } from '../vgic/mmio.ts';
import { VmVgic, type VmRules } from '../vgic/vm-part.ts';
import { attributeV2, mapResources } from './attributes.ts';
import { CPU_INTERFACE_V2 } from './cpu-interface-page.ts';
import { FLAVOUR_V2 } from './flavour.ts';
import { accessPage, GUEST_PAGE } from './guest-page.ts';

export const MAX_VCPUS_V2 = 8;
/** Above it, an identifier names the sender of an SGI. */
const INTID = 0x3ff;
const SOURCE_SHIFT = 10;
const SOURCE = 7;

/** Where the guest finds its CPU interface's first page, the hardware answers. */
const directAccess: NonNullable<VmRules['vcpu']['directAccess']> = (self, hardware, address, length, data) => {
  const { vgic, vcpu } = self;
  const offset = vgic.distMapped.flag ? offsetIn(vgic.cpuBase.value, GUEST_PAGE, address, length) : undefined;
  if (offset === undefined) return undefined;
  const { value, reports } = accessPage(
    hardware,
    offset,
    length,
    data === undefined ? undefined : Number(data & 0xffff_ffffn),
  );
  if (reports !== undefined) {
    const intid = value & INTID;
    const source = intid < FIRST_PPI ? (value >>> SOURCE_SHIFT) & SOURCE : undefined;
    const name = registerName(CPU_INTERFACE_V2, offset);
    tellInterrupt(vcpu, hardware, {
      reports,
      name,
      group: name === 'GICC_AIAR' ? 1 : 0,
      intid,
      ...(source !== undefined && { source }),
    });
  }
  return data === undefined ? BigInt(value) : 0n;
};

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
    directAccess,
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
