/**
 * The shape of an instruction word, as text: 32 characters, bit 31 first. `0` and `1` are fixed, a letter belongs to the
 * field of that letter, `=` is a copy of field `s` (the N bit of bit-field instructions). Bits of a field that stand
 * apart are joined in order, highest first (TBZ: b5 and b40 are one field `b`).
 *
 * Invariant: `extract(insert(f))` gives back every field that the pattern has. Cost: a mask test per candidate, then
 * one shift and mask per run of bits.
 */

/**
 * The fields of a word by letter, raw bits without sign; 0 where the pattern has no such field.
 * d n m a t u: Rd Rn Rm Ra Rt Rt2 · w: status register of an exclusive · s: 1 = 64-bit · i: immediate ·
 * l: low part of an address immediate · h: shift select, hw, or op0 − 2 · k: shift type · o: extend · v: scale bit ·
 * r e: immr imms · y: N of a bitmask · c: condition · f: flags · b: bit number · p g x q: op1 CRn CRm op2 · z: prefetch operation
 */
export interface Fields {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
  g: number;
  h: number;
  i: number;
  k: number;
  l: number;
  m: number;
  n: number;
  o: number;
  p: number;
  q: number;
  r: number;
  s: number;
  t: number;
  u: number;
  v: number;
  w: number;
  x: number;
  y: number;
  z: number;
}
export type Letter = keyof Fields;

export const noFields = (): Fields => ({
  a: 0,
  b: 0,
  c: 0,
  d: 0,
  e: 0,
  f: 0,
  g: 0,
  h: 0,
  i: 0,
  k: 0,
  l: 0,
  m: 0,
  n: 0,
  o: 0,
  p: 0,
  q: 0,
  r: 0,
  s: 0,
  t: 0,
  u: 0,
  v: 0,
  w: 0,
  x: 0,
  y: 0,
  z: 0,
});

/** Bits `shift` … `shift + width − 1` of the word are bits `at` … of the field. */
interface Run {
  readonly letter: Letter;
  readonly shift: number;
  readonly at: number;
  readonly mask: number;
}

export interface Pattern {
  readonly text: string;
  /** Fixed bits, and their values; unsigned. */
  readonly mask: number;
  readonly value: number;
  readonly runs: readonly Run[];
  /** Positions that repeat field `s`. */
  readonly copies: readonly number[];
  /** Bits of each field. */
  readonly widths: ReadonlyMap<Letter, number>;
}

const LETTERS: ReadonlySet<string> = new Set(Object.keys(noFields()));
const isLetter = (text: string): text is Letter => LETTERS.has(text);

/** @throws Error when the text is no pattern: a mistake in a table. */
export function parsePattern(text: string): Pattern {
  if (text.length !== 32) throw new Error(`pattern ${text} has ${text.length} bits`);
  let mask = 0;
  let value = 0;
  const runs: Run[] = [];
  const copies: number[] = [];
  const widths = new Map<Letter, number>();
  for (let bit = 0; bit < 32;) {
    const letter = text[31 - bit] ?? '';
    if (letter === '0' || letter === '1') {
      mask |= 1 << bit;
      if (letter === '1') value |= 1 << bit;
      bit++;
    } else if (letter === '=') copies.push(bit++);
    else if (isLetter(letter)) {
      const shift = bit;
      while (bit < 32 && text[31 - bit] === letter) bit++;
      const at = widths.get(letter) ?? 0;
      runs.push({ letter, shift, at, mask: maskOf(bit - shift) });
      widths.set(letter, at + bit - shift);
    } else throw new Error(`pattern ${text}: no field ${letter}`);
  }
  return { text, mask: mask >>> 0, value: value >>> 0, runs, copies, widths };
}

const maskOf = (width: number): number => (width === 32 ? 0xffff_ffff : (1 << width) - 1);

/** The fields of a word that has the pattern's fixed bits; undefined when a copy differs from its original. */
export function extract(pattern: Pattern, word: number): Fields | undefined {
  const fields = noFields();
  for (const { letter, shift, at, mask } of pattern.runs) fields[letter] |= ((word >>> shift) & mask) << at;
  for (const bit of pattern.copies) if (((word >>> bit) & 1) !== fields.s) return undefined;
  return fields;
}

/** The word of these fields; bits beyond a field's width are dropped. */
export function insert(pattern: Pattern, fields: Fields): number {
  let word = pattern.value;
  for (const { letter, shift, at, mask } of pattern.runs) word |= ((fields[letter] >>> at) & mask) << shift;
  for (const bit of pattern.copies) word |= (fields.s & 1) << bit;
  return word >>> 0;
}

/** Signed value of a field of `bits` bits. */
export const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
