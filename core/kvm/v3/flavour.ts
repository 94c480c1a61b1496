/** The GICv3 as the shared machinery sees it (kvm-vgic-v3 §1). */
import { offsetIn } from '../frame.ts';
import { type VgicFlavour } from '../vgic/flavour.ts';
import { DISTRIBUTOR_V3 } from './distributor.ts';
import { DIST_FRAME, REDIST_FRAME } from './frames.ts';
import { itsesOf } from './its/its-set.ts';
import { REDISTRIBUTOR } from './redistributor.ts';

/** SRE, DFB, DIB. */
const SRE = 7;
const PENDBASER = 0x580n;

export const FLAVOUR_V3: VgicFlavour = {
  initialGroup: 1,
  sre: SRE,
  initialPendbaser: PENDBASER,
  sgiSources: false,
  countsSpis: true,
  haltsForPrivate: true,
  exactPendingLatch: true,
  lazyInit: false,
  // 0 while MPIDR is not assigned yet ("Points settled", 7).
  privateRouting: ({ affinity }) => Number(affinity & 0xff_ffffn),
  distributor: DISTRIBUTOR_V3,
  distributorFrame: DIST_FRAME,
  otherFrame: (vgic, address, length) => {
    for (const vcpu of vgic.vcpus) {
      if (!vcpu.redistMapped.flag) continue;
      const offset = offsetIn(vcpu.redistBase.value, REDIST_FRAME, address, length);
      if (offset !== undefined) return { space: REDISTRIBUTOR, offset, owner: vcpu };
    }
    const itses = itsesOf(vgic);
    const its = itses.answeringAt(address, length);
    return its && { space: itses.spaceOf(its), offset: Number(address - its.base.value), owner: undefined };
  },
};
