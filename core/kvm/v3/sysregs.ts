/**
 * The CPU interface registers that userspace reaches through attribute group 6 (kvm-vgic-v3 §14.5), by the `instr`
 * field of the attribute. They act on the image in memory, without the hardware's minimum rules.
 */
import { type Cell } from '../../state/cell.ts';
import { EINVAL, type Result } from '../errno.ts';
import { BPR0_SHIFT, BPR1_SHIFT, PMR_SHIFT, VMCR, vmcrBpr0, vmcrBpr1, withBit, withField } from '../../gic/v3/vmcr.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';

/** A value, or minus an errno. */
export interface SysregRow {
  readonly name: string;
  readonly get: (self: VgicVcpu) => bigint | Result;
  readonly set: (self: VgicVcpu, value: bigint) => Result;
}

function store(self: VgicVcpu, word: number): Result {
  // VFIQEn reads 1 for every GICv3 guest.
  self.vmcr.set(withBit(word, VMCR.FIQEN, true));
  return 0;
}

function vmcrField(name: string, shift: number, mask: number): SysregRow {
  return {
    name,
    get: ({ vmcr }) => BigInt((vmcr.lo >>> shift) & mask),
    set: (self, value) => store(self, withField(self.vmcr.lo, shift, mask, Number(value & BigInt(mask)))),
  };
}

const bpr1: SysregRow = {
  name: 'ICC_BPR1_EL1',
  get: ({ vmcr: { lo } }) => BigInt((lo & VMCR.CBPR) !== 0 ? Math.min(vmcrBpr0(lo) + 1, 7) : vmcrBpr1(lo)),
  set: (self, value) =>
    (self.vmcr.lo & VMCR.CBPR) !== 0 ? 0 : store(self, withField(self.vmcr.lo, BPR1_SHIFT, 7, Number(value & 7n))),
};

const SEIS = 1n << 14n;
const A3V = 1n << 15n;

function hostControl(self: VgicVcpu): bigint {
  const { seis = false, aff3 = false } = self.vgic.interfaceSize(self.vcpu.vm.host.facts);
  return (seis ? SEIS : 0n) | (aff3 ? A3V : 0n);
}

const control: SysregRow = {
  name: 'ICC_CTLR_EL1',
  get: (self) => {
    const vmcr = self.vmcr.lo;
    const mode = ((vmcr & VMCR.CBPR) !== 0 ? 1n : 0n) | ((vmcr & VMCR.EOIM) !== 0 ? 2n : 0n);
    return mode | (BigInt(self.priorityBits.lo - 1) << 8n) | (BigInt(self.idBits.lo) << 11n) | hostControl(self);
  },
  // Priority and ID bits are stored as soon as their own check passes (gicv3-registers, ICC_CTLR_EL1).
  set: (self, value) => {
    const priorityBits = Number((value >> 8n) & 7n) + 1;
    if (priorityBits > self.priorityBits.lo) return -EINVAL;
    self.priorityBits.set(priorityBits);
    const idBits = Number((value >> 11n) & 7n);
    if (idBits > self.idBits.lo) return -EINVAL;
    self.idBits.set(idBits);
    if (((value ^ hostControl(self)) & (SEIS | A3V)) !== 0n) return -EINVAL;
    const word = withBit(self.vmcr.lo, VMCR.CBPR, (value & 1n) !== 0n);
    return store(self, withBit(word, VMCR.EOIM, (value & 2n) !== 0n));
  },
};

/** How many active priority registers `priorityBits` allows; 8 is treated like 5 (quirk 24). */
function activeWords(self: VgicVcpu): number {
  return self.priorityBits.lo === 7 ? 4 : self.priorityBits.lo === 6 ? 2 : 1;
}

function activePriorities(group: 0 | 1, n: number): SysregRow {
  const cell = (self: VgicVcpu): Cell | undefined => (group === 0 ? self.ap0r : self.ap1r)[n];
  return {
    name: `ICC_AP${group}R${n}_EL1`,
    get: (self) => (n < activeWords(self) ? BigInt(cell(self)?.lo ?? 0) : -EINVAL),
    set: (self, value) => {
      if (n >= activeWords(self)) return -EINVAL;
      cell(self)?.set(Number(value & 0xffff_ffffn));
      return 0;
    },
  };
}

const sre: SysregRow = {
  name: 'ICC_SRE_EL1',
  get: (self) => BigInt(self.sre.lo),
  set: (_self, value) => ((value & 1n) === 0n ? -EINVAL : 0),
};

function enable(name: string, bit: number): SysregRow {
  return {
    name,
    get: ({ vmcr }) => ((vmcr.lo & bit) !== 0 ? 1n : 0n),
    set: (self, value) => store(self, withBit(self.vmcr.lo, bit, (value & 1n) !== 0n)),
  };
}

export const SYSREGS: ReadonlyMap<number, SysregRow> = new Map<number, SysregRow>([
  [0xc230, vmcrField('ICC_PMR_EL1', PMR_SHIFT, 0xff)],
  [0xc643, vmcrField('ICC_BPR0_EL1', BPR0_SHIFT, 7)],
  ...[0, 1, 2, 3].map((n): [number, SysregRow] => [0xc644 + n, activePriorities(0, n)]),
  ...[0, 1, 2, 3].map((n): [number, SysregRow] => [0xc648 + n, activePriorities(1, n)]),
  [0xc663, bpr1],
  [0xc664, control],
  [0xc665, sre],
  [0xc666, enable('ICC_IGRPEN0_EL1', VMCR.ENG0)],
  [0xc667, enable('ICC_IGRPEN1_EL1', VMCR.ENG1)],
]);

const BY_NAME: ReadonlyMap<string, SysregRow> = new Map([...SYSREGS.values()].map((row) => [row.name, row]));

/** By name, as userspace reads it; undefined: not one of these, or the vCPU lacks it. */
export function savedRegister(self: VgicVcpu, name: string): bigint | undefined {
  const value = BY_NAME.get(name)?.get(self);
  return typeof value === 'bigint' ? value : undefined;
}
