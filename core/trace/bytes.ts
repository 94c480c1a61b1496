/**
 * Bytes in and out of blobs. The writer grows; the reader checks every length against what is left, so that damaged
 * bytes end in a TraceError and never in a read beyond the end or an allocation that the data does not justify.
 *
 * A column of u32 numbers is stored as one width byte (0 = all equal, then the value once; 1 … 4 = bytes a number)
 * and then byte planes: all lowest bytes, all second bytes … Planes of high bytes are nearly constant, which the
 * compressor after this step turns into almost nothing, and decoding is a simple loop.
 * A packed column (packed.ts) is for what no compressor sees: bits a number, in one byte, then the numbers.
 */
import { damaged } from './errors.ts';
import { Packed } from './packed.ts';
import { StoredColumn } from './stored-column.ts';

const TWO32 = 0x1_0000_0000;
const encoder = new TextEncoder();

export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  #wide = new Uint32Array(4096);

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  clear(): this {
    this.length = 0;
    return this;
  }

  /** The bytes written so far, as a view that the next write may invalidate. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    const need = this.length + n;
    if (need <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(need, this.bytes.length * 2));
    bigger.set(this.view());
    this.bytes = bigger;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    const { bytes } = this;
    bytes[this.length++] = value;
    bytes[this.length++] = value >>> 8;
    bytes[this.length++] = value >>> 16;
    bytes[this.length++] = value >>> 24;
  }

  /** Unsigned integer below 2^53, 7 bits a byte, low bits first. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= TWO32) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  raw(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }

  /** UTF-8. */
  text(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.reserve(3 * text.length);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** The first `n` numbers of a column. Always the same array type, or this loop becomes three times slower. */
  column(values: Uint32Array, n: number): void {
    let all = 0;
    let differ = 0;
    const first = n > 0 ? (values[0] ?? 0) : 0;
    for (let i = 0; i < n; i++) {
      const value = values[i] ?? 0;
      all |= value;
      differ |= value ^ first;
    }
    if (differ === 0) {
      this.u8(0);
      this.u32(first);
      return;
    }
    const width = all >>> 24 !== 0 ? 4 : all >>> 16 !== 0 ? 3 : all >>> 8 !== 0 ? 2 : 1;
    this.u8(width);
    this.reserve(width * n);
    for (let shift = 0; shift < width * 8; shift += 8) this.#plane(values, n, shift);
  }

  /** As `column`, for numbers of another type; those of a Float64Array must be u32. */
  columnOf(values: Uint16Array | Uint8Array | Float64Array, n: number): void {
    if (n > this.#wide.length) this.#wide = new Uint32Array(n * 2);
    this.#wide.set(values.subarray(0, n));
    this.column(this.#wide, n);
  }

  /** The first `n` numbers with as many bits each as the largest has. */
  packed(values: Uint32Array, n: number): void {
    let all = 0;
    for (let i = 0; i < n; i++) all |= values[i] ?? 0;
    const width = 32 - Math.clz32(all);
    this.u8(width);
    this.reserve(Math.ceil((n * width) / 8));
    // In two halves: together with up to 7 bits that are left, one of 16 fits 32 bits.
    const low = Math.min(width, 16);
    const lowMask = (1 << low) - 1;
    const { bytes } = this;
    let to = this.length;
    let bits = 0;
    let held = 0;
    for (let i = 0; i < n; i++) {
      const value = values[i] ?? 0;
      bits |= (value & lowMask) << held;
      held += low;
      for (; held >= 8; held -= 8, bits >>>= 8) bytes[to++] = bits;
      if (width === low) continue;
      bits |= (value >>> 16) << held;
      held += width - 16;
      for (; held >= 8; held -= 8, bits >>>= 8) bytes[to++] = bits;
    }
    if (held > 0) bytes[to++] = bits;
    this.length = to;
  }

  #plane(values: Uint32Array, n: number, shift: number): void {
    const { bytes } = this;
    const to = this.length;
    for (let i = 0; i < n; i++) bytes[to + i] = (values[i] ?? 0) >>> shift;
    this.length = to + n;
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** `what` names the blob in error messages. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  fail(problem: string): Error {
    return damaged(this.#what, `${problem} at byte ${this.#at}`);
  }

  /** Ends reading: nothing may be left. */
  end(): void {
    if (this.left !== 0) throw this.fail(`${this.left} bytes too many`);
  }

  u8(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw this.fail('a byte is missing');
    this.#at++;
    return value;
  }

  u32(): number {
    return (this.u8() | (this.u8() << 8) | (this.u8() << 16) | (this.u8() << 24)) >>> 0;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.fail('a number is longer than 53 bits');
      if (byte < 128) return value;
      scale *= 128;
      if (scale > TWO32 * TWO32) throw this.fail('a number does not end');
    }
  }

  /** A varint that counts something of which there can be at most `limit`. */
  count(limit: number, what: string): number {
    const n = this.varint();
    if (n > limit) throw this.fail(`${n} ${what}, at most ${limit} are possible`);
    return n;
  }

  raw(n: number): Uint8Array {
    if (n > this.left) throw this.fail(`${n} bytes wanted, ${this.left} left`);
    const view = this.#bytes.subarray(this.#at, this.#at + n);
    this.#at += n;
    return view;
  }

  /** Passes over a column of `n` numbers and returns it, to be read later. */
  stored(n: number): StoredColumn {
    const width = this.u8();
    if (width > 4) throw this.fail(`column width ${width}, at most 4 is possible`);
    return new StoredColumn(n, width, this.raw(width === 0 ? 4 : width * n));
  }

  /** Passes over a packed column of `n` numbers and returns it. */
  packed(n: number): Packed {
    const width = this.u8();
    if (width > 32) throw this.fail(`${width} bits a number, at most 32 are possible`);
    return new Packed(this.raw(Math.ceil((n * width) / 8)), width, n);
  }

  /** Reads a column of `n` numbers into `out`, which must hold them; a number that does not fit `out` is cut. */
  column<T extends Uint32Array | Uint16Array | Uint8Array>(out: T, n: number): T {
    return this.stored(n).read(out);
  }
}
