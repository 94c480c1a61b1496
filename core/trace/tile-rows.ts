/** Exact transitions out of the rows of tiles, a lane's own and those it shares, in order; what is decoded is cached. */
import type Database from 'better-sqlite3';
import { TILE, type TileLevel, type Transitions, decodeTransitions, tileId } from './lane-tiles.ts';
import { LruCache } from './lru.ts';
import { blob, integer } from './row-values.ts';
import { SHARED_LANES, decodeShared } from './shared-tiles.ts';

const CACHED = 512;
const LAST_PART = 0xff_ffff;

type ChunkTile = readonly [chunk: number, tile: Transitions];

export class TileRows {
  readonly #range: Database.Statement;
  readonly #first: Database.Statement;
  readonly #last: Database.Statement;
  readonly #own: LruCache<number, Transitions>;
  readonly #shared: LruCache<number, ReadonlyMap<number, Transitions>>;

  /** @param cached tiles that stay decoded; one of a busy lane takes 100 KB. 0 for who reads each once. */
  constructor(db: Database.Database, cached = CACHED) {
    this.#own = new LruCache(cached);
    this.#shared = new LruCache(cached);
    const base = 'SELECT id, data FROM tile WHERE id BETWEEN ? AND ? ORDER BY id';
    this.#range = db.prepare(base).raw();
    this.#first = db.prepare(`${base} LIMIT 1`).raw();
    this.#last = db.prepare(`${base} DESC LIMIT 1`).raw();
  }

  /** Tiles may have changed. */
  forget(): void {
    this.#own.clear();
    this.#shared.clear();
  }

  /** The rows of a level and lane for parts `first` … `last`, as [part, blob]. */
  rows(level: TileLevel, lane: number, first: number, last: number): (readonly [number, Uint8Array])[] {
    const base = tileId(level, lane, 0);
    return this.#range
      .all(base + first, base + last)
      .map((row) => [integer(row, 0, 'tile') - base, blob(row, 1, 'tile')]);
  }

  /**
   * A lane's tiles for chunks `first` … `last`, ascending; chunks without a transition have none. A tile is decoded
   * when it is asked for.
   */
  *transitions(lane: number, first: number, last: number): Generator<ChunkTile, undefined> {
    const stored = [
      ...this.rows(TILE.exact, lane, first, last).map(([chunk, data]) => ({ chunk, data, own: true })),
      ...this.rows(TILE.shared, pageOf(lane), first, last).map(([chunk, data]) => ({ chunk, data, own: false })),
    ].sort((a, b) => a.chunk - b.chunk);
    for (const { chunk, data, own } of stored) {
      const tile = own ? this.#ownTile(lane, chunk, data) : this.#sharedTile(lane, chunk, data);
      if (tile !== undefined) yield [chunk, tile];
    }
  }

  /** A lane's last tile in chunks 0 … `last`. */
  lastUpTo(lane: number, last: number): Transitions | undefined {
    const own = this.#edge(this.#last, TILE.exact, lane, 0, last);
    const after = (own?.[0] ?? -1) + 1;
    for (let end = last; end >= after;) {
      const shared = this.#edge(this.#last, TILE.shared, pageOf(lane), after, end);
      if (shared === undefined) break;
      const tile = this.#sharedTile(lane, ...shared);
      if (tile !== undefined) return tile;
      end = shared[0] - 1;
    }
    return own === undefined ? undefined : this.#ownTile(lane, ...own);
  }

  /** A lane's first tile from chunk `first` on. */
  firstFrom(lane: number, first: number): Transitions | undefined {
    const own = this.#edge(this.#first, TILE.exact, lane, first, LAST_PART);
    const before = (own?.[0] ?? LAST_PART) - 1;
    for (let start = first; start <= before;) {
      const shared = this.#edge(this.#first, TILE.shared, pageOf(lane), start, before);
      if (shared === undefined) break;
      const tile = this.#sharedTile(lane, ...shared);
      if (tile !== undefined) return tile;
      start = shared[0] + 1;
    }
    return own === undefined ? undefined : this.#ownTile(lane, ...own);
  }

  #edge(
    statement: Database.Statement,
    level: TileLevel,
    lane: number,
    first: number,
    last: number,
  ): readonly [number, Uint8Array] | undefined {
    const base = tileId(level, lane, 0);
    const row = statement.get(base + first, base + last);
    return row === undefined ? undefined : [integer(row, 0, 'tile') - base, blob(row, 1, 'tile')];
  }

  #ownTile(lane: number, chunk: number, data: Uint8Array): Transitions {
    const id = tileId(TILE.exact, lane, chunk);
    return this.#own.get(id) ?? this.#own.set(id, decodeTransitions(data, chunk));
  }

  #sharedTile(lane: number, chunk: number, data: Uint8Array): Transitions | undefined {
    const id = tileId(TILE.shared, pageOf(lane), chunk);
    const tiles = this.#shared.get(id) ?? this.#shared.set(id, decodeShared(data, chunk));
    return tiles.get(lane % SHARED_LANES);
  }
}

const pageOf = (lane: number): number => Math.floor(lane / SHARED_LANES);
