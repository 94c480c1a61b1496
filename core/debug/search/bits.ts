/**
 * Tests of numbers on the two u32 halves of a 64-bit word, made once per condition. Up to 32 bits wide (nearly
 * always) they are one shift, one mask and a comparison; wider ones compare the halves.
 */
import { type Edge } from '../condition/ast.ts';
import { type Interval, type NumberTest } from '../condition/tests.ts';

/** Test of a word; `known` false: the slot is unknown or the value absent. */
export type WordTest = (lo: number, hi: number, known: boolean) => boolean;

export function wordTest(test: NumberTest, lsb: number, width: number): WordTest {
  const { absent } = test;
  const inside = insideTest(test, lsb, width);
  return (lo, hi, known) => (known ? inside(lo, hi) : absent);
}

type Inside = (lo: number, hi: number) => boolean;
type NumberPair = readonly [from: number, to: number];

function insideTest({ mask, intervals }: NumberTest, lsb: number, width: number): Inside {
  const largest = (1n << BigInt(width)) - 1n;
  const bits = mask & largest;
  const cut = intervals.filter(([from]) => from <= bits);
  if (cut.length === 0) return () => false;
  if (bits > 0xffff_ffffn) return wideTest(cut, bits, lsb);
  const field = lowBits(lsb, Number(bits));
  const pairs = cut.map(([from, to]): NumberPair => [Number(from), Number(to > bits ? bits : to)]);
  const [only] = pairs;
  if (pairs.length === 1 && only !== undefined) {
    const [from, to] = only;
    if (from === to) return (lo, hi) => field(lo, hi) === from;
    return (lo, hi) => {
      const value = field(lo, hi);
      return value >= from && value <= to;
    };
  }
  return (lo, hi) => {
    const value = field(lo, hi);
    return pairs.some(([from, to]) => value >= from && value <= to);
  };
}

/** Bits from `lsb` up, masked to at most 32. */
function lowBits(lsb: number, mask: number): (lo: number, hi: number) => number {
  if (lsb === 0) return (lo) => (lo & mask) >>> 0;
  if (lsb >= 32) return (_lo, hi) => ((hi >>> (lsb - 32)) & mask) >>> 0;
  return (lo, hi) => (((lo >>> lsb) | (hi << (32 - lsb))) & mask) >>> 0;
}

function wideTest(intervals: readonly Interval[], mask: bigint, lsb: number): Inside {
  const maskLo = Number(mask & 0xffff_ffffn);
  const maskHi = Number(mask >> 32n);
  const fieldLo = lowBits(lsb, maskLo);
  const fieldHi = (hi: number): number => ((lsb >= 32 ? 0 : hi >>> lsb) & maskHi) >>> 0;
  const pairs = intervals.map(([from, to]) => ({
    fromLo: Number(from & 0xffff_ffffn),
    fromHi: Number(from >> 32n),
    toLo: Number(to & 0xffff_ffffn),
    toHi: Number(to >> 32n),
  }));
  return (lo, hi) => {
    const low = fieldLo(lo, hi);
    const high = fieldHi(hi);
    return pairs.some(
      ({ fromLo, fromHi, toLo, toHi }) =>
        (high > fromHi || (high === fromHi && low >= fromLo)) && (high < toHi || (high === toHi && low <= toLo)),
    );
  };
}

/** Words before and after a change, with known bits 0 (before) and 1 (after). */
export type EdgeTest = (beforeLo: number, beforeHi: number, afterLo: number, afterHi: number, known: number) => boolean;

/**
 * Whether a change of a slot is that edge of `width` bits from `lsb` up.
 * changes: the value or whether it is known differs. rises: known afterwards and larger than before, an unknown
 * value counting as 0. falls: known before and after, and smaller. Postings count by the same rules.
 */
export function edgeTest(edge: Edge, lsb: number, width: number): EdgeTest {
  const mask = width >= 32 ? 0xffff_ffff : 2 ** width - 1;
  const low = lowBits(lsb, mask);
  const highMask = width > 32 ? (width >= 64 ? 0xffff_ffff : 2 ** (width - 32) - 1) : 0;
  const high = (hi: number): number => (highMask === 0 || lsb >= 32 ? 0 : ((hi >>> lsb) & highMask) >>> 0);
  const above = (aLo: number, aHi: number, bLo: number, bHi: number): boolean => {
    const upper = high(aHi) - high(bHi);
    return upper > 0 || (upper === 0 && low(aLo, aHi) > low(bLo, bHi));
  };
  switch (edge) {
    case 'changes':
      return (beforeLo, beforeHi, afterLo, afterHi, known) =>
        known === 1 ||
        known === 2 ||
        (known === 3 && (low(beforeLo, beforeHi) !== low(afterLo, afterHi) || high(beforeHi) !== high(afterHi)));
    case 'rises':
      return (beforeLo, beforeHi, afterLo, afterHi, known) =>
        (known & 2) !== 0 && (known & 1 ? above(afterLo, afterHi, beforeLo, beforeHi) : above(afterLo, afterHi, 0, 0));
    case 'falls':
      return (beforeLo, beforeHi, afterLo, afterHi, known) =>
        known === 3 && above(beforeLo, beforeHi, afterLo, afterHi);
  }
}
