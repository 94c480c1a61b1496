/** Bits and fields of a register value, for the bit ruler and the field table. Pure. */

export interface Bit {
  readonly index: number;
  readonly set: boolean;
  readonly changed: boolean;
  /** First bit of a field: its number is written above. */
  readonly label: boolean;
}

interface Field {
  readonly name: string;
  readonly msb: number;
  readonly lsb: number;
}

/** Bits of a field as `0x…`. */
export function fieldValue(value: string, msb: number, lsb: number): string {
  const mask = (1n << BigInt(msb - lsb + 1)) - 1n;
  return `0x${((BigInt(value) >> BigInt(lsb)) & mask).toString(16)}`;
}

/**
 * The bits that the ruler shows, most significant first: all 32 or 64 when the width needs it. A 64-bit register whose
 * upper half is zero now and before shows its lower half only; the caller says so with the label `31`.
 */
export function rulerBits(value: string, bits: number, before: string | null, fields: readonly Field[]): Bit[] {
  const now = BigInt(value);
  const was = before === null ? now : BigInt(before);
  const upper = bits > 32 && ((now | was) >> 32n !== 0n || fields.some((field) => field.msb > 31 && isNamed(field)));
  const count = upper ? bits : Math.min(bits, 32);
  const starts = new Set(fields.filter(isNamed).map((field) => Math.min(field.msb, count - 1)));
  const ends = new Set(fields.filter((field) => isNamed(field) && field.msb - field.lsb >= 4).map(({ lsb }) => lsb));
  return Array.from({ length: count }, (_, column) => {
    const index = count - 1 - column;
    const bit = (now >> BigInt(index)) & 1n;
    return {
      index,
      set: bit === 1n,
      changed: bit !== ((was >> BigInt(index)) & 1n),
      label: index === count - 1 || index === 0 || starts.has(index) || ends.has(index),
    };
  });
}

/** Fields without a name of their own: reserved bits. */
export function isNamed(field: { readonly name: string }): boolean {
  return field.name !== '' && !/^(RES[01]|RAZ|UNKNOWN|reserved)/i.test(field.name);
}

/** `31:27`, `0`. */
export function bitRange(msb: number, lsb: number): string {
  return msb === lsb ? String(msb) : `${msb}:${lsb}`;
}

/** Numbers of the set bits of a mask of at most 64 bits, ascending. */
export function setBits(mask: string): number[] {
  const value = BigInt(mask);
  const bits: number[] = [];
  for (let bit = 0; bit < 64; bit++) if ((value >> BigInt(bit)) & 1n) bits.push(bit);
  return bits;
}
