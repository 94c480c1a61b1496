/** Frames of registers in a guest's physical memory. */

/** The address of a frame that user space has not placed yet, as attributes show it. */
export const UNSET = 0xffff_ffff_ffff_ffffn;

/** The offset of [address, address + length) in a frame; undefined: not all of it is inside, or the frame has no place. */
export function offsetIn(base: bigint, size: number, address: bigint, length: number): number | undefined {
  if (base === UNSET || address < base || address + BigInt(length) > base + BigInt(size)) return undefined;
  return Number(address - base);
}
