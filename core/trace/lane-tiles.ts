/**
 * Tiles: the stored form of lanes, one blob for a lane and a stretch of the trace.
 * - Exact: every transition of one chunk (64 blocks). For density lanes: event counts in up to 1024 equal buckets of the
 *   chunk's time.
 * - Shared: the same for lanes with few transitions in the chunk, 64 lanes in one blob (shared-tiles.ts).
 * - Group: 16 chunks in at most 8192 equal buckets (lane-buckets.ts). Made once the group or the
 *   trace is complete, of lanes with an exact tile of their own in it; for others the shared ones serve.
 *
 * A window is answered from exact tiles up to 4 chunks and from groups beyond, so its cost is bounded by the tiles'
 * sizes and not by the trace's length. Row ids pack (level, lane, chunk or group), so a lane is one range.
 */
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';

export const GROUP_CHUNKS = 16;
/** Windows of up to so many chunks are answered from exact tiles. */
export const EXACT_CHUNKS = 4;
export const DENSITY_BUCKETS = 1024;

const CHUNK_EVENTS = CHUNK_BLOCKS * BLOCK_EVENTS;
/** Changes of lanes that one chunk can hold in a tile; the writer's memory bound. */
const TRANSITION_LIMIT = 1 << 26;
const TWO32 = 0x1_0000_0000;
const TWO24 = 0x100_0000;

/** Stored: never renumber. */
export const TILE = { exact: 0, group: 1, shared: 2 } as const;
export type TileLevel = (typeof TILE)[keyof typeof TILE];

/** Key of a tile's row. `part` is the chunk or group; `lane` of shared tiles the first of its 64, divided by 64. */
export function tileId(level: TileLevel, lane: number, part: number): number {
  return (level * TWO24 + lane) * TWO24 + part;
}

/** Exact transitions: before the first one the code is `startCode`. */
export interface Transitions {
  readonly startCode: number;
  readonly count: number;
  readonly seq: Float64Array;
  readonly time: Float64Array;
  readonly code: Uint32Array;
}

export interface Density {
  readonly startTime: number;
  readonly bucketTime: number;
  readonly counts: Uint32Array;
}

const out = new ByteWriter(1 << 16);

/** The transitions of several tiles, one after the other; their codes before and counts are the caller's. */
export function writeTransitions(chunk: number, tiles: readonly Transitions[], to: ByteWriter): void {
  const total = tiles.reduce((sum, { count }) => sum + count, 0);
  const steps = new Uint32Array(total);
  const lo = new Uint32Array(total);
  const hi = new Uint32Array(total);
  const codes = new Uint32Array(total);
  const base = tiles.reduce((first, { time }) => Math.min(first, time[0] ?? first), Number.MAX_SAFE_INTEGER);
  const columns = { steps, lo, hi, codes };
  let n = 0;
  for (const tile of tiles) {
    writeTile(chunk, base, tile, columns, n);
    n += tile.count;
  }
  to.varint(base);
  for (const column of [steps, lo, hi, codes]) to.column(column, total);
}

/** What `writeTransitions` makes of tiles: steps of position and time, and codes. */
interface TransitionColumns {
  readonly steps: Uint32Array;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  readonly codes: Uint32Array;
}

/** A tile's rows from `from` on. A function of its own, because V8 gives up a compiled loop when it ends. */
function writeTile(chunk: number, base: number, tile: Transitions, into: TransitionColumns, from: number): void {
  const { count, seq, time, code } = tile;
  const { steps, lo, hi, codes } = into;
  let lastSeq = chunk * CHUNK_EVENTS;
  let lastTime = base;
  for (let i = 0; i < count; i++) {
    const at = seq[i] ?? 0;
    const when = time[i] ?? 0;
    steps[from + i] = at - lastSeq;
    // The array keeps the low 32 bits; % of doubles is a call of fmod.
    lo[from + i] = when - lastTime;
    hi[from + i] = Math.floor((when - lastTime) / TWO32);
    codes[from + i] = code[i] ?? 0;
    lastSeq = at;
    lastTime = when;
  }
}

/** What `writeTransitions` wrote, for tiles with these codes before and counts. */
export function readTransitions(
  input: ByteReader,
  chunk: number,
  startCodes: Uint32Array,
  counts: Uint32Array,
): Transitions[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const base = input.varint();
  const column = (): Uint32Array => input.column(new Uint32Array(total), total);
  const [steps, lo, hi, codes] = [column(), column(), column(), column()];
  const end = (chunk + 1) * CHUNK_EVENTS;
  let from = 0;
  return Array.from(counts, (count, tile): Transitions => {
    const seq = new Float64Array(count);
    const time = new Float64Array(count);
    let at = chunk * CHUNK_EVENTS;
    let when = base;
    for (let i = 0; i < count; i++) {
      at += steps[from + i] ?? 0;
      when += (hi[from + i] ?? 0) * TWO32 + (lo[from + i] ?? 0);
      seq[i] = at;
      time[i] = when;
    }
    if (at >= end) throw input.fail(`event ${at} is beyond the chunk`);
    if (!Number.isSafeInteger(when)) throw input.fail('a time exceeds 53 bits');
    const code = codes.slice(from, from + count);
    from += count;
    return { startCode: startCodes[tile] ?? 0, count, seq, time, code };
  });
}

/** As all `…Bytes`: not yet wrapped, valid until the next of these calls. */
export function transitionBytes(chunk: number, tile: Transitions): Uint8Array {
  out.clear();
  out.u32(tile.startCode);
  out.varint(tile.count);
  writeTransitions(chunk, [tile], out);
  return out.view();
}

export function decodeTransitions(data: Uint8Array, chunk: number): Transitions {
  const what = `lane tile of chunk ${chunk}`;
  const input = new ByteReader(unwrap(data, what), what);
  const startCode = input.u32();
  const count = input.count(TRANSITION_LIMIT, 'transitions');
  const [tile] = readTransitions(input, chunk, Uint32Array.of(startCode), Uint32Array.of(count));
  input.end();
  if (tile === undefined) throw input.fail('there are no transitions');
  return tile;
}

export function densityBytes(density: Density): Uint8Array {
  out.clear();
  out.varint(density.startTime);
  out.varint(density.bucketTime);
  out.varint(density.counts.length);
  out.column(density.counts, density.counts.length);
  return out.view();
}

export function decodeDensity(data: Uint8Array, chunk: number): Density {
  const what = `density tile of chunk ${chunk}`;
  const input = new ByteReader(unwrap(data, what, 64 + DENSITY_BUCKETS * 8), what);
  const startTime = input.varint();
  const bucketTime = Math.max(1, input.varint());
  const count = input.count(2 * DENSITY_BUCKETS, 'buckets');
  const counts = input.column(new Uint32Array(count), count);
  input.end();
  return { startTime, bucketTime, counts };
}

/** The smallest power of two of nanoseconds with which `span` fits `buckets` buckets. */
export function bucketTimeFor(span: number, buckets: number): number {
  let time = 1;
  while (span / time >= buckets) time *= 2;
  return time;
}
