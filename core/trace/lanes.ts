/**
 * What the timeline draws for a window of time: lanes of interrupts, run states and values, and the density of
 * events. All results are typed arrays of their own buffers, ready to be transferred.
 *
 * A lane comes as exact segments when they are few, else squeezed into pixel columns. Sources by window size: the
 * exact tiles of up to 4 chunks (1 million events), beyond that the bucket tiles of groups (and exact ones of groups
 * in which the lane has few transitions, and, while a trace is being written, of the last group); so the cost is bounded by the tiles' sizes. Density: the events themselves up to 8 blocks,
 * beyond that the density tiles.
 */
import { CHUNK_BLOCKS } from './block.ts';
import { ColumnBuilder, type LaneColumns } from './lane-columns.ts';
import { type Lane } from './lane-kinds.ts';
import { EXACT_CHUNKS, GROUP_CHUNKS } from './lane-tiles.ts';
import { lowerBound } from './posting-reader.ts';
import { type TraceReader } from './reader.ts';

/** A window: `start` ≤ time < `end`, in ns, drawn on `columns` pixel columns. */
export interface Window {
  readonly start: number;
  readonly end: number;
  readonly columns: number;
}

/** Exact stretches of equal code: each from its time to the next one's, the last to the window's end. */
export interface LaneSegments {
  readonly mode: 'segments';
  readonly time: Float64Array<ArrayBuffer>;
  readonly code: Uint32Array<ArrayBuffer>;
  /** Position of the event that began the stretch; −1: before the window. */
  readonly seq: Float64Array<ArrayBuffer>;
}

export type LaneDrawing = LaneSegments | LaneColumns;

const COLUMN_LIMIT = 16_384;
const EXACT_DENSITY_BLOCKS = 8;

/** One lane in a window. @throws RangeError for a window without extent or with too many columns */
export function drawLane(reader: TraceReader, lane: Lane, window: Window): LaneDrawing {
  check(window);
  const first = chunkAt(reader, window.start);
  const last = Math.max(first, chunkAt(reader, window.end));
  const fromGroups = last - first >= EXACT_CHUNKS ? groupTiles(reader, lane, first, last) : undefined;
  if (fromGroups !== undefined) return fromGroups(window);
  const startCode = reader.laneTiles.codeBefore(lane, first);
  const tiles = [...reader.laneTiles.transitions(lane, first, last)].map(([, tile]) => tile);
  let count = 0;
  for (const tile of tiles) count += lowerBound(tile.time, window.end) - lowerBound(tile.time, window.start);
  if (count > 2 * window.columns) {
    const builder = new ColumnBuilder(lane.kind, window.start, window.end, window.columns, startCode);
    for (const tile of tiles) for (let i = 0; i < tile.count; i++) builder.add(tile.time[i] ?? 0, tile.code[i] ?? 0);
    return builder.finish();
  }
  const out = new SegmentList(window.start, startCode, count + 1);
  for (const tile of tiles) {
    const end = lowerBound(tile.time, window.end);
    for (let i = 0; i < end; i++) out.add(tile.time[i] ?? 0, tile.code[i] ?? 0, tile.seq[i] ?? 0);
  }
  return out.finish();
}

/** The window from group tiles, as far as groups are complete; undefined when none is. */
function groupTiles(
  reader: TraceReader,
  lane: Lane,
  first: number,
  last: number,
): ((window: Window) => LaneColumns) | undefined {
  const groups = reader.blocks.length / CHUNK_BLOCKS / GROUP_CHUNKS;
  const complete = reader.complete ? Math.ceil(groups) : Math.floor(groups);
  const firstGroup = Math.floor(first / GROUP_CHUNKS);
  const lastGroup = Math.min(Math.floor(last / GROUP_CHUNKS), complete - 1);
  if (lastGroup < firstGroup) return undefined;
  return (window) => {
    const startCode = reader.laneTiles.codeBefore(lane, firstGroup * GROUP_CHUNKS);
    const builder = new ColumnBuilder(lane.kind, window.start, window.end, window.columns, startCode);
    const exactly = (from: number, to: number): void => {
      for (const [, tile] of from > to ? [] : reader.laneTiles.transitions(lane, from, to))
        for (let i = 0; i < tile.count; i++) builder.add(tile.time[i] ?? 0, tile.code[i] ?? 0);
    };
    let next = firstGroup * GROUP_CHUNKS;
    for (const [group, tile] of reader.laneTiles.buckets(lane, firstGroup, lastGroup)) {
      // Groups without a tile of this lane have few transitions of it.
      exactly(next, group * GROUP_CHUNKS - 1);
      builder.addBuckets(tile);
      next = (group + 1) * GROUP_CHUNKS;
    }
    exactly(next, last);
    return builder.finish();
  };
}

class SegmentList {
  readonly #time: Float64Array<ArrayBuffer>;
  readonly #code: Uint32Array<ArrayBuffer>;
  readonly #seq: Float64Array<ArrayBuffer>;
  readonly #start: number;
  #count = 1;

  constructor(start: number, code: number, capacity: number) {
    this.#start = start;
    this.#time = new Float64Array(capacity);
    this.#code = new Uint32Array(capacity);
    this.#seq = new Float64Array(capacity);
    this.#time[0] = start;
    this.#code[0] = code;
    this.#seq[0] = -1;
  }

  add(time: number, code: number, position: number): void {
    const i = time <= this.#start ? 0 : this.#count++;
    this.#time[i] = Math.max(time, this.#start);
    this.#code[i] = code;
    this.#seq[i] = position;
  }

  finish(): LaneSegments {
    const count = this.#count;
    return {
      mode: 'segments',
      time: this.#time.slice(0, count),
      code: this.#code.slice(0, count),
      seq: this.#seq.slice(0, count),
    };
  }
}

/** Events per column. `vcpu` undefined: events that name none. */
export function drawDensity(reader: TraceReader, vcpu: number | undefined, window: Window): Float32Array<ArrayBuffer> {
  check(window);
  const out = new Float32Array(window.columns);
  const scale = window.columns / (window.end - window.start);
  const firstBlock = Math.max(0, reader.blocks.atTime(window.start - 1));
  const lastBlock = reader.blocks.atTime(window.end);
  const wanted = vcpu ?? -1;
  if (lastBlock - firstBlock < EXACT_DENSITY_BLOCKS) {
    for (let block = firstBlock; block <= lastBlock; block++) {
      const events = reader.events(block);
      for (let i = 0; i < events.count; i++) {
        const time = events.time[i] ?? 0;
        if (events.vcpu[i] !== wanted || time < window.start || time >= window.end) continue;
        const column = Math.min(window.columns - 1, Math.floor((time - window.start) * scale));
        out[column] = (out[column] ?? 0) + 1;
      }
    }
    return out;
  }
  const lane = reader.laneTiles.laneOf('density', wanted + 1);
  if (lane === undefined) return out;
  const first = Math.floor(firstBlock / CHUNK_BLOCKS);
  const last = Math.floor(lastBlock / CHUNK_BLOCKS);
  for (const [, tile] of reader.laneTiles.density(lane, first, last))
    for (let bucket = 0; bucket < tile.counts.length; bucket++) {
      const n = tile.counts[bucket] ?? 0;
      if (n === 0) continue;
      const from = (tile.startTime + bucket * tile.bucketTime - window.start) * scale;
      spread(out, from, from + tile.bucketTime * scale, n);
    }
  return out;
}

/** Adds `n` evenly to columns `from` … `to`, fractions included. */
function spread(out: Float32Array, from: number, to: number, n: number): void {
  const width = to - from;
  const end = Math.min(out.length, to);
  for (let column = Math.max(0, Math.floor(from)); column < end; column++) {
    const overlap = Math.min(to, column + 1) - Math.max(from, column);
    if (overlap > 0) out[column] = (out[column] ?? 0) + (n * overlap) / width;
  }
}

function chunkAt(reader: TraceReader, time: number): number {
  return Math.floor(Math.max(0, reader.blocks.atTime(time)) / CHUNK_BLOCKS);
}

function check({ start, end, columns }: Window): void {
  if (!(end > start) || !Number.isFinite(end - start))
    throw new RangeError(`window ${start} … ${end} ns has no extent`);
  if (!Number.isInteger(columns) || columns < 1 || columns > COLUMN_LIMIT)
    throw new RangeError(`${columns} columns; 1 … ${COLUMN_LIMIT} are possible`);
}
