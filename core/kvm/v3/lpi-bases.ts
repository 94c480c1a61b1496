/** What sticks of GICR_PROPBASER and GICR_PENDBASER (gicv3-registers). */

const PROPBASER_MASK = 0x070f_ffff_ffff_ff9fn;
const PENDBASER_MASK = 0x470f_ffff_ffff_0f80n;
const PTZ = 1n << 62n;

function field(value: bigint, shift: bigint, map: (field: bigint) => bigint): bigint {
  return (value & ~(7n << shift)) | (map((value >> shift) & 7n) << shift);
}

/** Outer cacheability 0 or 1, inner shareable at most, inner cacheable. */
function attributes(value: bigint): bigint {
  let word = field(value, 56n, (outer) => (outer <= 1n ? outer : 0n));
  if (((word >> 10n) & 3n) === 2n) word = (word & ~(3n << 10n)) | (1n << 10n);
  return field(word, 7n, (inner) => (inner <= 1n ? 3n : inner));
}

export function sanitisePropbaser(value: bigint): bigint {
  return attributes(value & PROPBASER_MASK) & PROPBASER_MASK;
}

export function sanitisePendbaser(value: bigint): bigint {
  return attributes(value & PENDBASER_MASK) & PENDBASER_MASK;
}

/** PTZ is stored but reads 0. */
export function visiblePendbaser(value: bigint): bigint {
  return value & ~PTZ;
}
