/**
 * Memory in which bytes cross to the writing thread. Both threads see it, so nothing is copied a second time or handed
 * over, and what a message used serves again when that message is done: writing a long trace makes no garbage of
 * buffers, which neither thread would collect before it has tens of megabytes of it.
 */

/** A message, mostly one block, needs one or two of these. */
const PIECE = 256 * 1024;
/** What is larger gets a piece of its own, of the next power of two; above this, one that is not kept. */
const LARGEST_KEPT = 16 * 1024 * 1024;
const ALIGN = 8;

type Shared<A> = A & { readonly buffer: SharedArrayBuffer };

interface Sent {
  /** The number of the message after which the pieces are free. */
  readonly message: number;
  readonly pieces: readonly SharedArrayBuffer[];
}

export class MessageMemory {
  /** By length. */
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  readonly #sent: Sent[] = [];
  /** Pieces of the message that is being made; the last one is filled up to `#used`. */
  #pieces: SharedArrayBuffer[] = [];
  #used = PIECE;

  bytes(from: Uint8Array): Shared<Uint8Array> {
    const [piece, at] = this.#take(from.byteLength);
    const to = new Uint8Array(piece, at, from.length);
    to.set(from);
    return to;
  }

  shorts(from: Uint16Array): Shared<Uint16Array> {
    const [piece, at] = this.#take(from.byteLength);
    const to = new Uint16Array(piece, at, from.length);
    to.set(from);
    return to;
  }

  signed(from: Int16Array): Shared<Int16Array> {
    const [piece, at] = this.#take(from.byteLength);
    const to = new Int16Array(piece, at, from.length);
    to.set(from);
    return to;
  }

  words(from: Uint32Array): Shared<Uint32Array> {
    const [piece, at] = this.#take(from.byteLength);
    const to = new Uint32Array(piece, at, from.length);
    to.set(from);
    return to;
  }

  numbers(from: Float64Array): Shared<Float64Array> {
    const [piece, at] = this.#take(from.byteLength);
    const to = new Float64Array(piece, at, from.length);
    to.set(from);
    return to;
  }

  /** The message being made got this number; messages up to `done` are done with. */
  send(message: number, done: number): void {
    this.#sent.push({ message, pieces: this.#pieces });
    this.#pieces = [];
    this.#used = PIECE;
    while ((this.#sent[0]?.message ?? Infinity) <= done)
      for (const piece of this.#sent.shift()?.pieces ?? []) this.#keep(piece);
  }

  /** The message made so far is not sent; its memory, for `release` when whoever reads it is done. */
  detach(): readonly SharedArrayBuffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#used = PIECE;
    return pieces;
  }

  release(pieces: readonly SharedArrayBuffer[]): void {
    for (const piece of pieces) this.#keep(piece);
  }

  #keep(piece: SharedArrayBuffer): void {
    const { byteLength } = piece;
    if (byteLength > LARGEST_KEPT) return;
    const free = this.#free.get(byteLength);
    if (free === undefined) this.#free.set(byteLength, [piece]);
    else free.push(piece);
  }

  #take(length: number): readonly [SharedArrayBuffer, number] {
    const open = this.#pieces.at(-1);
    if (open !== undefined && this.#used + length <= PIECE) {
      const at = this.#used;
      this.#used += Math.ceil(length / ALIGN) * ALIGN;
      return [open, at];
    }
    if (length > PIECE) {
      // On its own; the piece that is open stays the last one.
      const large = this.#piece(2 ** Math.ceil(Math.log2(length)));
      this.#pieces.unshift(large);
      return [large, 0];
    }
    const piece = this.#piece(PIECE);
    this.#pieces.push(piece);
    this.#used = Math.ceil(length / ALIGN) * ALIGN;
    return [piece, 0];
  }

  #piece(length: number): SharedArrayBuffer {
    return this.#free.get(length)?.pop() ?? new SharedArrayBuffer(length);
  }
}
