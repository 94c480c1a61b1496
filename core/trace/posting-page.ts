/**
 * Postings of 64 neighbouring keys in one chunk, as bytes: a bit for each key that occurs, the length of each one's list,
 * and the lists of (block − block before, events) as varints, ascending. A look-up reads the head and one list. Not
 * compressed: one key is often all that is wanted.
 */
import { unwrap } from './blob.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

export const PAGE_SHIFT = 6;
export const PAGE_KEYS = 1 << PAGE_SHIFT;
/** A list has at most 64 entries of two varints, and a length. */
const LIMIT = 16 + PAGE_KEYS * (3 + CHUNK_BLOCKS * 3);

/** At a place of which no key occurs. */
export const NO_KEY = -1;

const bodies = new ByteWriter();
const lengths = new ByteWriter();

/** Writes a page: `keys` by place; `list` writes one key's list of (block − block before, events). */
export function writePage(keys: Int32Array, list: (key: number, out: ByteWriter) => void, out: ByteWriter): void {
  const present = [0, 0];
  bodies.clear();
  lengths.clear();
  for (let place = 0; place < PAGE_KEYS; place++) {
    const key = keys[place] ?? NO_KEY;
    if (key === NO_KEY) continue;
    present[place >> 5] = (present[place >> 5] ?? 0) | (1 << (place & 31));
    const start = bodies.length;
    list(key, bodies);
    lengths.varint(bodies.length - start);
  }
  for (const word of present) out.u32(word >>> 0);
  out.raw(lengths.view());
  out.raw(bodies.view());
}

/** The places of the keys that occur in a page, ascending. */
export function keysOfPage(data: Uint8Array, chunk: number): number[] {
  return placesOf(open(data, chunk));
}

/** Appends the list of the key at `place` to `blocks` and `events`, if it has one; returns the sum of its events. */
export function decodePosting(
  data: Uint8Array,
  chunk: number,
  place: number,
  blocks: number[],
  events: number[],
): number {
  const input = open(data, chunk);
  const places = placesOf(input);
  const wanted = places.indexOf(place);
  if (wanted < 0) return 0;
  const lengths = places.map(() => input.count(CHUNK_BLOCKS * 3, 'bytes'));
  for (let i = 0; i < wanted; i++) input.raw(lengths[i] ?? 0);
  const after = input.left - (lengths[wanted] ?? 0);
  let offset = 0;
  let total = 0;
  for (let first = true; input.left > after; first = false) {
    const step = input.varint();
    if (!first && step === 0) throw input.fail('a block twice');
    offset += step;
    if (offset >= CHUNK_BLOCKS) throw input.fail(`block ${offset} of ${CHUNK_BLOCKS}`);
    const n = input.count(BLOCK_EVENTS, 'events');
    blocks.push(chunk * CHUNK_BLOCKS + offset);
    events.push(n);
    total += n;
  }
  return total;
}

function open(data: Uint8Array, chunk: number): ByteReader {
  const what = `postings of chunk ${chunk}`;
  return new ByteReader(unwrap(data, what, LIMIT), what);
}

function placesOf(input: ByteReader): number[] {
  const out: number[] = [];
  for (const base of [0, 32]) {
    const word = input.u32();
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) out.push(base + bit);
  }
  return out;
}
