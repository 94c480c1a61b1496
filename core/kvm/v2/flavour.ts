/** The GICv2 as the shared machinery sees it (kvm-vgic-v3 §1; gicv3-behaviour §13). */
import { offsetIn } from '../frame.ts';
import { type VgicFlavour } from '../vgic/flavour.ts';
import { CPU_FRAME_V2, CPU_INTERFACE_V2 } from './cpu-interface-page.ts';
import { DIST_FRAME_V2, DISTRIBUTOR_V2 } from './distributor.ts';

export const FLAVOUR_V2: VgicFlavour = {
  initialGroup: 0,
  sre: 0,
  initialPendbaser: 0n,
  sgiSources: true,
  countsSpis: false,
  haltsForPrivate: false,
  exactPendingLatch: false,
  lazyInit: true,
  privateRouting: ({ vcpu }) => (1 << vcpu.id) & 0xff,
  distributor: DISTRIBUTOR_V2,
  distributorFrame: DIST_FRAME_V2,
  otherFrame: (vgic, address, length) => {
    if (!vgic.distMapped.flag) return undefined;
    const offset = offsetIn(vgic.cpuBase.value, CPU_FRAME_V2, address, length);
    return offset === undefined ? undefined : { space: CPU_INTERFACE_V2, offset, owner: undefined };
  },
};
