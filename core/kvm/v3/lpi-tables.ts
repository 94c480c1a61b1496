/**
 * The tables of LPIs in guest memory (gicv3-behaviour §11): one configuration byte per LPI at GICR_PROPBASER, shared by
 * all vCPUs, and one pending bit per INTID at the GICR_PENDBASER of its target. KVM keeps copies in its interrupts and
 * reads memory only when an LPI is mapped, LPIs are enabled for a vCPU, or software asks for it.
 */
import { EFAULT, ENXIO, type Result } from '../errno.ts';
import { FIRST_LPI } from '../vgic/irq.ts';
import { type Lpi } from '../vgic/lpi.ts';
import { queue, removeLpis } from '../vgic/queue.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';
import { type VgicVm } from '../vgic/vm-state.ts';
import { NONE } from '../vgic/irq.ts';

const ENABLE_LPIS = 1;
const PTZ = 1n << 62n;
const CONFIGURATION_ADDRESS = 0xf_ffff_ffff_f000n;
const PENDING_ADDRESS = 0xf_ffff_ffff_0000n;
const PRIORITY_MASK = 0xfc;
const ENABLED = 1;
const MOST_ID_BITS = 16;

export function lpisEnabled(self: VgicVcpu): boolean {
  return (self.gicrCtlr.lo & ENABLE_LPIS) !== 0;
}

/** INTIDs below this can be LPIs (GICR_PROPBASER.IDbits). */
export function lpiLimit(vgic: VgicVm): number {
  return 2 ** Math.min((vgic.propbaser.lo & 0x1f) + 1, MOST_ID_BITS);
}

/**
 * The LPI with this INTID, for one more event. A new one takes its configuration and its pending bit from memory; one
 * that exists keeps everything, its target too. Minus an errno when memory cannot be read.
 */
export function mapLpi(vgic: VgicVm, intid: number, target: VgicVcpu | undefined): Lpi | Result {
  const known = vgic.lpis.find(intid);
  if (known !== undefined) {
    known.mappings.set(known.mappings.lo + 1);
    return known;
  }
  const lpi = vgic.lpis.pooled(intid);
  lpi.reset({ enabled: false, level: false, group: 1, target: target?.index ?? NONE, routing: 0 });
  lpi.mappings.set(1);
  const result = readConfiguration(vgic, lpi) || takePendingBit(vgic, lpi);
  if (result === 0) return lpi;
  lpi.mappings.set(0);
  vgic.lpis.settle(lpi);
  return result;
}

/** Reads an LPI's configuration byte; with `only`, it counts only if that vCPU is the LPI's target. */
export function readConfiguration(vgic: VgicVm, lpi: Lpi, only?: VgicVcpu): Result {
  const base = vgic.propbaser.value & CONFIGURATION_ADDRESS;
  const byte = vgic.vm.memory.load(base + BigInt(lpi.intid - FIRST_LPI), 1);
  if (byte === undefined) return -EFAULT;
  if (only !== undefined && lpi.target !== only.index) return 0;
  lpi.priority = Number(byte) & PRIORITY_MASK;
  lpi.enabled = (Number(byte) & ENABLED) !== 0;
  vgic.vm.emit({ kind: 'lpi.configured', intid: lpi.intid, priority: lpi.priority, enabled: lpi.enabled });
  queue(vgic, lpi);
  return 0;
}

/** The configuration of every LPI that targets `self`: INVALL, GICR_INVALLR. */
export function readConfigurations(self: VgicVcpu): void {
  for (const lpi of self.vgic.lpis.all) readConfiguration(self.vgic, lpi, self);
}

function pendingAddress(self: VgicVcpu, intid: number): bigint {
  return (self.pendbaser.value & PENDING_ADDRESS) + BigInt(intid >>> 3);
}

/** The bit in memory becomes the latch and is taken out there. */
function takePendingBit(vgic: VgicVm, lpi: Lpi): Result {
  const self = vgic.vcpu(lpi.target);
  if (self === undefined) return 0;
  const { memory } = vgic.vm;
  const address = pendingAddress(self, lpi.intid);
  const byte = memory.load(address, 1);
  if (byte === undefined) return -EFAULT;
  const bit = 1n << BigInt(lpi.intid & 7);
  lpi.latch = (byte & bit) !== 0n;
  queue(vgic, lpi);
  if ((byte & bit) === 0n) return 0;
  return memory.store(address, 1, byte & ~bit) ? 0 : -EFAULT;
}

/** GICR_CTLR.EnableLPIs becomes 1: unless PTZ said that the table is zero, it is read for the LPIs that target `self`. */
export function enableLpis(self: VgicVcpu): void {
  self.gicrCtlr.set(ENABLE_LPIS);
  if ((self.pendbaser.value & PTZ) !== 0n) return;
  const { vgic } = self;
  for (const lpi of vgic.lpis.all) {
    const byte = vgic.vm.memory.load(pendingAddress(self, lpi.intid), 1);
    if (byte === undefined) return;
    if (lpi.target === self.index) lpi.latch = ((byte >> BigInt(lpi.intid & 7)) & 1n) !== 0n;
    queue(vgic, lpi);
  }
}

/** It becomes 0; `dropCaches` forgets the translations of all ITSs. */
export function disableLpis(self: VgicVcpu, dropCaches: () => void): void {
  removeLpis(self);
  dropCaches();
  self.gicrCtlr.set(0);
}

/** KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES: the latch of each LPI that has a target. */
export function savePendingTables(vgic: VgicVm): Result {
  if (!vgic.vm.initialized.flag) return -ENXIO;
  const { memory } = vgic.vm;
  for (const lpi of vgic.lpis.all) {
    const self = vgic.vcpu(lpi.target);
    if (self === undefined) continue;
    const address = pendingAddress(self, lpi.intid);
    const byte = memory.load(address, 1);
    if (byte === undefined) return -EFAULT;
    const bit = 1n << BigInt(lpi.intid & 7);
    const wanted = lpi.latch ? byte | bit : byte & ~bit;
    if (wanted !== byte && !memory.store(address, 1, wanted)) return -EFAULT;
  }
  return 0;
}
