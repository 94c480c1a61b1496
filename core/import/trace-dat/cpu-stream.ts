/**
 * The events of one CPU of one buffer, sub-buffer by sub-buffer (trace-import-formats §5.7). One sub-buffer, or one
 * decompressed chunk of them, is in memory at a time.
 *
 * Times are numbers relative to `base`, exact for 104 days; a stamp further away is a fault of the file.
 */
import { decompress } from './compression.ts';
import { DatFault } from './fault.ts';
import { type BufferData, type CpuData, type DatHead } from './dat-head.ts';
import { type RandomFile } from './random-file.ts';

const LENGTH_MASK = 0x07ff_ffff;
const LOST = 0x8000_0000;
const LOST_COUNTED = 0x4000_0000;
const TWO_27 = 2 ** 27;
const UPPER_STAMP_BITS = 0xf800_0000_0000_0000n;
const PADDING = 29;
const TIME_EXTEND = 30;
/** Raw pages are read in pieces of about so much. */
const PIECE = 256 * 1024;
const LARGEST_CHUNK = 64 * 1024 * 1024;
/** Decompressed chunks of all CPUs together. */
const MOST_RESIDENT = 512 * 1024 * 1024;

/** What several streams share. */
export interface Shared {
  /** Bytes of decompressed chunks in memory. */
  resident: number;
  /** Why reading a CPU ended early: the file is shorter than its tables say. */
  readonly cuts: DatFault[];
  /** Damaged sub-buffers end their CPU instead of the import. */
  readonly keepPartial: boolean;
}

export class CpuStream {
  readonly cpu: number;
  readonly buffer: string;
  /** Place of (buffer, CPU) among streams with equal times. */
  readonly order: number;
  /** Of the present event, relative to `base`. */
  time = 0;
  /** The present event is `view[at … at + length)`. */
  view: DataView = new DataView(new ArrayBuffer(0));
  bytes: Uint8Array = new Uint8Array();
  at = 0;
  length = 0;
  /** Events lost before the present one: 0 none, −1 some. */
  lost = 0;
  base = 0n;
  readonly #file: RandomFile;
  readonly #head: DatHead;
  readonly #pageSize: number;
  readonly #shared: Shared;
  readonly #isChunked: boolean;
  /** File offset of the next piece, and of the end of raw pages. */
  #next: number;
  readonly #end: number;
  #chunksLeft = 0;
  /** Pages in memory: the piece, where it came from, the place of the next page in it. */
  #piece: Uint8Array = new Uint8Array();
  #pieceAt = 0;
  #page = 0;
  /** Place in the present page's data, and its end. */
  #position = 0;
  #dataEnd = 0;
  #pageStart = 0;
  #isOver = false;
  /** The present page's events have not begun. */
  #isOpened = false;

  constructor(file: RandomFile, head: DatHead, buffer: BufferData, data: CpuData, order: number, shared: Shared) {
    this.#file = file;
    this.#head = head;
    this.cpu = data.cpu;
    this.buffer = buffer.name;
    this.order = order;
    this.#pageSize = buffer.pageSize;
    this.#shared = shared;
    this.#isChunked = buffer.isChunked;
    this.#next = data.offset;
    this.#end = data.offset + data.size;
    if (data.size === 0) this.#isOver = true;
    else if (buffer.isChunked) this.#guard(() => this.#countChunks());
    else if (this.#end > file.size) {
      const what = `the data of CPU ${this.cpu} reaches to byte ${this.#end}, but the file ends at ${file.size}`;
      shared.cuts.push(new DatFault('truncated', file.size, `${what}.`));
    }
  }

  /** Time stamp of the first page; undefined: there is none. Before `base` is set. */
  firstStamp(): bigint | undefined {
    return this.#guard(() => (this.#openPage() ? this.#stamp() : undefined));
  }

  /** Goes to the next event; false: there is none. */
  next(): boolean {
    return this.#guard(() => this.#advance()) ?? false;
  }

  /** Where the present event is, for messages: exact in raw files, the chunk's start in compressed ones. */
  get byte(): number {
    return this.#isChunked ? this.#pieceAt : this.#pieceAt + this.at;
  }

  #guard<T>(step: () => T): T | undefined {
    if (this.#isOver) return undefined;
    try {
      return step();
    } catch (thrown) {
      this.#isOver = true;
      this.#drop();
      if (!(thrown instanceof DatFault)) throw thrown;
      if (thrown.code !== 'truncated' && !this.#shared.keepPartial) throw thrown;
      this.#shared.cuts.push(thrown);
      return undefined;
    }
  }

  #advance(): boolean {
    // A loop and no recursion: a file may hold any number of empty sub-buffers.
    do {
      if (this.#inPage()) return true;
    } while (this.#openPage() && this.#startPage());
    return false;
  }

  /** Goes to the next event of the present page. */
  #inPage(): boolean {
    const { view } = this;
    const { little } = this.#head;
    while (this.#position < this.#dataEnd) {
      const at = this.#position;
      if (at + 4 > this.#dataEnd) throw this.#fault(at, 'a record is cut off by the end of its sub-buffer');
      const word = view.getUint32(at, little);
      const type = little ? word & 31 : word >>> 27;
      const delta = little ? word >>> 5 : word & LENGTH_MASK;
      if (type > 0 && type < PADDING) {
        this.time += delta;
        return this.#event(at + 4, type * 4, type * 4);
      }
      if (type === PADDING && delta === 0) break;
      if (at + 8 > this.#dataEnd) throw this.#fault(at, 'a record is cut off by the end of its sub-buffer');
      const second = view.getUint32(at + 4, little);
      if (type === 0) {
        this.time += delta;
        if (second < 4) throw this.#fault(at, `a record states a length of ${second} bytes`);
        return this.#event(at + 8, second - 4, Math.ceil((second - 4) / 4) * 4);
      }
      if (type === PADDING) {
        this.time += delta;
        this.#position = at + 4 + second;
      } else {
        if (type === TIME_EXTEND) this.time += delta + second * TWO_27;
        // 31: TIME_STAMP
        else this.#setStamp(BigInt(delta) | (BigInt(second) << 27n));
        this.#position = at + 8;
      }
    }
    this.#position = this.#dataEnd;
    return false;
  }

  #event(start: number, length: number, padded: number): boolean {
    if (start + length > this.#dataEnd || length < 0)
      throw this.#fault(start - 4, `a record of ${length} bytes does not fit its sub-buffer`);
    this.at = start;
    this.length = length;
    this.#position = start + padded;
    if (!Number.isSafeInteger(this.time)) throw this.#fault(start, 'a time stamp is more than 104 days from the first');
    return true;
  }

  /** The lower 59 bits of a stamp; the upper ones run on. */
  #setStamp(low: bigint): void {
    const running = this.base + BigInt(this.time);
    this.time = Number(((running & UPPER_STAMP_BITS) | low) - this.base);
  }

  #stamp(): bigint {
    return this.view.getBigUint64(this.#pageStart, this.#head.little);
  }

  /** Makes the next page the present one; false: there is none. Its events begin with `#startPage`. */
  #openPage(): boolean {
    if (this.#isOpened) return true;
    for (;;) {
      const left = this.#piece.length - this.#page;
      if (left >= this.#head.page.dataOffset) {
        this.#pageStart = this.#page;
        this.#page += Math.min(this.#pageSize, left);
        this.#isOpened = true;
        return true;
      }
      if (!this.#load()) {
        this.#isOver = true;
        this.#drop();
        return false;
      }
    }
  }

  #startPage(): boolean {
    const { longSize, commitOffset, dataOffset } = this.#head.page;
    const { little } = this.#head;
    this.#isOpened = false;
    const start = this.#pageStart;
    // The word's low half holds everything (§5.7).
    const commitAt = start + commitOffset + (little || longSize === 4 ? 0 : 4);
    const commit = this.view.getUint32(commitAt, little);
    const length = commit & LENGTH_MASK;
    const room = Math.min(this.#pageSize, this.#piece.length - start) - dataOffset;
    if (length > room) {
      const isCut = start + this.#pageSize > this.#piece.length;
      throw this.#fault(start, `a sub-buffer states ${length} bytes of data, but there is room for ${room}`, isCut);
    }
    this.#position = start + dataOffset;
    this.#dataEnd = this.#position + length;
    this.time = Number(this.#stamp() - this.base);
    if (!Number.isSafeInteger(this.time)) throw this.#fault(start, 'a time stamp is more than 104 days from the first');
    if ((commit & LOST) !== 0) {
      const counted = (commit & LOST_COUNTED) !== 0 && length + longSize <= room;
      this.lost = counted ? this.#long(this.#dataEnd) : -1;
    }
    return true;
  }

  #long(at: number): number {
    const { little, page } = this.#head;
    const count = page.longSize === 4 ? this.view.getUint32(at, little) : Number(this.view.getBigUint64(at, little));
    return Number.isSafeInteger(count) && count > 0 ? count : -1;
  }

  #load(): boolean {
    if (this.#isChunked) return this.#loadChunk();
    const end = Math.min(this.#end, this.#file.size);
    if (this.#next >= end) return false;
    const pages = Math.max(1, Math.floor(PIECE / this.#pageSize));
    const length = Math.min(pages * this.#pageSize, end - this.#next);
    this.#setPiece(this.#file.upTo(this.#next, length), this.#next);
    this.#next += length;
    return length >= this.#head.page.dataOffset;
  }

  #countChunks(): void {
    const count = new DataView(this.#file.read(this.#next, 4, `the chunks of CPU ${this.cpu}`).buffer);
    this.#chunksLeft = count.getUint32(0, this.#head.little);
    this.#next += 4;
  }

  #loadChunk(): boolean {
    if (this.#chunksLeft === 0) return false;
    this.#chunksLeft--;
    const { little, compression } = this.#head;
    const sizes = this.#file.read(this.#next, 8, `a chunk of CPU ${this.cpu}`);
    const view = new DataView(sizes.buffer, sizes.byteOffset, 8);
    const packed = view.getUint32(0, little);
    const plain = view.getUint32(4, little);
    const at = this.#next;
    if (plain > LARGEST_CHUNK) throw new DatFault('corrupt', at, `a chunk would have ${plain} bytes.`);
    const resident = this.#shared.resident - this.#piece.length + plain;
    if (resident > MOST_RESIDENT)
      throw new DatFault(
        'unsupported',
        at,
        `the chunks of all CPUs need more than ${MOST_RESIDENT} bytes of memory at once.`,
      );
    const data = this.#file.read(at + 8, packed, `a chunk of CPU ${this.cpu}`);
    this.#drop();
    this.#setPiece(decompress(compression, data, plain, at + 8), at);
    this.#shared.resident += plain;
    this.#next = at + 8 + packed;
    return true;
  }

  #setPiece(piece: Uint8Array, at: number): void {
    this.#piece = piece;
    this.#pieceAt = at;
    this.#page = 0;
    this.bytes = piece;
    this.view = new DataView(piece.buffer, piece.byteOffset, piece.length);
  }

  #drop(): void {
    if (this.#isChunked) this.#shared.resident -= this.#piece.length;
    this.#piece = new Uint8Array();
  }

  #fault(at: number, what: string, isCut = false): DatFault {
    const byte = this.#isChunked ? this.#pieceAt : this.#pieceAt + at;
    const where = this.#isChunked ? ` (in the chunk at byte ${byte})` : '';
    return new DatFault(isCut ? 'truncated' : 'corrupt', byte, `CPU ${this.cpu}: ${what}${where}.`);
  }
}
