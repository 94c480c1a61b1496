/**
 * Who owns a PPI, which physical interrupt is behind it, and which operations it has (kvm-vgic-v5 §12, §13, §15).
 * Mapping and operations are independent: unmapping a PPI leaves its operations alone.
 */
import { ID_MASK, isPpi, SW_PPI } from '../../gic/v5/ppi.ts';
import { EAGAIN, EEXIST, EINVAL, type Result } from '../errno.ts';
import { type Operations, type Owner } from '../gic-model.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

const STORED_PPIS = 64;
/** Physical PPIs that the host has a descriptor for: those that drivers asked for (§13). */
const HOST_PPIS: ReadonlySet<number> = new Set([SW_PPI, 23, 26, 27, 28, 30]);

/** The number of a PPI identifier; undefined for another type. One beyond storage is taken for PPI 0 (§14). */
export function ppiOf(intid: number): number | undefined {
  if (!isPpi(intid)) return undefined;
  const id = intid & ID_MASK;
  return id < STORED_PPIS ? id : 0;
}

export function setOwner({ ppis, vcpu }: VcpuVgicV5, intid: number, owner: Owner): Result {
  if (!vcpu.vm.initialized.flag) return -EAGAIN;
  const ppi = ppiOf(intid);
  if (ppi === undefined) return -EINVAL;
  const now = ppis.ownerOf(ppi);
  if (now !== 'none' && now !== owner) return -EEXIST;
  ppis.setOwner(ppi, owner);
  vcpu.emit({ kind: 'irq.owner', ppi, owner });
  return 0;
}

export function setOperations({ ppis, vcpu }: VcpuVgicV5, intid: number, operations: Operations): Result {
  const ppi = ppiOf(intid);
  if (ppi === undefined) return -EINVAL;
  const before = ppis.operationsOf(ppi);
  ppis.setOperations(ppi, operations);
  vcpu.emit({ kind: 'irq.ops', ppi, before, after: operations });
  return 0;
}

export function map(gic: VcpuVgicV5, intid: number, hostPpi: number): Result {
  const { ppis, vcpu } = gic;
  const ppi = ppiOf(intid);
  if (ppi === undefined || !HOST_PPIS.has(hostPpi)) return -EINVAL;
  ppis.hw.put(ppi, true);
  ppis.setHostPpi(ppi, hostPpi);
  vcpu.emit({ kind: 'irq.map', ppi, hostPpi });
  if (ppis.operationsOf(ppi) !== 'none') setDirectInjection(gic, ppi, true);
  return 0;
}

export function unmap(gic: VcpuVgicV5, intid: number): Result {
  const { ppis, vcpu } = gic;
  if (!vcpu.vm.initialized.flag) return -EAGAIN;
  const ppi = ppiOf(intid);
  if (ppi === undefined) return -EINVAL;
  if (ppis.operationsOf(ppi) !== 'none') setDirectInjection(gic, ppi, false);
  ppis.hw.put(ppi, false);
  ppis.setHostPpi(ppi, 0);
  vcpu.emit({ kind: 'irq.unmap', ppi });
  return 0;
}

/** The PPI's direct-injection bit; nothing checks that a physical PPI of this number is behind it (§15). */
export function setDirectInjection({ ppis, vcpu }: VcpuVgicV5, ppi: number, on: boolean): void {
  ppis.dvir.put(ppi, on);
  vcpu.emit({ kind: 'dvi.change', ppi, on, dvir: ppis.dvir.value });
}

export function resetMapped({ ppis, vcpu }: VcpuVgicV5, intid: number): void {
  const ppi = ppiOf(intid);
  if (ppi === undefined || !ppis.hw.has(ppi)) return;
  ppis.active.put(ppi, false);
  ppis.pendingLatch.put(ppi, false);
  ppis.lineLevel.put(ppi, false);
  vcpu.emit({ kind: 'irq.resetMapped', ppi });
}

export function hostPpi({ ppis }: VcpuVgicV5, intid: number): number {
  const ppi = ppiOf(intid);
  return ppi !== undefined && ppis.hw.has(ppi) ? ppis.hostPpiOf(ppi) : -1;
}

export function isMappedActive({ ppis, vcpu }: VcpuVgicV5, intid: number): boolean {
  const ppi = ppiOf(intid);
  return vcpu.vm.initialized.flag && ppi !== undefined && ppis.hw.has(ppi) && ppis.active.has(ppi);
}
