/** Binary traces of the `simple` backend, written as a test reads (trace-import-formats §6.2). */

/** An integer of any width, or text. */
export type Argument = bigint | number | string;

interface Layout {
  readonly little?: boolean;
  readonly version?: bigint;
}

export class SimpleFile {
  readonly #parts: Buffer[] = [];
  readonly #little: boolean;
  readonly #ids = new Map<string, bigint>();

  constructor({ little = true, version = 4n }: Layout = {}) {
    this.#little = little;
    this.#parts.push(this.#u64(0xffff_ffff_ffff_ffffn), this.#u64(0xf2b1_77cb_0aa4_29b4n), this.#u64(version));
  }

  event(name: string, time: bigint, ...values: readonly Argument[]): this {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = BigInt(this.#ids.size + 100);
      this.#ids.set(name, id);
      this.#parts.push(this.#u64(0n), this.#u64(id), this.#u32(name.length), Buffer.from(name));
    }
    return this.#record(id, time, values);
  }

  unnamed(id: bigint, time: bigint, ...values: readonly Argument[]): this {
    return this.#record(id, time, values);
  }

  lost(count: bigint, time: bigint): this {
    return this.#record(0xffff_ffff_ffff_fffen, time, [count]);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #record(id: bigint, time: bigint, values: readonly Argument[]): this {
    const encoded = Buffer.concat(
      values.map((value) =>
        typeof value === 'string'
          ? Buffer.concat([this.#u32(Buffer.byteLength(value)), Buffer.from(value)])
          : this.#u64(BigInt.asUintN(64, BigInt(value))),
      ),
    );
    const head = [this.#u64(1n), this.#u64(id), this.#u64(time), this.#u32(24 + encoded.length), this.#u32(4711)];
    this.#parts.push(...head, encoded);
    return this;
  }

  #u64(value: bigint): Buffer {
    const out = Buffer.alloc(8);
    if (this.#little) out.writeBigUInt64LE(value);
    else out.writeBigUInt64BE(value);
    return out;
  }

  #u32(value: number): Buffer {
    const out = Buffer.alloc(4);
    if (this.#little) out.writeUInt32LE(value);
    else out.writeUInt32BE(value);
    return out;
  }
}
