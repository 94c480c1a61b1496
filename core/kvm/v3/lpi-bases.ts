/** What sticks of registers with the address of a table: GICR_PROPBASER, GICR_PENDBASER, those of an ITS (gicv3-registers). */

const PROPBASER_MASK = 0x070f_ffff_ffff_ff9fn;
const PENDBASER_MASK = 0x470f_ffff_ffff_0f80n;
const PTZ = 1n << 62n;

function field(value: bigint, shift: bigint, map: (field: bigint) => bigint): bigint {
  return (value & ~(7n << shift)) | (map((value >> shift) & 7n) << shift);
}

/** First bits of the fields of cacheability. */
interface CacheFields {
  readonly outer: bigint;
  readonly inner: bigint;
}

const GICR: CacheFields = { outer: 56n, inner: 7n };

/** Outer cacheability 0 or 1, inner shareable at most, inner cacheable. */
export function sanitiseAttributes(value: bigint, { outer, inner }: CacheFields): bigint {
  let word = field(value, outer, (bits) => (bits <= 1n ? bits : 0n));
  if (((word >> 10n) & 3n) === 2n) word = (word & ~(3n << 10n)) | (1n << 10n);
  return field(word, inner, (bits) => (bits <= 1n ? 3n : bits));
}

export function sanitisePropbaser(value: bigint): bigint {
  return sanitiseAttributes(value & PROPBASER_MASK, GICR) & PROPBASER_MASK;
}

export function sanitisePendbaser(value: bigint): bigint {
  return sanitiseAttributes(value & PENDBASER_MASK, GICR) & PENDBASER_MASK;
}

/** PTZ is stored but reads 0. */
export function visiblePendbaser(value: bigint): bigint {
  return value & ~PTZ;
}
