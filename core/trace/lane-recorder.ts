/**
 * Collects the transitions of all lanes of one chunk and writes their tiles.
 *
 * In memory: the transitions of the current chunk, in order, as columns with their lane, and per lane the code before
 * the chunk. Writing sorts them by lane; lanes with few share a tile (shared-tiles.ts). A group's tiles are made from
 * the stored ones (lane-groups.ts).
 */
import { type Lane, type LaneKind } from './lane-kinds.ts';
import {
  DENSITY_BUCKETS,
  EXACT_CHUNKS,
  GROUP_CHUNKS,
  TILE,
  type Transitions,
  bucketTimeFor,
  densityBytes,
  tileId,
  transitionBytes,
} from './lane-tiles.ts';
import { type BlobColumns } from './blob-rows.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';
import { type EventColumns } from './columns.ts';
import { OWN_TILE_TRANSITIONS, SHARED_LANES, sharedBytes } from './shared-tiles.ts';
import { type WriteStatement, type Writes } from './writes.ts';

const CHUNK_EVENTS = CHUNK_BLOCKS * BLOCK_EVENTS;
const VCPUS = 1024;

export class LaneRecorder {
  /** Of the event at hand. */
  time = 0;
  readonly #lanes: Lane[] = [];
  readonly #writes: Writes;
  readonly #insertLane: WriteStatement;
  readonly #tiles: BlobColumns;
  #lanesSaved = 0;

  #count = 0;
  #lane = new Uint32Array(4096);
  #seq = new Float64Array(4096);
  #time = new Float64Array(4096);
  #code = new Uint32Array(4096);
  /** Transitions before this one are in tiles that were written. */
  #written = 0;
  /** Per lane: its code before this chunk, and now. */
  #before = new Uint32Array(256);
  #now = new Uint32Array(256);
  /** Pages of lanes with a shared tile in the current chunk. */
  readonly #shared = new Set<number>();
  /** Lanes with a tile of their own in the current group. */
  readonly #inGroup = new Set<number>();

  /** Times and vCPUs of the chunk's events, for density. */
  readonly #eventTime = new Float64Array(CHUNK_EVENTS);
  readonly #eventVcpu = new Int16Array(CHUNK_EVENTS);
  readonly #densityLane = new Int32Array(VCPUS).fill(-1);
  #groupStart = 0;

  constructor(writes: Writes) {
    this.#writes = writes;
    this.#insertLane = writes.prepare('INSERT INTO lane(id, kind, subject, lsb, width) VALUES (?, ?, ?, ?, ?)');
    this.#tiles = writes.blobTable('REPLACE INTO tile(id, data) VALUES (?, ?)', 1);
  }

  /** A new lane, whose code so far was `code`. */
  open(kind: LaneKind, subject: number, lsb: number, width: number, code: number): number {
    const id = this.#lanes.length;
    this.#lanes.push({ id, kind, subject, lsb, width });
    if (id === this.#now.length) {
      this.#before = grown(this.#before, new Uint32Array(id * 2));
      this.#now = grown(this.#now, new Uint32Array(id * 2));
    }
    this.#before[id] = code;
    this.#now[id] = code;
    return id;
  }

  /** The lane's code changed, at `time`; the same code again is no transition. */
  add(lane: number, seq: number, code: number): void {
    if (this.#now[lane] === code) return;
    this.#now[lane] = code;
    const i = this.#count;
    if (i === this.#lane.length) this.#grow(i * 2);
    this.#lane[i] = lane;
    this.#seq[i] = seq;
    this.#time[i] = this.time;
    this.#code[i] = code;
    this.#count = i + 1;
  }

  /** Takes times and vCPUs of a block's events; `offset` is the block within its chunk. */
  addBlock(offset: number, columns: EventColumns, count: number): void {
    const at = offset * BLOCK_EVENTS;
    this.#eventTime.set(columns.time.subarray(0, count), at);
    this.#eventVcpu.set(columns.vcpu.subarray(0, count), at);
  }

  /** Writes the tiles of the current chunk that changed since the last call; `events`: how many it has. */
  save(chunk: number, events: number): void {
    this.#saveTransitions(chunk);
    if (events > 0) this.#saveDensity(chunk, events);
    this.#tiles.flush();
    for (; this.#lanesSaved < this.#lanes.length; this.#lanesSaved++) {
      const lane = this.#lanes[this.#lanesSaved];
      if (lane !== undefined) this.#insertLane.run(lane.id, lane.kind, lane.subject, lane.lsb, lane.width);
    }
  }

  /** The chunk is complete and saved; `endTime` is that of its last event. */
  endChunk(chunk: number, endTime: number): void {
    for (let i = 0; i < this.#count; i++) {
      const lane = this.#lane[i] ?? 0;
      this.#before[lane] = this.#code[i] ?? 0;
    }
    this.#count = 0;
    this.#written = 0;
    this.#shared.clear();
    if (chunk % GROUP_CHUNKS === 0) this.#groupStart = this.#eventTime[0] ?? 0;
    if (chunk % GROUP_CHUNKS === GROUP_CHUNKS - 1) this.#saveGroup(Math.floor(chunk / GROUP_CHUNKS), endTime);
  }

  /** The trace is complete and saved, its last chunk is `chunk` with `events` events: makes the last group's tiles. */
  finish(chunk: number, events: number, endTime: number): void {
    if (events > 0 && chunk % GROUP_CHUNKS === 0) this.#groupStart = this.#eventTime[0] ?? 0;
    const last = events > 0 ? chunk : chunk - 1;
    // A short trace is always drawn from its exact tiles.
    if (last < EXACT_CHUNKS || this.#inGroup.size === 0) return;
    this.#saveGroup(Math.floor(last / GROUP_CHUNKS), endTime);
  }

  #saveTransitions(chunk: number): void {
    if (this.#written === this.#count) return;
    const tileOf = this.#sorted();
    const pages = new Set<number>();
    for (const lane of new Set(this.#lane.subarray(this.#written, this.#count))) {
      pages.add(Math.floor(lane / SHARED_LANES));
      const tile = tileOf(lane);
      if (tile.count < OWN_TILE_TRANSITIONS) continue;
      this.#addTile(tileId(TILE.exact, lane, chunk), transitionBytes(chunk, tile));
      this.#inGroup.add(lane);
    }
    for (const page of pages) this.#saveShared(chunk, page, tileOf);
    this.#written = this.#count;
  }

  /** The tiles of a page's lanes that are too short for one of their own. */
  #saveShared(chunk: number, page: number, tileOf: (lane: number) => Transitions): void {
    const tiles = new Map<number, Transitions>();
    for (let place = 0; place < SHARED_LANES; place++) {
      const tile = tileOf(page * SHARED_LANES + place);
      if (tile.count > 0 && tile.count < OWN_TILE_TRANSITIONS) tiles.set(place, tile);
    }
    // Also an empty one, when all of those that it held have their own by now.
    if (tiles.size === 0 && !this.#shared.has(page)) return;
    this.#addTile(tileId(TILE.shared, page, chunk), sharedBytes(chunk, tiles));
    this.#shared.add(page);
  }

  /** The chunk's transitions by lane (counting sort). */
  #sorted(): (lane: number) => Transitions {
    const from = new Uint32Array(this.#lanes.length + 1);
    for (let i = 0; i < this.#count; i++) {
      const lane = this.#lane[i] ?? 0;
      from[lane + 1] = (from[lane + 1] ?? 0) + 1;
    }
    for (let lane = 0; lane < this.#lanes.length; lane++) from[lane + 1] = (from[lane + 1] ?? 0) + (from[lane] ?? 0);
    const place = from.slice();
    const seq = new Float64Array(this.#count);
    const time = new Float64Array(this.#count);
    const code = new Uint32Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      const lane = this.#lane[i] ?? 0;
      const to = place[lane] ?? 0;
      place[lane] = to + 1;
      seq[to] = this.#seq[i] ?? 0;
      time[to] = this.#time[i] ?? 0;
      code[to] = this.#code[i] ?? 0;
    }
    return (lane) => {
      const a = from[lane] ?? 0;
      const b = from[lane + 1] ?? a;
      return {
        startCode: this.#before[lane] ?? 0,
        count: b - a,
        seq: seq.subarray(a, b),
        time: time.subarray(a, b),
        code: code.subarray(a, b),
      };
    };
  }

  #saveDensity(chunk: number, events: number): void {
    const startTime = this.#eventTime[0] ?? 0;
    const span = (this.#eventTime[events - 1] ?? 0) - startTime;
    const bucketTime = bucketTimeFor(span, DENSITY_BUCKETS);
    const buckets = Math.floor(span / bucketTime) + 1;
    const counts = new Map<number, Uint32Array>();
    for (let i = 0; i < events; i++) {
      const key = (this.#eventVcpu[i] ?? -1) + 1;
      let row = counts.get(key);
      if (row === undefined) {
        row = new Uint32Array(buckets);
        counts.set(key, row);
      }
      const bucket = Math.floor(((this.#eventTime[i] ?? 0) - startTime) / bucketTime);
      row[bucket] = (row[bucket] ?? 0) + 1;
    }
    for (const [key, row] of counts) {
      let lane = this.#densityLane[key] ?? -1;
      if (lane < 0) {
        lane = this.open('density', key, 0, 0, 0);
        this.#densityLane[key] = lane;
      }
      this.#addTile(tileId(TILE.exact, lane, chunk), densityBytes({ startTime, bucketTime, counts: row }));
    }
  }

  #addTile(id: number, data: Uint8Array): void {
    this.#tiles.bytes.raw(data);
    this.#tiles.add(id);
  }

  #saveGroup(group: number, endTime: number): void {
    const lanes = this.#lanes.filter(({ id }) => this.#inGroup.has(id)).map(({ id, kind }) => ({ id, kind }));
    if (lanes.length === 0) return;
    this.#writes.group({ group, lanes, startTime: this.#groupStart, endTime });
    this.#inGroup.clear();
  }

  #grow(capacity: number): void {
    this.#lane = grown(this.#lane, new Uint32Array(capacity));
    this.#seq = grown(this.#seq, new Float64Array(capacity));
    this.#time = grown(this.#time, new Float64Array(capacity));
    this.#code = grown(this.#code, new Uint32Array(capacity));
  }
}

const grown = <A extends Uint32Array | Float64Array>(from: A, to: A): A => {
  to.set(from);
  return to;
};
