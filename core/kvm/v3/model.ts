/** The vGICv3 as KVM registers it (kvm-vgic-v3): interrupts in AP lists and list registers, LPIs of an ITS. */
import { type GicModel, type TrapOutcome } from '../gic-model.ts';
import { type Words } from '../../gic/v5/words.ts';
import { ENODEV } from '../errno.ts';
import { DEVICE_VGIC_ITS, DEVICE_VGIC_V3 } from '../uapi.ts';
import { emulateDir } from '../vgic/dir.ts';
import { allocatePrivates } from '../vgic/init.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';
import { type ItsRules, VmVgic, type VmRules } from '../vgic/vm-part.ts';
import { attributeV3 } from './attributes.ts';
import { FLAVOUR_V3 } from './flavour.ts';
import { attributeIts } from './its/attributes.ts';
import { injectMsi } from './its/inject-msi.ts';
import { hasIts, itsesOf } from './its/its-set.ts';
import { mapResources, takeFrame } from './regions.ts';
import { writeSgiRegister } from './sgi.ts';
import { savedRegister } from './sysregs.ts';

/** ICH_VCTLR_EL2 for a GICv3 guest on a GICv5 host: En and V3. */
const VCTLR_V3 = 3;
const SGI_REGISTER = /^ICC_(SGI0|SGI1|ASGI1)R_EL1$/;

function trappedAccess(self: VgicVcpu, register: string, direction: 'read' | 'write', words: Words): TrapOutcome {
  if (register === 'ICC_SRE_EL1') {
    if (direction === 'read') words.value = BigInt(self.sre.lo);
    self.vcpu.emit({ kind: 'trap.sysreg', register, direction, value: words.value });
    return 'emulated';
  }
  if (direction === 'read') {
    // The kernel does not expect a read of a write-only SGI register, and says so.
    if (SGI_REGISTER.test(register)) self.vcpu.emit({ kind: 'host.warning', warning: `read of ${register}` });
    return 'undefined:handler';
  }
  if (register === 'ICC_DIR_EL1') {
    self.vcpu.emit({ kind: 'trap.sysreg', register, direction, value: words.value });
    emulateDir(self, words.lo);
  } else if (SGI_REGISTER.test(register)) writeSgiRegister(self, register, words.value);
  else return 'undefined:handler';
  return 'emulated';
}

const ITS: ItsRules = {
  exists: hasIts,
  create: (vgic) => {
    itsesOf(vgic).create();
  },
  attribute: ({ vgic, op, attr, memory }, index, group) => {
    const its = itsesOf(vgic).at(index);
    return its === undefined ? -ENODEV : attributeIts({ its, op, attr, memory }, group);
  },
  injectMsi,
};

const RULES: VmRules = {
  idGic: 1,
  flavour: FLAVOUR_V3,
  mapResources,
  attribute: attributeV3,
  its: ITS,
  vcpu: {
    vctlr: VCTLR_V3,
    allocate: (self) => {
      allocatePrivates(self);
      return takeFrame(self);
    },
    trappedAccess,
    savedRegister,
  },
};

export const VGIC_V3: GicModel = {
  name: 'vGICv3',
  deviceType: DEVICE_VGIC_V3,
  maxVcpus: ({ vgicV3 }) => vgicV3.maxVcpus,
  offered: ({ gic, v3Compat }) => gic === 'v3' || v3Compat,
  companions: [{ deviceType: DEVICE_VGIC_ITS, offered: ({ vgicV3 }) => vgicV3.its }],
  attach: (vm) => new VmVgic(VGIC_V3, RULES, vm),
};
