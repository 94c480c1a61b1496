/** Makes trace.dat files by the format's description, for what recordings do not have: other byte orders, sizes, damage. */
import { deflateSync, zstdCompressSync } from 'node:zlib';

export interface Shape {
  readonly version?: 6 | 7;
  readonly big?: boolean;
  readonly longSize?: 4 | 8;
  readonly compression?: 'none' | 'zstd' | 'zlib';
  readonly pageSize?: number;
  /** The one in brackets in the list of clocks; each buffer has it too, but for `bufferClock`. */
  readonly clock?: string;
  readonly bufferClock?: string;
}

export interface Page {
  readonly base: bigint;
  /** Records, each of 4-byte words or whole. */
  readonly data: Uint8Array;
  /** undefined: nothing lost; −1: lost, not counted. */
  readonly lost?: number;
}

export interface TestBuffer {
  readonly name: string;
  /** By CPU. */
  readonly cpus: readonly (readonly Page[])[];
}

/** Writes numbers in the byte order of a file. */
export class Writer {
  readonly big: boolean;
  readonly #parts: Buffer[] = [];

  constructor(big: boolean) {
    this.big = big;
  }

  u8(...values: number[]): this {
    this.#parts.push(Buffer.from(values));
    return this;
  }

  u16(value: number): this {
    const buffer = Buffer.alloc(2);
    if (this.big) buffer.writeUInt16BE(value);
    else buffer.writeUInt16LE(value);
    this.#parts.push(buffer);
    return this;
  }

  u32(value: number): this {
    const buffer = Buffer.alloc(4);
    if (this.big) buffer.writeUInt32BE(value >>> 0);
    else buffer.writeUInt32LE(value >>> 0);
    this.#parts.push(buffer);
    return this;
  }

  u64(value: bigint | number): this {
    const buffer = Buffer.alloc(8);
    if (this.big) buffer.writeBigUInt64BE(BigInt(value));
    else buffer.writeBigUInt64LE(BigInt(value));
    this.#parts.push(buffer);
    return this;
  }

  text(text: string): this {
    this.#parts.push(Buffer.from(text, 'latin1'));
    return this;
  }

  bytes(data: Uint8Array): this {
    this.#parts.push(Buffer.from(data));
    return this;
  }

  get length(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  build(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Header word of a ring buffer record. */
export function record(big: boolean, type: number, delta: number, ...rest: Uint8Array[]): Buffer {
  const word = big ? ((type << 27) | delta) >>> 0 : ((delta << 5) | type) >>> 0;
  return Buffer.concat([new Writer(big).u32(word).build(), ...rest]);
}

const COMMON = [
  ['unsigned short common_type', 0, 2, 0],
  ['unsigned char common_flags', 2, 1, 0],
  ['unsigned char common_preempt_count', 3, 1, 0],
  ['int common_pid', 4, 4, 1],
] as const;

export type TestField = readonly [declaration: string, offset: number, size: number, signed: 0 | 1];

export function format(name: string, id: number, fields: readonly TestField[], print = '""'): string {
  const line = ([declaration, offset, size, signed]: TestField): string =>
    `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;
  return `name: ${name}\nID: ${id}\nformat:\n${COMMON.map(line).join('')}\n${fields.map(line).join('')}\nprint fmt: ${print}\n`;
}

function headerPage(longSize: number, pageSize: number): string {
  return (
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
    `\tfield: local_t commit;\toffset:8;\tsize:${longSize};\tsigned:1;\n` +
    '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
    `\tfield: char data;\toffset:${8 + longSize};\tsize:${pageSize - 8 - longSize};\tsigned:0;\n`
  );
}
const HEADER_EVENT =
  '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n';

/** The bytes of a file with these events. */
export function traceDat(
  shape: Shape,
  systems: Readonly<Record<string, readonly string[]>>,
  commands: string,
  buffers: readonly TestBuffer[],
  more: {
    readonly printk?: string;
    readonly kallsyms?: string;
    readonly options?: readonly (readonly [number, Buffer])[];
  } = {},
): Buffer {
  const { version = 7, big = false, longSize = 8, compression = 'none', pageSize = 4096, clock = 'mono' } = shape;
  const { bufferClock = clock } = shape;
  const writer = (): Writer => new Writer(big);
  const sized = (out: Writer, text: string): Writer => out.u64(text.length).text(text);
  const headerInfo = (out: Writer): Writer =>
    sized(sized(out.text('header_page\0'), headerPage(longSize, pageSize)).text('header_event\0'), HEADER_EVENT);
  const eventFormats = (out: Writer): Writer => {
    out.u32(Object.keys(systems).length);
    for (const [system, formats] of Object.entries(systems)) {
      out.text(`${system}\0`).u32(formats.length);
      for (const text of formats) sized(out, text);
    }
    return out;
  };
  const kallsyms = (out: Writer): Writer => out.u32((more.kallsyms ?? '').length).text(more.kallsyms ?? '');
  const printk = (out: Writer): Writer => out.u32((more.printk ?? '').length).text(more.printk ?? '');
  const page = ({ base, data, lost }: Page): Buffer => {
    const flags = lost === undefined ? 0 : lost < 0 ? 0x8000_0000 : 0xc000_0000;
    const out = writer().u64(base);
    const commit = data.length + flags;
    if (longSize === 8) out.u64(commit);
    else out.u32(commit);
    out.bytes(data);
    if (lost !== undefined && lost >= 0)
      out.bytes(longSize === 8 ? writer().u64(lost).build() : writer().u32(lost).build());
    return Buffer.concat([out.build(), Buffer.alloc(pageSize - out.length)]);
  };
  const clocks = Buffer.from(`local [${clock}] boot\n\0`);
  const out = writer()
    .u8(0x17, 8, 0x44)
    .text('tracing')
    .text(`${version}\0`)
    .u8(big ? 1 : 0, longSize)
    .u32(pageSize);

  if (version === 6) {
    headerInfo(out).u32(0);
    eventFormats(out);
    printk(kallsyms(out));
    sized(out, commands);
    const cpus = buffers[0]?.cpus.length ?? 0;
    out.u32(cpus).text('options  \0').u16(4).u32(clocks.length).bytes(clocks);
    for (const [id, data] of more.options ?? []) out.u16(id).u32(data.length).bytes(data);
    const others = buffers.slice(1);
    const optionBytes = others.reduce((sum, { name }) => sum + 6 + 8 + name.length + 1, 0);
    const tableAt = out.length + optionBytes + 2 + 10;
    let otherAt = tableAt + cpus * 16;
    for (const { name, cpus: own } of others) {
      out
        .u16(3)
        .u32(8 + name.length + 1)
        .u64(otherAt)
        .text(`${name}\0`);
      otherAt += 10 + own.length * 16;
    }
    out.u16(0).text('flyrecord\0');
    let at = Math.ceil(otherAt / pageSize) * pageSize;
    const datas: Buffer[] = [];
    for (const [i, { cpus: own }] of buffers.entries()) {
      if (i > 0) out.text('flyrecord\0');
      for (const pages of own) {
        const data = Buffer.concat(pages.map(page));
        out.u64(at).u64(data.length);
        datas.push(data);
        at += data.length;
      }
    }
    out.bytes(Buffer.alloc(Math.ceil(out.length / pageSize) * pageSize - out.length));
    for (const data of datas) out.bytes(data);
    return out.build();
  }

  const compress = (data: Buffer): Buffer => (compression === 'zstd' ? zstdCompressSync(data) : deflateSync(data));
  const isPacked = compression !== 'none';
  out.text(`${compression}\0`).text('\0');
  const start = out.length + 8;
  const sections: Buffer[] = [];
  let end = start;
  const section = (id: number, content: Buffer): number => {
    const body = isPacked && id !== 0 ? compress(content) : content;
    const packed = isPacked && id !== 0 ? writer().u32(body.length).u32(content.length).bytes(body).build() : body;
    const made = writer()
      .u16(id)
      .u16(isPacked && id !== 0 ? 1 : 0)
      .u32(0)
      .u64(packed.length)
      .bytes(packed)
      .build();
    sections.push(made);
    end += made.length;
    return end - made.length;
  };
  const options = writer();
  const option = (id: number, data: Buffer): unknown => options.u16(id).u32(data.length).bytes(data);
  const pointed = (id: number, content: Writer): unknown =>
    option(id, writer().u64(section(id, content.build())).build());
  pointed(16, headerInfo(writer()));
  pointed(17, writer().u32(0));
  pointed(18, eventFormats(writer()));
  pointed(19, kallsyms(writer()));
  pointed(20, printk(writer()));
  pointed(21, sized(writer(), commands));
  option(4, clocks);
  for (const [id, data] of more.options ?? []) option(id, data);
  for (const { name, cpus } of buffers) {
    const sectionAt = end;
    const table = writer().u64(sectionAt).text(`${name}\0${bufferClock}\0`).u32(pageSize).u32(cpus.length);
    const body = writer();
    for (const [cpu, pages] of cpus.entries()) {
      const chunks: Buffer[] = [];
      for (let i = 0; i < pages.length; i += 10) chunks.push(Buffer.concat(pages.slice(i, i + 10).map(page)));
      const data = isPacked ? writer().u32(chunks.length) : writer();
      for (const chunk of chunks) {
        const packed = compress(chunk);
        if (isPacked) data.u32(packed.length).u32(chunk.length).bytes(packed);
        else data.bytes(chunk);
      }
      const size = pages.length === 0 ? 0 : data.length - (isPacked ? 4 : 0);
      // The data of a CPU begins at a page of the file (trace-import-formats §5.5).
      body.bytes(Buffer.alloc(-(sectionAt + 16 + body.length) & (pageSize - 1)));
      table
        .u32(cpu)
        .u64(sectionAt + 16 + body.length)
        .u64(size);
      if (pages.length > 0) body.bytes(data.build());
    }
    const made = writer()
      .u16(3)
      .u16(isPacked ? 1 : 0)
      .u32(0)
      .u64(body.length)
      .bytes(body.build())
      .build();
    sections.push(made);
    end += made.length;
    option(3, table.build());
  }
  options.u16(0).u32(8).u64(0);
  const optionsAt = section(0, options.build());
  out.u64(optionsAt);
  for (const made of sections) out.bytes(made);
  return out.build();
}
