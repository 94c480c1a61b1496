/**
 * The events of one CPU of one buffer, sub-buffer by sub-buffer (trace-import-formats §5.7); pieces.ts reads them.
 *
 * Times are numbers relative to `base`, exact for 104 days; a stamp further away is a fault of the file.
 */
import { DatFault } from './fault.ts';
import { type BufferData, type CpuData, type DatHead } from './dat-head.ts';
import { Pieces, type Shared } from './pieces.ts';
import { type RandomFile } from './random-file.ts';

const LENGTH_MASK = 0x07ff_ffff;
const LOST = 0x8000_0000;
const LOST_COUNTED = 0x4000_0000;
const TWO_27 = 2 ** 27;
const UPPER_STAMP_BITS = 0xf800_0000_0000_0000n;
const TWO_58 = 1n << 58n;
const PADDING = 29;
const TIME_EXTEND = 30;
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
  readonly #head: DatHead;
  readonly #pageSize: number;
  readonly #shared: Shared;
  readonly #pieces: Pieces;
  /** Pages in memory, and the place of the next page in them. */
  #piece: Uint8Array = new Uint8Array();
  #page = 0;
  /** Place in the present page's data, and its end. */
  #position = 0;
  #dataEnd = 0;
  #pageStart = 0;
  #isOver = false;
  /** The present page's events have not begun. */
  #isOpened = false;

  constructor(file: RandomFile, head: DatHead, buffer: BufferData, data: CpuData, order: number, shared: Shared) {
    this.#head = head;
    this.cpu = data.cpu;
    this.buffer = buffer.name;
    this.order = order;
    this.#pageSize = buffer.pageSize;
    this.#shared = shared;
    this.#pieces = new Pieces(file, head, buffer, data, shared);
    this.#isOver = data.size === 0;
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
    return this.#pieces.isChunked ? this.#pieces.at : this.#pieces.at + this.at;
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

  /** The lower 59 bits of a stamp; the upper ones run on, and have gone one up where the stamp seems far behind. */
  #setStamp(low: bigint): void {
    const running = this.base + BigInt(this.time);
    const stamp = (running & UPPER_STAMP_BITS) | low;
    this.time = Number((stamp + TWO_58 < running ? stamp + 2n * TWO_58 : stamp) - this.base);
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
    const piece = this.#pieces.next();
    if (piece === undefined) return false;
    this.#piece = piece;
    this.#page = 0;
    this.bytes = piece;
    this.view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    return true;
  }

  #drop(): void {
    this.#pieces.drop();
    this.#piece = new Uint8Array();
  }

  #fault(at: number, what: string, isCut = false): DatFault {
    const { isChunked, at: piece } = this.#pieces;
    const byte = isChunked ? piece : piece + at;
    const where = isChunked ? ` (in the chunk at byte ${byte})` : '';
    return new DatFault(isCut ? 'truncated' : 'corrupt', byte, `CPU ${this.cpu}: ${what}${where}.`);
  }
}
