/** The GICv2 as the shared machinery sees it (kvm-vgic-v3 §1; gicv3-behaviour §13). */
import { inFrame } from '../vgic/bus.ts';
import { type VgicFlavour } from '../vgic/flavour.ts';
import { UNSET } from '../vgic/vm-state.ts';
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
    const base = vgic.cpuBase.value;
    if (base === UNSET || !vgic.distMapped.flag || !inFrame(base, CPU_FRAME_V2, address, length)) return undefined;
    return { space: CPU_INTERFACE_V2, offset: Number(address - base), owner: undefined };
  },
};
