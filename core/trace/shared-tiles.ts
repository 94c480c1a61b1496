/**
 * Exact tiles of lanes that change rarely: those of 64 neighbouring lanes in one chunk are one blob. A machine with
 * 65,536 interrupts makes a few transitions on each lane of a chunk; a row for each would cost more than all its events.
 *
 * In the blob: a bit for each lane that has transitions; per such lane the code before and how many; then the
 * transitions, lane after lane, as columns. Times are differences, the first one from the earliest of the blob.
 */
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type Transitions, readTransitions, writeTransitions } from './lane-tiles.ts';

/** Lanes of a shared tile: those whose number has the same upper bits. */
export const SHARED_LANES = 64;
/** A lane with so many transitions in a chunk has a tile of its own there. */
export const OWN_TILE_TRANSITIONS = 64;

const LIMIT = 64 + SHARED_LANES * OWN_TILE_TRANSITIONS * 24;

const out = new ByteWriter(1 << 12);

/** Tiles by place among the 64 lanes. Not yet wrapped, valid until the next call. */
export function sharedBytes(chunk: number, tiles: ReadonlyMap<number, Transitions>): Uint8Array {
  out.clear();
  const present = [0, 0];
  for (const place of tiles.keys()) present[place >> 5] = (present[place >> 5] ?? 0) | (1 << (place & 31));
  for (const word of present) out.u32(word >>> 0);
  const places = [...tiles.keys()].sort((a, b) => a - b);
  const list = places.flatMap((place) => tiles.get(place) ?? []);
  const column = (values: readonly number[]): void => out.column(Uint32Array.from(values), values.length);
  column(list.map(({ startCode }) => startCode));
  column(list.map(({ count }) => count));
  writeTransitions(chunk, list, out);
  return out.view();
}

/** @throws TraceError `damaged` */
export function decodeShared(data: Uint8Array, chunk: number): ReadonlyMap<number, Transitions> {
  const what = `shared lane tile of chunk ${chunk}`;
  const input = new ByteReader(unwrap(data, what, LIMIT), what);
  const places: number[] = [];
  for (const base of [0, 32]) {
    const word = input.u32();
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) places.push(base + bit);
  }
  const column = (): Uint32Array => input.column(new Uint32Array(places.length), places.length);
  const startCodes = column();
  const counts = column();
  for (const count of counts) if (count > OWN_TILE_TRANSITIONS) throw input.fail(`${count} transitions of one lane`);
  const tiles = readTransitions(input, chunk, startCodes, counts);
  input.end();
  return new Map(tiles.map((tile, i) => [places[i] ?? 0, tile]));
}
