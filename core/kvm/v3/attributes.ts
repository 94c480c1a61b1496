/** Device attributes of the GICv3 (kvm-vgic-v3 §14): groups, checks in order, errnos. */
import { anyRunning, give } from '../attribute.ts';
import { EBUSY, EFAULT, EINVAL, ENOENT, ENXIO, type Result } from '../errno.ts';
import { UNSET } from '../frame.ts';
import { CTRL, GROUP, type UserMemory } from '../uapi.ts';
import { type AttributeRequest as Request, nrIrqsAttribute, registerAttribute } from '../vgic/attribute.ts';
import { change } from '../vgic/irq-blocks.ts';
import { queue } from '../vgic/queue.ts';
import { checkRange } from '../vgic/addresses.ts';
import { type MmioSpace } from '../vgic/mmio.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';
import { type VgicVm } from '../vgic/vm-state.ts';
import { DISTRIBUTOR_V3 } from './distributor.ts';
import { DIST_FRAME } from './frames.ts';
import { savePendingTables } from './lpi-tables.ts';
import { REDISTRIBUTOR } from './redistributor.ts';
import { addRegion } from './regions.ts';
import { SYSREGS } from './sysregs.ts';

const ADDR = { DIST: 2n, REDIST: 3n, REGION: 5n } as const;
const ALIGN = 0x1_0000n;

/** Groups of the first version (kvm-vgic-v3 §1). */
const FIRST_GROUPS: ReadonlySet<number> = new Set([GROUP.ADDR, GROUP.NR_IRQS]);

export function attributeV3(request: Request, group: number): Result {
  if (!request.vgic.behaviour.savesRegisters && !FIRST_GROUPS.has(group)) return -ENXIO;
  switch (group) {
    case GROUP.ADDR:
      return address(request);
    case GROUP.DIST_REGS:
      return register(request, DISTRIBUTOR_V3, request.vgic.vcpu(0));
    case GROUP.NR_IRQS:
      return nrIrqsAttribute(request);
    case GROUP.CTRL:
      return control(request);
    case GROUP.REDIST_REGS:
      return register(request, REDISTRIBUTOR, vcpuOf(request));
    case GROUP.CPU_SYSREGS:
      return sysreg(request);
    case GROUP.LEVEL_INFO:
      return levelInfo(request);
    case GROUP.MAINT_IRQ:
      return maintenance(request);
    default:
      return -ENXIO;
  }
}

// --- addresses ----------------------------------------------------------------------------------------------------

function address({ vgic, op, attr, memory }: Request): Result {
  const hasRegions = vgic.behaviour.savesRegisters;
  const known = attr === ADDR.DIST || attr === ADDR.REDIST || (attr === ADDR.REGION && hasRegions);
  if (op === 'has') return known ? 0 : -ENXIO;
  // A region's read takes its index from the data, so the word is fetched in every case.
  const value = memory.load(0);
  if (value === undefined && (op === 'set' || attr === ADDR.REGION)) return -EFAULT;
  if (!known) return -ENXIO;
  return op === 'set' ? setAddress(vgic, attr, value ?? 0n) : getAddress(vgic, attr, memory, value ?? 0n);
}

function setAddress(vgic: VgicVm, attr: bigint, value: bigint): Result {
  if (attr === ADDR.REDIST) return addRegion(vgic, 0, value, 0);
  if (attr === ADDR.REGION) {
    const count = Number(value >> 52n);
    if (count === 0 || ((value >> 12n) & 0xfn) !== 0n) return -EINVAL;
    // The index is cut to 8 bits (quirk 11).
    return addRegion(vgic, Number(value & 0xffn), value & 0xf_ffff_ffff_0000n, count);
  }
  const result = checkRange(vgic, vgic.distBase.value, value, ALIGN, BigInt(DIST_FRAME));
  if (result === 0) vgic.distBase.value = value;
  return result;
}

function getAddress(vgic: VgicVm, attr: bigint, memory: UserMemory, value: bigint): Result {
  if (attr === ADDR.DIST) return give(memory, vgic.distBase.value);
  if (attr === ADDR.REDIST) return give(memory, vgic.region(0)?.base.value ?? UNSET);
  const index = value & 0xffn;
  const region = vgic.region(Number(index));
  if (region === undefined) return -ENOENT;
  return give(memory, (BigInt(region.count.lo) << 52n) | region.base.value | index);
}

// --- registers ----------------------------------------------------------------------------------------------------

/** The vCPU named by bits 63:32, one byte per affinity level. */
function vcpuOf({ vgic, attr }: Request): VgicVcpu | undefined {
  const packed = Number((attr >> 32n) & 0xffff_ffffn);
  return vgic.vcpuByAffinity(packed & 0xff_ffff, packed >>> 24);
}

/** GICD_IIDR and GICD_TYPER2 may be reached before initialisation. */
function beforeInit(space: MmioSpace, offset: number): boolean {
  return space === DISTRIBUTOR_V3 && (offset === 8 || offset === 0xc);
}

function register(request: Request, space: MmioSpace, actor: VgicVcpu | undefined): Result {
  const { vm } = request.vgic;
  return registerAttribute(request, space, actor, (offset) =>
    anyRunning(vm) || !(vm.initialized.flag || beforeInit(space, offset)) ? -EBUSY : 0,
  );
}

function sysreg(request: Request): Result {
  const { vgic, op, attr, memory } = request;
  const self = vcpuOf(request);
  if (self === undefined) return -EINVAL;
  const row = SYSREGS.get(Number(attr & 0xffffn));
  if (op === 'has') return row === undefined ? -ENXIO : 0;
  if (anyRunning(vgic.vm)) return -EBUSY;
  if (!vgic.vm.initialized.flag) return -EBUSY;
  if (op === 'set') {
    const value = memory.load(0);
    if (value === undefined) return -EFAULT;
    if (row === undefined) return -ENOENT;
    const result = row.set(self, value);
    self.vcpu.emit({ kind: 'uapi.sysreg', op, register: row.name, value, result });
    return result;
  }
  if (row === undefined) return -ENOENT;
  const value = row.get(self);
  if (typeof value === 'number') return value;
  self.vcpu.emit({ kind: 'uapi.sysreg', op, register: row.name, value, result: 0 });
  return give(memory, value);
}

// --- line levels --------------------------------------------------------------------------------------------------

/** §14.6: the line of each of 32 interrupts. */
function levelInfo(request: Request): Result {
  const { vgic, op, attr, memory } = request;
  const info = Number((attr >> 10n) & 0x3f_ffffn);
  if (op === 'has') return info === 0 ? 0 : -ENXIO;
  const self = vcpuOf(request);
  if (self === undefined) return -EINVAL;
  const value = op === 'set' ? memory.load(0) : 0n;
  if (value === undefined) return -EFAULT;
  if (anyRunning(vgic.vm)) return -EBUSY;
  if (!vgic.vm.initialized.flag) return -EBUSY;
  const intid = Number(attr & 0x3ffn);
  if (info !== 0 || intid % 32 !== 0) return -EINVAL;
  if (op === 'set') {
    writeLines(self, intid, Number(value & 0xffff_ffffn));
    return 0;
  }
  return give(memory, BigInt(readLines(self, intid)));
}

function readLines(self: VgicVcpu, intid: number): number {
  let word = 0;
  for (let i = 0; i < 32; i++) {
    const irq = intid + i < 16 ? undefined : self.vgic.lookup(self, intid + i);
    if (irq?.isLevel === true && irq.line) word |= 1 << i;
  }
  return word >>> 0;
}

function writeLines(self: VgicVcpu, intid: number, word: number): void {
  for (let i = 0; i < 32; i++) {
    const irq = intid + i < 16 ? undefined : self.vgic.lookup(self, intid + i);
    if (irq === undefined) continue;
    const level = ((word >>> i) & 1) !== 0;
    const access = { vgic: self.vgic, actor: self, requester: undefined };
    change(access, irq, 'line', () => (irq.line = level));
    if (level) queue(self.vgic, irq);
  }
}

// --- the rest -----------------------------------------------------------------------------------------------------

/** INIT itself is common (vm.ts). */
function control({ vgic, op, attr }: Request): Result {
  if (attr !== BigInt(CTRL.SAVE_PENDING_TABLES)) return -ENXIO;
  if (op === 'has') return 0;
  if (op === 'get') return -ENXIO;
  return anyRunning(vgic.vm) ? -EBUSY : savePendingTables(vgic);
}

function maintenance({ vgic, op, memory }: Request): Result {
  if (op === 'has') return 0;
  if (op === 'get') return give(memory, BigInt(vgic.maintIntid.lo));
  const value = memory.load(0);
  if (value === undefined) return -EFAULT;
  if (vgic.vm.initialized.flag) return -EBUSY;
  const intid = Number(value & 0xffff_ffffn);
  if (intid < 16 || intid > 31) return -EINVAL;
  vgic.maintIntid.set(intid);
  return 0;
}
