/** Tiles of lanes out of a trace, decoded and cached; the reader side of lane-tiles.ts. */
import type Database from 'better-sqlite3';
import { damaged } from './errors.ts';
import { guarded } from './file.ts';
import { LANE_KINDS, type Lane, type LaneKind } from './lane-kinds.ts';
import {
  type Buckets,
  type Density,
  type Transitions,
  decodeBuckets,
  decodeDensity,
  decodeTransitions,
  tileId,
} from './lane-tiles.ts';
import { LruCache } from './lru.ts';
import { blob, integer, text } from './row-values.ts';

const CACHED = 512;
const LAST_PART = 0xff_ffff;

export class LaneReader {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #range: Database.Statement;
  readonly #lastIn: Database.Statement;
  readonly #firstIn: Database.Statement;
  readonly #transitions = new LruCache<number, Transitions>(CACHED);
  readonly #buckets = new LruCache<number, Buckets>(CACHED);
  readonly #lanes: Lane[] = [];
  readonly #bySubject = new Map<string, Lane>();

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#db = db;
    const base = 'SELECT id, data FROM tile WHERE id BETWEEN ? AND ? ORDER BY id';
    this.#range = db.prepare(base).raw();
    this.#firstIn = db.prepare(`${base} LIMIT 1`).raw();
    this.#lastIn = db.prepare(`${base} DESC LIMIT 1`).raw();
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
      this.#transitions.clear();
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
  *transitions(lane: Lane, first: number, last: number): Generator<readonly [number, Transitions]> {
    for (const [chunk, data] of this.#rows(0, lane.id, first, last)) yield [chunk, this.#decoded(lane.id, chunk, data)];
  }

  /** Bucket tiles of a lane for groups `first` … `last`. */
  *buckets(lane: Lane, first: number, last: number): Generator<readonly [number, Buckets]> {
    for (const [group, data] of this.#rows(1, lane.id, first, last)) {
      const id = tileId(1, lane.id, group);
      yield [group, this.#buckets.get(id) ?? this.#buckets.set(id, decodeBuckets(data, group))];
    }
  }

  /** Event counts of a density lane for chunks `first` … `last`. */
  *density(lane: Lane, first: number, last: number): Generator<readonly [number, Density]> {
    for (const [chunk, data] of this.#rows(0, lane.id, first, last)) yield [chunk, decodeDensity(data, chunk)];
  }

  /** The lane's code just before chunk `chunk` begins. */
  codeBefore(lane: Lane, chunk: number): number {
    const before = chunk > 0 ? this.#edge(this.#lastIn, lane.id, 0, chunk - 1) : undefined;
    if (before !== undefined) return before.code[before.count - 1] ?? before.startCode;
    return this.#edge(this.#firstIn, lane.id, chunk, LAST_PART)?.startCode ?? 0;
  }

  #edge(statement: Database.Statement, lane: number, first: number, last: number): Transitions | undefined {
    const row = guarded(this.#path, () => statement.get(tileId(0, lane, first), tileId(0, lane, last)));
    if (row === undefined) return undefined;
    return this.#decoded(lane, integer(row, 0, 'tile') - tileId(0, lane, 0), blob(row, 1, 'tile'));
  }

  #decoded(lane: number, chunk: number, data: Uint8Array): Transitions {
    const id = tileId(0, lane, chunk);
    return this.#transitions.get(id) ?? this.#transitions.set(id, decodeTransitions(data, chunk));
  }

  #rows(level: 0 | 1, lane: number, first: number, last: number): (readonly [number, Uint8Array])[] {
    const base = tileId(level, lane, 0);
    const rows = guarded(this.#path, () => this.#range.all(base + first, base + last));
    return rows.map((row) => [integer(row, 0, 'tile') - base, blob(row, 1, 'tile')] as const);
  }
}
