/** Accesses to a part of a 64-bit register. */
export interface Part {
  /** In bytes, from any place that is aligned to 8. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** What a read of this part gives. */
export function extract(value: bigint, { offset, length }: Part): bigint {
  return BigInt.asUintN(length * 8, value >> BigInt((offset & 7) * 8));
}

/** The register after a write of this part. */
export function update(old: bigint, { offset, length }: Part, value: bigint): bigint {
  const shift = BigInt((offset & 7) * 8);
  const mask = ((1n << BigInt(length * 8)) - 1n) << shift;
  return (old & ~mask) | ((value << shift) & mask);
}
