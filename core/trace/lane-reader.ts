/** Tiles of lanes out of a trace, decoded and cached; the reader side of lane-tiles.ts. */
import type Database from 'better-sqlite3';
import { damaged } from './errors.ts';
import { guarded } from './file.ts';
import { type Buckets, decodeBuckets } from './lane-buckets.ts';
import { LANE_KINDS, type Lane, type LaneKind } from './lane-kinds.ts';
import { type Density, TILE, type TileLevel, type Transitions, decodeDensity, tileId } from './lane-tiles.ts';
import { LruCache } from './lru.ts';
import { integer, text } from './row-values.ts';
import { TileRows } from './tile-rows.ts';

const CACHED = 512;

export class LaneReader {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #tiles: TileRows;
  readonly #buckets = new LruCache<number, Buckets>(CACHED);
  readonly #lanes: Lane[] = [];
  readonly #bySubject = new Map<string, Lane>();

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#db = db;
    this.#tiles = new TileRows(db);
  }

  /** Every lane that has tiles, by id. */
  get all(): readonly Lane[] {
    return this.#lanes;
  }

  /** The lane of an interrupt (its number), of a slot, or the density of a vCPU (+ 1; 0: events without one). */
  laneOf(kind: LaneKind, subject: number): Lane | undefined {
    return this.#bySubject.get(`${kind} ${subject}`);
  }

  /** Takes in new lanes; `grown`: tiles may have changed. */
  load(interrupts: number, slots: number, grown: boolean): void {
    if (grown) {
      this.#tiles.forget();
      this.#buckets.clear();
    }
    const sql = 'SELECT id, kind, subject, lsb, width FROM lane WHERE id >= ? ORDER BY id';
    for (const row of this.#db.prepare(sql).raw().iterate(this.#lanes.length)) {
      const kindName = text(row, 1, 'lane');
      const kind = LANE_KINDS.find((known) => known === kindName);
      const id = integer(row, 0, 'lane');
      const subject = integer(row, 2, 'lane');
      const limit = kind === 'interrupt' ? interrupts : kind === 'density' ? 1024 : slots;
      const lsb = integer(row, 3, 'lane');
      const width = integer(row, 4, 'lane');
      const fits = lsb >= 0 && width >= 0 && lsb + width <= 64 && subject >= 0 && subject < limit;
      if (kind === undefined || id !== this.#lanes.length || !fits) throw damaged(`lane ${id}`, 'it makes no sense');
      const lane = { id, kind, subject, lsb, width };
      this.#lanes.push(lane);
      this.#bySubject.set(`${kind} ${subject}`, lane);
    }
  }

  /** Exact tiles of a lane for chunks `first` … `last`, as [chunk, tile]; chunks without a transition have none. */
  transitions(lane: Lane, first: number, last: number): (readonly [number, Transitions])[] {
    return guarded(this.#path, () => [...this.#tiles.transitions(lane.id, first, last)]);
  }

  /** Bucket tiles of a lane for groups `first` … `last`, as [group, tile]; only those with an exact tile of the lane's own. */
  *buckets(lane: Lane, first: number, last: number): Generator<readonly [number, Buckets]> {
    for (const [group, data] of this.#rows(TILE.group, lane.id, first, last)) {
      const id = tileId(TILE.group, lane.id, group);
      yield [group, this.#buckets.get(id) ?? this.#buckets.set(id, decodeBuckets(data, group))];
    }
  }

  /** Event counts of a density lane for chunks `first` … `last`. */
  *density(lane: Lane, first: number, last: number): Generator<readonly [number, Density]> {
    for (const [chunk, data] of this.#rows(TILE.exact, lane.id, first, last)) yield [chunk, decodeDensity(data, chunk)];
  }

  /** The lane's code just before chunk `chunk` begins. */
  codeBefore(lane: Lane, chunk: number): number {
    return guarded(this.#path, () => {
      const before = chunk > 0 ? this.#tiles.lastUpTo(lane.id, chunk - 1) : undefined;
      if (before !== undefined) return before.code[before.count - 1] ?? before.startCode;
      return this.#tiles.firstFrom(lane.id, chunk)?.startCode ?? 0;
    });
  }

  #rows(level: TileLevel, lane: number, first: number, last: number): (readonly [number, Uint8Array])[] {
    return guarded(this.#path, () => this.#tiles.rows(level, lane, first, last));
  }
}
