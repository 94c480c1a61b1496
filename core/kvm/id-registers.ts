/**
 * The fields GIC and GCIE of a VM's identification registers and the four moments at which they are written
 * (kvm-vgic-v5 §9.4). The other fields of these registers are not modelled and read 0.
 */
import { EBUSY, EINVAL, ENOENT, type Result } from './errno.ts';
import { type IdFields } from './gic-model.ts';
import { type Vm } from './vm.ts';

const GIC_SHIFT = 24n;
const GCIE_SHIFT = 12n;
const FIELD = 0xfn;

type IdRegister = 'ID_AA64PFR0_EL1' | 'ID_AA64PFR2_EL1';

export function isIdRegister(name: string): name is IdRegister {
  return name === 'ID_AA64PFR0_EL1' || name === 'ID_AA64PFR2_EL1';
}

/** The value as the guest and user space read it. */
export function readIdRegister(vm: Vm, name: IdRegister): bigint {
  return name === 'ID_AA64PFR0_EL1' ? vm.idGic.value << GIC_SHIFT : vm.idGcie.value << GCIE_SHIFT;
}

/** What the host can do: the most that a VM may show. */
function hostFields(vm: Vm, nested: boolean): IdFields {
  const { gic, v3Compat } = vm.host.facts;
  const hasV3 = gic === 'v3' || v3Compat;
  // A guest hypervisor is never shown GICv5 (§25).
  return { gic: hasV3 ? 1 : 0, gcie: gic === 'v5' && !nested ? 1 : 0 };
}

function store(vm: Vm, { gic, gcie }: IdFields, cause: string): void {
  vm.idGic.set(gic);
  vm.idGcie.set(gcie);
  vm.emit({ kind: 'vm.idregs', gic, gcie, cause });
}

/** Moment 1, the first KVM_ARM_VCPU_INIT: the host's capability, whatever irqchip already exists. */
export function resetIdRegisters(vm: Vm, nested: boolean): void {
  if (vm.idRegistersReset.flag) return;
  vm.idRegistersReset.flag = true;
  store(vm, hostFields(vm, nested), 'vcpuInit');
}

/** Moments 2 and 4, device creation and first run: the fields of the irqchip that really exists. */
export function finaliseIdRegisters(vm: Vm, cause: 'createDevice' | 'firstRun'): void {
  store(vm, vm.gic?.idFields ?? { gic: 0, gcie: 0 }, cause);
}

/** Moment 3, a write by user space: at most the host's capability, and nothing new once the VM has run. */
export function writeIdRegister(vm: Vm, name: IdRegister, value: bigint): Result {
  if (vm.ranOnce.flag) return value === readIdRegister(vm, name) ? 0 : -EBUSY;
  const shift = name === 'ID_AA64PFR0_EL1' ? GIC_SHIFT : GCIE_SHIFT;
  const field = Number((value >> shift) & FIELD);
  const limit = hostFields(vm, false);
  if (value !== BigInt(field) << shift) return -EINVAL;
  if (field > (name === 'ID_AA64PFR0_EL1' ? limit.gic : limit.gcie)) return -EINVAL;
  const now = { gic: vm.idGic.lo, gcie: vm.idGcie.lo };
  store(vm, name === 'ID_AA64PFR0_EL1' ? { ...now, gic: field } : { ...now, gcie: field }, 'userspace');
  return 0;
}

/** The errno of a register that the one-register ioctls do not offer; GICv5's are among them (§21). */
export const UNKNOWN_REGISTER: Result = -ENOENT;
