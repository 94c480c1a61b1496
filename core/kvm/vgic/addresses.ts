/** Where frames may lie in the guest's physical memory (kvm-vgic-v3 §14.2). */
import { E2BIG, EEXIST, EINVAL, type Result } from '../errno.ts';
import { UNSET } from '../frame.ts';
import { type VgicVm } from './vm-state.ts';

const WORD = 1n << 64n;

/** End of a range; undefined when it wraps. */
export function endOf(base: bigint, size: bigint): bigint | undefined {
  return base + size >= WORD ? undefined : base + size;
}

/** The checks of a frame's address in the kernel's order; `present` is what the address holds now. */
export function checkRange(vgic: VgicVm, present: bigint, base: bigint, alignment: bigint, size: bigint): Result {
  if (present !== UNSET) return -EEXIST;
  if (base % alignment !== 0n || size % alignment !== 0n) return -EINVAL;
  const end = endOf(base, size);
  if (end === undefined) return -EINVAL;
  const limit = 1n << BigInt(vgic.vm.host.facts.paBits ?? 40);
  return base >= limit || end > limit ? -E2BIG : 0;
}

export function overlaps(a: bigint, sizeA: bigint, b: bigint, sizeB: bigint): boolean {
  return a + sizeA > b && a < b + sizeB;
}
