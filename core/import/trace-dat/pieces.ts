/**
 * The sub-buffers of one CPU as pieces of memory (trace-import-formats §5.5): raw, as many as fit a read; or chunk by
 * chunk, decompressed. One piece of each CPU is in memory at a time; those of chunks are counted, since the file says how
 * large they are.
 */
import { decompress } from './compression.ts';
import { type BufferData, type CpuData, type DatHead } from './dat-head.ts';
import { DatFault } from './fault.ts';
import { type RandomFile } from './random-file.ts';

/** Raw pages are read in pieces of about so much. */
const PIECE = 256 * 1024;
const LARGEST_CHUNK = 64 * 1024 * 1024;
/** Decompressed chunks of all CPUs together. */
const MOST_RESIDENT = 512 * 1024 * 1024;
const NOT_COUNTED = -1;

/** What several streams share. */
export interface Shared {
  /** Bytes of decompressed chunks in memory. */
  resident: number;
  /** Why reading a CPU ended early: the file is shorter than its tables say. */
  readonly cuts: DatFault[];
  /** Damaged sub-buffers end their CPU instead of the import. */
  readonly keepPartial: boolean;
}

export class Pieces {
  readonly isChunked: boolean;
  /** File offset of the present piece. */
  at = 0;
  readonly #file: RandomFile;
  readonly #head: DatHead;
  readonly #cpu: number;
  readonly #pageSize: number;
  readonly #shared: Shared;
  /** File offset of the next piece, and of the end of raw pages. */
  #next: number;
  readonly #end: number;
  #chunksLeft = NOT_COUNTED;
  /** Bytes of the present chunk. */
  #resident = 0;

  constructor(file: RandomFile, head: DatHead, buffer: BufferData, { cpu, offset, size }: CpuData, shared: Shared) {
    this.#file = file;
    this.#head = head;
    this.#cpu = cpu;
    this.#pageSize = buffer.pageSize;
    this.#shared = shared;
    this.isChunked = buffer.isChunked;
    this.#next = offset;
    this.#end = offset + size;
    if (size === 0 || this.isChunked || this.#end <= file.size) return;
    const what = `the data of CPU ${cpu} reaches to byte ${this.#end}, but the file ends at ${file.size}`;
    shared.cuts.push(new DatFault('truncated', file.size, `${what}.`));
  }

  /** The next piece, which takes the place of the present one; undefined: there is none. @throws DatFault */
  next(): Uint8Array | undefined {
    return this.isChunked ? this.#chunk() : this.#raw();
  }

  /** The present piece is no longer used. */
  drop(): void {
    this.#shared.resident -= this.#resident;
    this.#resident = 0;
  }

  #raw(): Uint8Array | undefined {
    const end = Math.min(this.#end, this.#file.size);
    if (this.#next >= end) return undefined;
    const pages = Math.max(1, Math.floor(PIECE / this.#pageSize));
    const length = Math.min(pages * this.#pageSize, end - this.#next);
    this.at = this.#next;
    this.#next += length;
    return length < this.#head.page.dataOffset ? undefined : this.#file.upTo(this.at, length);
  }

  #chunk(): Uint8Array | undefined {
    if (this.#chunksLeft === NOT_COUNTED) this.#countChunks();
    if (this.#chunksLeft === 0) return undefined;
    this.#chunksLeft--;
    const { little, compression } = this.#head;
    const sizes = this.#file.read(this.#next, 8, `a chunk of CPU ${this.#cpu}`);
    const view = new DataView(sizes.buffer, sizes.byteOffset, 8);
    const packed = view.getUint32(0, little);
    const plain = view.getUint32(4, little);
    const at = this.#next;
    if (plain > LARGEST_CHUNK) throw new DatFault('corrupt', at, `a chunk would have ${plain} bytes.`);
    if (this.#shared.resident - this.#resident + plain > MOST_RESIDENT)
      throw new DatFault(
        'unsupported',
        at,
        `the chunks of all CPUs need more than ${MOST_RESIDENT} bytes of memory at once.`,
      );
    const data = this.#file.read(at + 8, packed, `a chunk of CPU ${this.#cpu}`);
    const piece = decompress(compression, data, plain, at + 8);
    this.drop();
    this.#resident = plain;
    this.#shared.resident += plain;
    this.at = at;
    this.#next = at + 8 + packed;
    return piece;
  }

  #countChunks(): void {
    const count = this.#file.read(this.#next, 4, `the chunks of CPU ${this.#cpu}`);
    this.#chunksLeft = new DataView(count.buffer, count.byteOffset, 4).getUint32(0, this.#head.little);
    this.#next += 4;
  }
}
