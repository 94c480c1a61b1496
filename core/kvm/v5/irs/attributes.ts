/**
 * Device attributes of the IRS layer (kvm-vgic-v5-spi §11): the address of the frames, the number of SPIs, the
 * registers of the virtual IRS, images of the tables. Each returns 0 or minus an errno in the kernel's order of checks.
 */
import { anyRunning, give, nrIrqs } from '../../attribute.ts';
import { EBUSY, E2BIG, EEXIST, EFAULT, EINVAL, ENXIO, type Result } from '../../errno.ts';
import { UNSET } from '../../frame.ts';
import { type AttributeOp, GROUP, type UserMemory } from '../../uapi.ts';
import { imageAttribute } from './images.ts';
import { irsRowAt, type IrsRow } from './irs-table.ts';
import { IRS_REGION } from './virtual-irs.ts';
import { type VirtualIts } from './virtual-its.ts';
import { DEFAULT_SPIS, type VmIrs } from './vm-irs.ts';

/** Address type of the IRS region in the group ADDR. */
export const ADDR_IRS = 6n;
/** Address type of the prototype's ITS (§12). */
export const ADDR_ITS = 7n;
const ALIGN = 0x1_0000n;
/** SPIs alone count here. */
const SPI_COUNT = { least: DEFAULT_SPIS, most: 1024, privates: 0 };

export interface IrsAttribute {
  readonly irs: VmIrs;
  readonly op: AttributeOp;
  readonly attr: bigint;
  readonly memory: UserMemory;
}

/** Attributes of the groups that this layer knows; undefined: none of its groups. */
export function irsAttribute(request: IrsAttribute, group: number): Result | undefined {
  const { irs, op, attr, memory } = request;
  switch (group) {
    case GROUP.ADDR:
      return address(request);
    case GROUP.NR_IRQS:
      return attr === 0n ? nrIrqs(irs, SPI_COUNT, op, memory) : -ENXIO;
    case GROUP.IRS_REGS:
      return register(request);
    case GROUP.IST:
      return imageAttribute(request);
    default:
      return undefined;
  }
}

function address({ irs, op, attr, memory }: IrsAttribute): Result {
  if (attr === ADDR_ITS && irs.its !== undefined) return itsAddress(irs.its, op, memory);
  if (attr !== ADDR_IRS) return -ENXIO;
  if (op === 'has') return 0;
  if (op === 'get') return give(memory, irs.base.value);
  const base = memory.load(0);
  if (base === undefined) return -EFAULT;
  if (irs.base.value !== UNSET) return -EEXIST;
  if (base % ALIGN !== 0n) return -EINVAL;
  if (base + BigInt(IRS_REGION) > 1n << BigInt(irs.vm.host.facts.paBits ?? 40)) return -E2BIG;
  irs.base.value = base;
  irs.emit({ kind: 'irs.region', base, bytes: IRS_REGION });
  return 0;
}

function itsAddress(its: VirtualIts, op: AttributeOp, memory: UserMemory): Result {
  if (op === 'has') return 0;
  if (op === 'get') return give(memory, its.base.value);
  const base = memory.load(0);
  return base === undefined ? -EFAULT : its.place(base);
}

/** The register at an attribute: the attribute is cut to 32 bits ("Points settled" 1). */
function locate(attr: bigint): IrsRow | Result {
  const offset = Number(attr & 0xffff_ffffn);
  const row = irsRowAt(offset - (offset % 4));
  if (row === undefined) return -ENXIO;
  return offset === row.offset ? row : -EINVAL;
}

/** Common checks of §11.1; "Points settled" 2 for a VM without vCPUs. */
function register({ irs, op, attr, memory }: IrsAttribute): Result {
  const { vm, locks, behaviour } = irs;
  if (vm.vcpus.length === 0) return -EINVAL;
  const row = locate(attr);
  if (op === 'has') return typeof row === 'number' ? row : 0;
  const value = op === 'set' ? memory.load(0) : 0n;
  if (value === undefined) return -EFAULT;
  return locks.with('vm', () => {
    if (anyRunning(vm)) return -EBUSY;
    return locks.with('config', () => {
      if (!vm.initialized.flag) return -EBUSY;
      if (op === 'set' && behaviour.restoresImages && vm.vcpus.some((vcpu) => vcpu.slots.hasRun.flag)) return -EBUSY;
      if (irs.base.value === UNSET) return -ENXIO;
      if (typeof row === 'number') return row;
      return op === 'set' ? set(irs, row, value) : get(irs, row, memory);
    });
  });
}

/** The upper half is ignored for a register of 32 bits. */
function set(irs: VmIrs, row: IrsRow, value: bigint): Result {
  const cut = BigInt.asUintN(row.bytes * 8, value);
  const result = row.userWrite?.(irs, cut);
  if (result === undefined) row.write?.(irs, cut, 0, row.bytes);
  irs.emit({ kind: 'uapi.irsRegister', op: 'set', register: row.name, value: cut });
  return result ?? 0;
}

function get(irs: VmIrs, row: IrsRow, memory: UserMemory): Result {
  const value = BigInt((row.userRead ?? row.read)?.(irs) ?? 0);
  irs.emit({ kind: 'uapi.irsRegister', op: 'get', register: row.name, value });
  return give(memory, value);
}
