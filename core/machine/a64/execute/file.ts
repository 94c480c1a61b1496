/**
 * The general register file: two u32 arrays of 34 entries. 0 … 30 are X0 … X30, ZERO reads as 0 and is never written,
 * SP is the current stack pointer, SINK takes what is written to XZR. So an operation has no special cases; which
 * index a register field means is decided once, when the operation is made.
 */
export const ZERO = 31;
export const SP = 32;
const SINK = 33;
export const REGISTERS = 34;

/** Index to write for a field where 31 is the zero register. To read, the field itself is the index. */
export const target = (field: number): number => (field === 31 ? SINK : field);

/** Index for a field where 31 is the stack pointer. */
export const orSp = (field: number): number => (field === 31 ? SP : field);

/** Bit of each index in a core's mask of written registers: X0 … X30 bits 0 … 30, SP bit 31. */
const WRITTEN: readonly number[] = Array.from({ length: REGISTERS }, (_, index) => {
  if (index === SP) return 1 << 31;
  return index < ZERO ? 1 << index : 0;
});

export const writtenBit = (index: number): number => WRITTEN[index] ?? 0;
