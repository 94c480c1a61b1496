/** Reads numbers and text of a trace.dat in order, in the file's byte order, never past the end of what it was given. */
import { DatFault } from './fault.ts';

export class Bytes {
  readonly data: Uint8Array;
  readonly view: DataView;
  /** Where `data` begins in the file; of decompressed data, where its compressed form begins. */
  readonly origin: number;
  readonly little: boolean;
  readonly what: string;
  at = 0;

  constructor(data: Uint8Array, origin: number, little: boolean, what: string) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
    this.origin = origin;
    this.little = little;
    this.what = what;
  }

  get left(): number {
    return this.data.length - this.at;
  }

  u8(): number {
    return this.view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.view.getUint16(this.#take(2), this.little);
  }

  u32(): number {
    return this.view.getUint32(this.#take(4), this.little);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.#take(8), this.little);
  }

  i64(): bigint {
    return this.view.getBigInt64(this.#take(8), this.little);
  }

  /** A 64-bit size or offset. @throws DatFault when it cannot be one */
  size(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.fault('corrupt', `${this.what} has an impossible size or offset, 0x${value.toString(16)}.`, 8);
    return Number(value);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.data.subarray(at, at + length);
  }

  text(length: number): string {
    return textOf(this.bytes(length));
  }

  /** Text up to and without its NUL. */
  cstr(): string {
    const end = this.data.indexOf(0, this.at);
    if (end < 0) throw this.fault('truncated', `${this.what} ends inside a text.`);
    const text = textOf(this.data.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  fault(code: 'truncated' | 'corrupt', problem: string, back = 0): DatFault {
    return new DatFault(code, this.origin + this.at - back, problem);
  }

  #take(length: number): number {
    const at = this.at;
    if (!(length >= 0) || length > this.data.length - at)
      throw this.fault('truncated', `${this.what} ends too early: ${length} more bytes wanted, ${this.left} there.`);
    this.at = at + length;
    return at;
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
