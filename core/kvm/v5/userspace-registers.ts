/**
 * User-space access to the EL1 registers of a vCPU (kvm-vgic-v5 §21), as the later series has it: the device group
 * CPU_SYSREGS. Which profiles offer it, and until when, is the profile's `userspaceRegisters`.
 *
 * A set is an assignment, unmasked: images and shadow take the value as it is, hidden PPIs included.
 */
import { registerByName } from '../../gic/registers.ts';
import { type Cell } from '../../state/cell.ts';
import { anyRunning, give } from '../attribute.ts';
import { EBUSY, EFAULT, EINVAL, ENOENT, ENXIO, type Result } from '../errno.ts';
import { type AttributeOp, type UserMemory } from '../uapi.ts';
import { type Vcpu } from '../vcpu.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';
import { type VmVgicV5 } from './vm-vgic.ts';

export interface UserspaceRegister {
  readonly name: string;
  readonly set: (gic: VcpuVgicV5, value: bigint) => void;
  readonly get: (gic: VcpuVgicV5) => bigint;
}

const ICSR_MASK = 0xffff_0000_f83fn;
const PRIORITY_MASK = 0x1f1f_1f1f_1f1f_1f1fn;
const CR0_LINK_BITS = 6n;
const VPMR_SHIFT = 27n;

/** A register that swallows writes and reads 0: PPIs 64 … 127 have no storage. */
const absent = (name: string): UserspaceRegister => ({ name, set: () => undefined, get: () => 0n });

/** A bitmap in the image and in the shadow; a read takes the shadow. */
const bitmap = (
  name: string,
  image: (gic: VcpuVgicV5) => Cell,
  shadow: (gic: VcpuVgicV5) => Cell,
): UserspaceRegister => ({
  name,
  set: (gic, value) => {
    image(gic).value = value;
    shadow(gic).value = value;
  },
  get: (gic) => shadow(gic).value,
});

const priority = (n: number): UserspaceRegister => ({
  name: `ICC_PPI_PRIORITYR${n}_EL1`,
  set: ({ ppis }, value) => {
    for (const cell of [ppis.priorityr[n], ppis.priority[n]])
      if (cell !== undefined) cell.value = value & PRIORITY_MASK;
  },
  get: ({ ppis }) => ppis.priorityr[n]?.value ?? 0n,
});

export const USERSPACE_REGISTERS: readonly UserspaceRegister[] = [
  {
    name: 'ICC_ICSR_EL1',
    set: ({ ppis }, value) => {
      ppis.icsr.value = value & ICSR_MASK;
    },
    get: ({ ppis }) => ppis.icsr.value,
  },
  bitmap(
    'ICC_PPI_ENABLER0_EL1',
    ({ ppis }) => ppis.enabler,
    ({ ppis }) => ppis.enabled,
  ),
  absent('ICC_PPI_ENABLER1_EL1'),
  bitmap(
    'ICC_PPI_SACTIVER0_EL1',
    ({ ppis }) => ppis.activer,
    ({ ppis }) => ppis.active,
  ),
  absent('ICC_PPI_SACTIVER1_EL1'),
  {
    name: 'ICC_PPI_SPENDR0_EL1',
    set: ({ ppis }, value) => {
      const level = ppis.level.value;
      ppis.lineLevel.value = (ppis.lineLevel.value & ~level) | (value & level);
      ppis.pendingLatch.value = (ppis.pendingLatch.value & level) | (value & ~level);
    },
    get: ({ ppis }) => ppis.pendingLatch.value | (ppis.lineLevel.value & ppis.level.value),
  },
  absent('ICC_PPI_SPENDR1_EL1'),
  ...Array.from({ length: 8 }, (_, n) => priority(n)),
  ...Array.from({ length: 8 }, (_, n) => absent(`ICC_PPI_PRIORITYR${n + 8}_EL1`)),
  {
    name: 'ICC_APR_EL1',
    set: ({ ppis }, value) => {
      ppis.apr.value = value & 0xffff_ffffn;
    },
    get: ({ ppis }) => ppis.apr.value,
  },
  {
    name: 'ICC_CR0_EL1',
    set: ({ ppis }, value) => {
      ppis.vmcr.value = (ppis.vmcr.value & ~1n) | (value & 1n);
    },
    get: ({ ppis, vcpu }) => (ppis.vmcr.value & 1n) | (vcpu.vm.host.profile.userspaceCr0ShowsLink ? CR0_LINK_BITS : 0n),
  },
  {
    name: 'ICC_PCR_EL1',
    set: ({ ppis }, value) => {
      ppis.vmcr.value = (ppis.vmcr.value & 1n) | ((value & 0x1fn) << VPMR_SHIFT);
    },
    get: ({ ppis }) => ppis.vmcr.value >> VPMR_SHIFT,
  },
];

const byName = new Map(USERSPACE_REGISTERS.map((register) => [register.name, register]));

/** What a set of this register does, for those who restore state by other means. */
export function userspaceRegisterByName(name: string): UserspaceRegister | undefined {
  return byName.get(name);
}

/** Encoding of a system register in an attribute: op0 15:14, op1 13:11, CRn 10:7, CRm 6:3, op2 2:0. */
function encodingOf(name: string): bigint | undefined {
  const encoding = registerByName(name, 'v5')?.encoding;
  if (encoding === undefined) return undefined;
  const [op0, op1, crn, crm, op2] = encoding;
  return BigInt((op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2);
}

let byEncoding: ReadonlyMap<bigint, UserspaceRegister> | undefined;

function decodeRegister(attr: bigint): UserspaceRegister | undefined {
  byEncoding ??= new Map(
    USERSPACE_REGISTERS.flatMap((register) => {
      const encoding = encodingOf(register.name);
      return encoding === undefined ? [] : [[encoding, register] as const];
    }),
  );
  return byEncoding.get(attr & 0xffffn);
}

/** Affinity of a vCPU as the guest sees it: 4 bits of the id in Aff0, then 8 each. */
function affinityOf(vcpu: Vcpu): bigint {
  const { id } = vcpu;
  return BigInt((id & 0xf) | (((id >>> 4) & 0xff) << 8) | (((id >>> 12) & 0xff) << 16));
}

/** The attribute of a register of a vCPU: encoding below, affinity in the upper 32 bits, Aff3 in the top byte. */
export function sysregAttribute(vcpu: Vcpu, name: string): bigint {
  const encoding = encodingOf(name);
  if (encoding === undefined) throw new RangeError(`no system register named ${name}`);
  return (affinityOf(vcpu) << 32n) | encoding;
}

export function userspaceRegister(vm: VmVgicV5, op: AttributeOp, attr: bigint, memory: UserMemory): Result {
  const access = vm.vm.host.profile.userspaceRegisters;
  if (access === 'absent') return -ENXIO;
  const register = decodeRegister(attr);
  const { vcpus } = vm.vm;
  const vcpu = vcpus.find((candidate) => affinityOf(candidate) === attr >> 32n);
  // For a query too: the attribute is taken apart first (kvm-vgic-v5-spi §11.1; "Points settled" 2 for the IRS).
  if (vcpu === undefined) return -EINVAL;
  if (op === 'has') return register === undefined ? -ENXIO : 0;
  if (anyRunning(vm.vm)) return -EBUSY;
  if (!vm.vm.initialized.flag) return -EBUSY;
  const gic = vm.vcpu(vcpu);
  if (op === 'get') {
    if (register === undefined) return -ENOENT;
    const value = register.get(gic);
    vcpu.emit({ kind: 'uapi.sysreg', op, register: register.name, value, result: 0 });
    return give(memory, value);
  }
  if (access === 'untilFirstRun' && vcpus.some((each) => each.slots.hasRun.flag)) return -EBUSY;
  const value = memory.load(0);
  if (value === undefined) return -EFAULT;
  if (register === undefined) return -ENOENT;
  register.set(gic, value);
  vcpu.emit({ kind: 'uapi.sysreg', op: 'set', register: register.name, value, result: 0 });
  return 0;
}
