/**
 * Rows of a few numbers and a blob on their way into a table, many at once: the contents lie one after the other in one
 * array. A job for each would be an object and a view of memory to send, thousands of times a chunk.
 */
import type Database from 'better-sqlite3';
import { wrap } from './blob.ts';
import { ByteWriter } from './bytes.ts';

/** Bytes that are collected before they move on. */
const COLLECTED = 1 << 20;

/** Rows of equal width, valid until the receiver returns. */
export interface BlobRows {
  /** Numbers before the blob. */
  readonly width: number;
  readonly keys: Float64Array;
  /** Where in `bytes` each row's content ends; it begins where the last one does. */
  readonly ends: Float64Array;
  readonly bytes: Uint8Array;
  /** See `wrap`. */
  readonly storeBelow: number | undefined;
}

export class BlobColumns {
  readonly #give: (rows: BlobRows) => void;
  readonly #width: number;
  readonly #storeBelow: number | undefined;
  readonly #bytes = new ByteWriter();
  readonly #keys: number[] = [];
  readonly #ends: number[] = [];

  /** Rows of `width` numbers and a content that is compressed from `storeBelow` bytes on (absent: as `wrap` does). */
  constructor(width: number, storeBelow: number | undefined, give: (rows: BlobRows) => void) {
    this.#width = width;
    this.#storeBelow = storeBelow;
    this.#give = give;
  }

  /** Where the next row's content is to be written; `add` ends it. */
  get bytes(): ByteWriter {
    return this.#bytes;
  }

  /** A row of these numbers and what was written since the last one. */
  add(...keys: readonly number[]): void {
    for (const key of keys) this.#keys.push(key);
    this.#ends.push(this.#bytes.length);
    if (this.#bytes.length >= COLLECTED) this.flush();
  }

  flush(): void {
    if (this.#ends.length === 0) return;
    this.#give({
      width: this.#width,
      keys: Float64Array.from(this.#keys),
      ends: Float64Array.from(this.#ends),
      bytes: this.#bytes.view(),
      storeBelow: this.#storeBelow,
    });
    this.#bytes.clear();
    this.#keys.length = 0;
    this.#ends.length = 0;
  }
}

/** Runs a statement for each row. */
export function runBlobs(statement: Database.Statement, { width, keys, ends, bytes, storeBelow }: BlobRows): void {
  let from = 0;
  for (const [row, end] of ends.entries()) {
    statement.run(...keys.subarray(row * width, (row + 1) * width), wrap(bytes.subarray(from, end), 1, storeBelow));
    from = end;
  }
}
