/** GICD_IIDR: the implementation revision that userspace may choose (kvm-vgic-v3 §14.4). */
import { EINVAL, type Result } from '../errno.ts';
import { type Access } from './mmio.ts';

/** ProductID and Implementer; GICR_IIDR is this alone. */
export const IIDR_BASE = 0x4b00_043bn;
const REVISION_SHIFT = 12n;
const REVISION_MASK = 0xf000n;

export function readIidr({ vgic }: Access): bigint {
  return IIDR_BASE | (BigInt(vgic.implRev.lo) << REVISION_SHIFT);
}

/** Every other bit must be as it reads; revisions 2 and 3 exist. */
export function writeRevision(access: Access, value: bigint): Result {
  if (((readIidr(access) ^ value) & ~REVISION_MASK & 0xffff_ffffn) !== 0n) return -EINVAL;
  const revision = Number((value & REVISION_MASK) >> REVISION_SHIFT);
  if (revision !== 2 && revision !== 3) return -EINVAL;
  access.vgic.implRev.set(revision);
  return 0;
}
