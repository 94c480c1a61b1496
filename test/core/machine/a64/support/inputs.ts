/**
 * Inputs of the recorded programs, from a seed: what the machine that recorded them was given too. Values favour the
 * edges where carries, signs and zero live.
 */

/** Where the recorded programs ran, and the memory they could use. */
export const CODE_BASE = 0x40_0000n;
export const DATA_BASE = 0x80_0000n;
/** Each case has this many bytes of its own; X27 and SP point into them. */
export const CASE_BYTES = 512;
export const BASE_OFFSET = 192;
export const STACK_OFFSET = 320;
/** X0 … X25 are inputs; X26 is zero, X28 and up belong to the recorder. */
export const INPUT_REGISTERS = 26;

export interface Inputs {
  readonly nzcv: number;
  readonly x: readonly bigint[];
  readonly memory: Uint8Array;
}

/** Marsaglia's 32-bit xorshift. */
function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

const EDGES: readonly bigint[] = [
  0n,
  1n,
  0xffff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000n,
  0x7fff_ffffn,
  0xffff_ffffn,
  0x1_0000_0000n,
  0xffff_ffff_0000_0000n,
];

export function inputsOf(seed: number): Inputs {
  const next = generator(Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995);
  for (let i = 0; i < 4; i++) next();
  const value = (): bigint => {
    const kind = next() % 8;
    const wide = (BigInt(next()) << 32n) | BigInt(next());
    if (kind === 0) return EDGES[next() % EDGES.length] ?? 0n;
    if (kind === 1) return BigInt(next() % 70);
    if (kind === 2) return BigInt.asUintN(64, BigInt.asIntN(32, wide));
    return wide;
  };
  const nzcv = next() & 15;
  const x = Array.from({ length: INPUT_REGISTERS }, value);
  const memory = new Uint8Array(CASE_BYTES);
  for (let i = 0; i < CASE_BYTES; i++) memory[i] = next() >>> 11;
  return { nzcv, x, memory };
}
