/**
 * The identification registers of a VM as its guest and userspace read them: constants of the processor
 * (id-registers.data.ts), the features of the VM, and the fields GIC and GCIE, which are stored and written at four
 * moments (kvm-vgic-v5 §9.4). Encodings of their space that name no register read 0.
 */
import { parseEncoding } from '../gic/registers.ts';
import { EBUSY, EINVAL, ENOENT, type Result } from './errno.ts';
import { type IdFields } from './gic-model.ts';
import { DIRECT_ID_REGISTERS, type IdField, TRAPPED_ID_REGISTERS } from './id-registers.data.ts';
import { type Vcpu } from './vcpu.ts';
import { type Vm } from './vm.ts';

const FIELD = 0xfn;
/** ID_AA64PFR0_EL1.EL2: it is there, and A64 alone. */
const EL2 = 1n << 8n;

/** Fields that the VM or the vCPU decides, each of four bits, by register. */
const DECIDED: Readonly<Record<string, { readonly lsb: bigint; readonly value: (vcpu: Vcpu) => bigint }>> = {
  ID_AA64PFR0_EL1: { lsb: 24n, value: ({ vm }) => vm.idGic.value },
  ID_AA64PFR2_EL1: { lsb: 12n, value: ({ vm }) => vm.idGcie.value },
  ID_AA64DFR0_EL1: { lsb: 8n, value: ({ hasPmu }) => (hasPmu ? 1n : 0n) },
  ID_AA64MMFR0_EL1: { lsb: 0n, value: ({ vm }) => physicalRange(vm.host.facts.paBits ?? 40) },
};
/** The stored ones of them, as store() names them. */
const STORED: Readonly<Record<string, keyof IdFields>> = { ID_AA64PFR0_EL1: 'gic', ID_AA64PFR2_EL1: 'gcie' };

/** ID_AA64MMFR0_EL1.PARange: the most of the architecture's sizes that `bits` hold. */
const SIZES = [32, 36, 40, 42, 44, 48, 52];
const physicalRange = (bits: number): bigint => BigInt(SIZES.findLastIndex((size) => size <= bits));

const valueOf = (fields: readonly IdField[]): bigint =>
  fields.reduce((word, [, lsb, value]) => word | (BigInt(value) << BigInt(lsb)), 0n);

const CONSTANTS: ReadonlyMap<string, bigint> = new Map(
  [...Object.entries(TRAPPED_ID_REGISTERS), ...Object.entries(DIRECT_ID_REGISTERS)].map(([name, fields]) => [
    name,
    valueOf(fields),
  ]),
);

/** Is it one that a guest reads without an exit? */
export const isDirectIdRegister = (name: string): boolean => name in DIRECT_ID_REGISTERS;

/** Encodings that are kept for identification registers to come (op0 3, op1 0, CRn 0, CRm 1 to 7) read 0. */
function isReserved(name: string): boolean {
  const [op0, op1, crn, crm = 0] = parseEncoding(name) ?? [];
  return op0 === 3 && op1 === 0 && crn === 0 && crm >= 1 && crm <= 7;
}

export function isIdRegister(name: string): boolean {
  return CONSTANTS.has(name) || isReserved(name);
}

/** The value as the guest and userspace read it; `name` is of an identification register. */
export function readIdRegister(vcpu: Vcpu, name: string): bigint {
  const constant = CONSTANTS.get(name) ?? 0n;
  const decided = DECIDED[name];
  const level2 = name === 'ID_AA64PFR0_EL1' && vcpu.isNested ? EL2 : 0n;
  return constant | level2 | (decided === undefined ? 0n : decided.value(vcpu) << decided.lsb);
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

/**
 * Moment 3, a write by userspace: at most the host's capability, and nothing new once the VM has run. Of the other fields
 * each is what it is: those that KVM would let userspace lower are 0 here, or say what the processor lacks.
 */
export function writeIdRegister(vcpu: Vcpu, name: string, value: bigint): Result {
  const { vm } = vcpu;
  const present = readIdRegister(vcpu, name);
  if (vm.ranOnce.flag) return value === present ? 0 : -EBUSY;
  const field = STORED[name];
  const lsb = DECIDED[name]?.lsb;
  if (field === undefined || lsb === undefined) return value === present ? 0 : -EINVAL;
  if (((value ^ present) & ~(FIELD << lsb)) !== 0n) return -EINVAL;
  const wanted = Number((value >> lsb) & FIELD);
  if (wanted > hostFields(vm, false)[field]) return -EINVAL;
  store(vm, { gic: vm.idGic.lo, gcie: vm.idGcie.lo, [field]: wanted }, 'userspace');
  return 0;
}

/** The errno of a register that the one-register ioctls do not offer; GICv5's are among them (§21). */
export const UNKNOWN_REGISTER: Result = -ENOENT;
