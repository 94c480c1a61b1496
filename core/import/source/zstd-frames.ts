/**
 * Takes a zstd file apart into its frames (RFC 8878 §3.1), because node:zlib decompresses the first frame of what it
 * is given and silently ignores the rest, and takes a file that ends inside a checksum for a complete one.
 * Cost: a few bytes of each block are looked at, the rest is counted.
 */

const FRAME_MAGIC = 0xfd2fb528;
const MAGIC_BYTES = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const SKIPPABLE = 0x184d2a50;

type Step = 'magic' | 'skip-size' | 'skip' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'foreign';

export interface FrameReceiver {
  /** The next bytes of the present frame. Skippable frames are left out. */
  onBytes(bytes: Uint8Array): void;
  /** The present frame is complete. */
  onEnd(): void;
}

export class ZstdFrames {
  readonly #to: FrameReceiver;
  #step: Step = 'magic';
  /** Bytes of the step still to come. */
  #left = 4;
  /** Number that the bytes of the step make so far, and how many there were. */
  #word = 0;
  #collected = 0;
  #hasChecksum = false;
  #lastBlock = false;
  /** Bytes seen. */
  #position = 0;
  /** Where something that is no zstd frame begins; undefined while there is none. */
  foreignAt: number | undefined;

  constructor(to: FrameReceiver) {
    this.#to = to;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    let given = 0;
    // Bytes of a frame are given in as few pieces as its steps allow.
    const give = (to: number): void => {
      if (this.#isInFrame && to > given) this.#to.onBytes(chunk.subarray(given, to));
      given = to;
    };
    while (at < chunk.length && this.foreignAt === undefined) {
      if (this.#isPassedOver) {
        const count = Math.min(this.#left, chunk.length - at);
        this.#left -= count;
        at += count;
      } else {
        this.#word += (chunk[at] ?? 0) * 2 ** (8 * this.#collected);
        this.#collected++;
        this.#left--;
        at++;
      }
      while (this.#left === 0 && this.foreignAt === undefined) {
        const wasInFrame = this.#isInFrame;
        if (this.#endsFrame) give(at);
        this.#advance(this.#position + at);
        if (!wasInFrame) given = at;
      }
    }
    give(at);
    this.#position += chunk.length;
  }

  /** Whether the file may end here: between two frames. */
  get isComplete(): boolean {
    return this.#step === 'magic' && this.#collected === 0;
  }

  get #isInFrame(): boolean {
    return (
      this.#step === 'descriptor' ||
      this.#step === 'header' ||
      this.#step === 'block' ||
      this.#step === 'body' ||
      this.#step === 'checksum'
    );
  }

  get #isPassedOver(): boolean {
    return this.#step === 'body' || this.#step === 'header' || this.#step === 'checksum' || this.#step === 'skip';
  }

  /** The present step, once complete, is the last of its frame. */
  get #endsFrame(): boolean {
    return this.#step === 'checksum' || (this.#step === 'body' && this.#lastBlock && !this.#hasChecksum);
  }

  #advance(position: number): void {
    const word = this.#word;
    const endsFrame = this.#endsFrame;
    this.#word = 0;
    this.#collected = 0;
    switch (this.#step) {
      case 'magic':
        if (word === FRAME_MAGIC) {
          this.#to.onBytes(MAGIC_BYTES);
          this.#go('descriptor', 1);
        } else if (word - (word % 16) === SKIPPABLE) this.#go('skip-size', 4);
        else {
          this.foreignAt = position - 4;
          this.#step = 'foreign';
        }
        return;
      case 'skip-size':
        return this.#go('skip', word);
      case 'skip':
        return this.#go('magic', 4);
      case 'descriptor':
        this.#hasChecksum = (word & 4) !== 0;
        return this.#go('header', headerLength(word));
      case 'header':
        return this.#go('block', 3);
      case 'block':
        this.#lastBlock = (word & 1) !== 0;
        // A run-length block holds one byte, whatever its size.
        return this.#go('body', ((word >> 1) & 3) === 1 ? 1 : word >> 3);
      case 'body':
        if (!this.#lastBlock) return this.#go('block', 3);
        if (this.#hasChecksum) return this.#go('checksum', 4);
        break;
      case 'checksum':
      case 'foreign':
        break;
    }
    this.#go('magic', 4);
    if (endsFrame) this.#to.onEnd();
  }

  #go(step: Step, left: number): void {
    this.#step = step;
    this.#left = left;
  }
}

/** Bytes of window descriptor, dictionary id and content size after a frame header descriptor. */
function headerLength(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const contentSize = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  return (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + contentSize;
}
