/**
 * Redistributor regions and the frames in them (kvm-vgic-v3 §14.2, §3.4; gicv3-behaviour §10).
 * A region's index is its position in the list; `count` 0 is the legacy region, open at its end.
 */
import { EEXIST, EINVAL, ENXIO, EBUSY, type Result } from '../errno.ts';
import { UNSET } from '../frame.ts';
import { checkRange, endOf, overlaps } from '../vgic/addresses.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';
import { type RedistRegion, type VgicVm } from '../vgic/vm-state.ts';
import { DIST_FRAME, REDIST_FRAME } from './frames.ts';

const REDIST = BigInt(REDIST_FRAME);
const DIST = BigInt(DIST_FRAME);
const ALIGN = 0x1_0000n;

function sizeOf(vgic: VgicVm, count: number): bigint {
  return BigInt(count === 0 ? vgic.vm.online.lo : count) * REDIST;
}

function overlapsRegion(vgic: VgicVm, base: bigint, size: bigint): boolean {
  return vgic.regions.some((region) => overlaps(base, size, region.base.value, sizeOf(vgic, region.count.lo)));
}

/** Is the layout of distributor and regions valid (§3.4)? */
function layoutIsValid(vgic: VgicVm): boolean {
  const dist = vgic.distBase.value;
  if (dist !== UNSET && endOf(dist, DIST) === undefined) return false;
  for (const region of vgic.regions)
    if (checkRange(vgic, UNSET, region.base.value, ALIGN, sizeOf(vgic, region.count.lo)) !== 0) return false;
  return dist === UNSET || !overlapsRegion(vgic, dist, DIST);
}

function freeSlot(vgic: VgicVm): [number, RedistRegion] | undefined {
  for (const [index, region] of vgic.regions.entries())
    if (region.count.lo === 0 || region.used.lo < region.count.lo) return [index, region];
  return undefined;
}

/** Gives `self` a frame if one is free; none yet is no error. */
export function takeFrame(self: VgicVcpu): Result {
  const { vgic } = self;
  if (self.redistBase.value !== UNSET) return 0;
  const free = freeSlot(vgic);
  if (free === undefined) return 0;
  if (!layoutIsValid(vgic)) return -EINVAL;
  const [index, region] = free;
  const slot = region.used.lo;
  self.redistPlace.set(((slot << 16) | (index + 1)) >>> 0);
  self.redistBase.value = region.base.value + BigInt(slot) * REDIST;
  self.redistMapped.flag = true;
  region.used.set(slot + 1);
  return 0;
}

/** Adds a region, in the kernel's order of checks (§14.2); `count` 0: the legacy attribute. */
export function addRegion(vgic: VgicVm, index: number, base: bigint, count: number): Result {
  const size = sizeOf(vgic, count);
  if (endOf(base, size) === undefined) return -EINVAL;
  const last = vgic.regions.at(-1);
  if (last === undefined) {
    if (index !== 0) return -EINVAL;
  } else {
    if (count === 0) return last.count.lo !== 0 ? -EINVAL : -EEXIST;
    if (index !== vgic.regionCount.lo) return -EINVAL;
  }
  const dist = vgic.distBase.value;
  if (count === 0 && dist !== UNSET && overlaps(base, size, dist, DIST)) return -EINVAL;
  if (overlapsRegion(vgic, base, size)) return -EINVAL;
  const range = checkRange(vgic, UNSET, base, ALIGN, size);
  if (range !== 0) return range;
  vgic.addRegion(base, count);
  return giveFrames(vgic, index);
}

function giveFrames(vgic: VgicVm, index: number): Result {
  for (const [n, vcpu] of vgic.vcpus.entries()) {
    const result = takeFrame(vcpu);
    if (result === 0) continue;
    // The frames of earlier vCPUs leave the bus for good, though they keep their addresses (quirk 29).
    for (const earlier of vgic.vcpus.slice(0, n)) earlier.redistMapped.flag = false;
    for (const each of vgic.vcpus) if ((each.redistPlace.lo & 0xffff) === index + 1) each.redistPlace.set(0);
    vgic.regionCount.set(vgic.regionCount.lo - 1);
    return result;
  }
  return 0;
}

/** GICR_TYPER.Last (gicv3-behaviour §10.3). */
export function isLast({ vgic, redistPlace }: VgicVcpu): boolean {
  const place = redistPlace.lo;
  const region = place === 0 ? undefined : vgic.region((place & 0xffff) - 1);
  if (region === undefined) return false;
  const slot = place >>> 16;
  if (slot < region.used.lo - 1) return false;
  const count = region.count.lo;
  if (count === 0 || slot !== count - 1) return true;
  const end = region.base.value + BigInt(count) * REDIST;
  return !vgic.regions.some((other) => other.base.value === end && other.used.lo > 0);
}

/** The checks of the first run (§3.4). */
export function mapResources(vgic: VgicVm): Result {
  if (vgic.vcpus.some((vcpu) => vcpu.redistBase.value === UNSET)) return -ENXIO;
  if (vgic.distBase.value === UNSET) return -ENXIO;
  if (!layoutIsValid(vgic)) return -EINVAL;
  return vgic.vm.initialized.flag ? 0 : -EBUSY;
}
