/**
 * Walks the frames and blocks of a zstd file (RFC 8878 §3.1) beside the decompressor, because node:zlib takes a file
 * that ends inside a checksum, or that goes on with something else after a frame, for a complete one.
 * Cost: a few bytes of each block are looked at, the rest is counted.
 */

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

type Step = 'magic' | 'skip-size' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'foreign';

export class ZstdFrames {
  #step: Step = 'magic';
  /** Bytes still to pass over (`body`, `header`, `checksum`) or to collect (the others). */
  #left = 4;
  #word = 0;
  #collected = 0;
  #hasChecksum = false;
  #lastBlock = false;
  /** Bytes seen. */
  position = 0;
  /** Where something that is no zstd frame begins; undefined while there is none. */
  foreignAt: number | undefined;

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#step === 'foreign') break;
      if (this.#passesOver()) {
        const count = Math.min(this.#left, chunk.length - at);
        this.#left -= count;
        at += count;
      } else {
        this.#word += (chunk[at] ?? 0) * 2 ** (8 * this.#collected);
        this.#collected++;
        this.#left--;
        at++;
      }
      if (this.#left === 0) this.#advance(this.position + at);
    }
    this.position += chunk.length;
  }

  /** Whether the file may end here: between two frames. */
  get isComplete(): boolean {
    return this.#step === 'magic' && this.#collected === 0;
  }

  #passesOver(): boolean {
    return this.#step === 'body' || this.#step === 'header' || this.#step === 'checksum';
  }

  #advance(position: number): void {
    const word = this.#word;
    this.#word = 0;
    this.#collected = 0;
    switch (this.#step) {
      case 'magic':
        if (word === FRAME_MAGIC) this.#go('descriptor', 1);
        else if (word - (word % 16) === SKIPPABLE) this.#go('skip-size', 4);
        else {
          this.foreignAt = position - 4;
          this.#step = 'foreign';
        }
        return;
      case 'skip-size':
        this.#lastBlock = true;
        this.#hasChecksum = false;
        return this.#body(word);
      case 'descriptor':
        this.#hasChecksum = (word & 4) !== 0;
        return this.#go('header', headerLength(word));
      case 'header':
        return this.#go('block', 3);
      case 'block': {
        this.#lastBlock = (word & 1) !== 0;
        const isRunLength = ((word >> 1) & 3) === 1;
        return this.#body(isRunLength ? 1 : word >> 3);
      }
      case 'body':
        if (!this.#lastBlock) return this.#go('block', 3);
        return this.#hasChecksum ? this.#go('checksum', 4) : this.#go('magic', 4);
      case 'checksum':
        return this.#go('magic', 4);
      case 'foreign':
        return;
    }
  }

  #go(step: Step, left: number): void {
    this.#step = step;
    this.#left = left;
  }

  #body(size: number): void {
    this.#go('body', size);
    if (size === 0) this.#advance(this.position);
  }
}

/** Bytes of window descriptor, dictionary id and content size after a frame header descriptor. */
function headerLength(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const contentSize = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  return (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + contentSize;
}
