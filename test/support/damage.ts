/** Damages bytes at random, the same way for the same numbers. */

/** Gives 0 … n−1. */
export type Random = (n: number) => number;

/** Numbers that only the seed decides (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

/** Numbers at the edges of what fields hold. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const DIGITS = ['', '0', '-1', '511', '512', '4294967296', '99999999999999999999', '0x', '0xffffffffffffffff', '1e9'];
const FILLS = [0, 0x0a, 0x20, 0x30, 0x7f, 0xff];

type Damage = (bytes: Buffer, at: number, random: Random) => Buffer;

const cut: Damage = (bytes, at, random) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(200))]);
const double: Damage = (bytes, at, random) => Buffer.concat([bytes.subarray(0, at + random(200)), bytes.subarray(at)]);
const end: Damage = (bytes, at) => bytes.subarray(0, at);

const DAMAGES: readonly Damage[] = [
  (bytes, at, random) => {
    bytes[at] = random(256);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    return bytes;
  },
  (bytes, at, random) => {
    bytes.subarray(at, at + 1 + random(16)).fill(FILLS[random(FILLS.length)] ?? 0);
    return bytes;
  },
  (bytes, at, random) => {
    const value = EXTREMES[random(EXTREMES.length)] ?? 0;
    if (at + 4 > bytes.length) return bytes;
    if (random(2) === 0) bytes.writeUInt32LE(value, at);
    else bytes.writeUInt32BE(value, at);
    return bytes;
  },
  // A number of a text by another one.
  (bytes, at, random) => {
    const isDigit = (i: number): boolean => (bytes[i] ?? 0) >= 0x30 && (bytes[i] ?? 0) <= 0x39;
    let from = at;
    while (from < bytes.length && !isDigit(from)) from++;
    let to = from;
    while (to < bytes.length && isDigit(to)) to++;
    const other = Buffer.from(DIGITS[random(DIGITS.length)] ?? '');
    return Buffer.concat([bytes.subarray(0, from), other, bytes.subarray(to)]);
  },
  // A piece in another place.
  (bytes, at, random) => {
    const piece = bytes.subarray(at, at + 1 + random(120));
    const to = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
  },
  cut,
  double,
];

/** One to eight damages; one input in sixteen also ends early. */
export function damaged(seed: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let left = 1 + random(8); left > 0 && bytes.length > 0; left--) {
    const damage = DAMAGES[random(DAMAGES.length)] ?? end;
    bytes = damage(bytes, random(bytes.length), random);
  }
  return random(16) === 0 && bytes.length > 0 ? end(bytes, random(bytes.length), random) : bytes;
}
