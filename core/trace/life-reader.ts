/** Lives of interrupts out of a trace. */
import type Database from 'better-sqlite3';
import { type Intid } from '../gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../state/brand.ts';
import { decodeLives } from './block-lives.ts';
import { BLOCK_EVENTS, BLOCK_SHIFT, type BlockLives } from './block.ts';
import { damaged } from './errors.ts';
import { guarded } from './file.ts';
import { LEGS, type Leg, type Life, type Moment } from './life.ts';
import { LAST_INTID, LAST_VCPU } from './limits.ts';
import { LruCache } from './lru.ts';
import { blob, integer, optionalInteger, optionalUpTo, upTo } from './row-values.ts';

/** Which lives; every condition that is given must hold. */
export interface LifeQuery {
  readonly intid?: Intid;
  readonly vcpu?: number;
  /** First moment at this position or later. */
  readonly from?: number;
  /** First moment at this position or earlier. */
  readonly to?: number;
  /** Legs that must have been seen. */
  readonly seen?: readonly Leg[];
  /** Latest first instead of earliest first. */
  readonly reverse?: boolean;
  readonly offset?: number;
  /** Default 1000. */
  readonly limit?: number;
}

/** Rows that are looked at without a pause: a few milliseconds. */
const COUNTED_AT_ONCE = 20_000;
const READ_AT_ONCE = 256;

const COLUMNS = LEGS.map((leg) => `${leg}_seq, ${leg}_time`).join(', ');

export class LifeReader {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #block: Database.Statement;
  readonly #byId: Database.Statement;
  readonly #cache = new LruCache<number, BlockLives>(64);

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#db = db;
    this.#block = db.prepare('SELECT data FROM block_lives WHERE id = ?').raw();
    this.#byId = db.prepare(`SELECT id, intid, vcpu, ${COLUMNS} FROM life WHERE id = ?`).raw();
  }

  list(query: LifeQuery = {}): Life[] {
    const { where, values } = conditions(query);
    const order = query.reverse === true ? 'DESC' : 'ASC';
    const sql = `SELECT id, intid, vcpu, ${COLUMNS} FROM life ${where} ORDER BY id ${order} LIMIT ? OFFSET ?`;
    return guarded(this.#path, () =>
      this.#db
        .prepare(sql)
        .raw()
        .all(...values, query.limit ?? 1000, query.offset ?? 0)
        .map(toLife),
    );
  }

  /** The lives that an event is a moment of: one small blob and one row each. */
  at(position: number): Life[] {
    const lives = this.#momentsOf(position >> BLOCK_SHIFT);
    if (lives === undefined) return [];
    const index = position & (BLOCK_EVENTS - 1);
    const out: Life[] = [];
    for (let i = 0; i < lives.count; i++) {
      if (lives.event[i] !== index) continue;
      const row = guarded(this.#path, () => this.#byId.get(lives.life[i]));
      if (row === undefined) throw damaged(`life ${lives.life[i]}`, 'its row is missing');
      const life = toLife(row);
      if (!out.some((known) => known.id === life.id)) out.push(life);
    }
    return out;
  }

  /** The trace grew: what is cached of its last block is old. */
  forget(): void {
    this.#cache.clear();
  }

  #momentsOf(block: number): BlockLives | undefined {
    const cached = this.#cache.get(block);
    if (cached !== undefined) return cached;
    const row = guarded(this.#path, () => this.#block.get(block));
    if (row === undefined) return undefined;
    return this.#cache.set(block, decodeLives(blob(row, 0, `lives of block ${block}`), block, BLOCK_EVENTS));
  }

  /**
   * Positions, ascending and each once, of the moments `to` of lives whose time since `from` lies in one of the
   * intervals (ns, both ends included). `from` undefined: since the raise, or pending where no raise was seen.
   */
  ending(to: Leg, from: Leg | undefined, intervals: readonly (readonly [number, number])[]): Float64Array {
    if (!LEGS.includes(to) || (from !== undefined && !LEGS.includes(from)))
      throw new RangeError(`no leg ${to}, ${from}`);
    const start = from === undefined ? 'coalesce(raised_time, pending_time)' : `${from}_time`;
    const sql =
      `SELECT DISTINCT ${to}_seq FROM life WHERE ${to}_seq IS NOT NULL ` +
      `AND ${to}_time - ${start} BETWEEN ? AND ? ORDER BY 1`;
    const statement = this.#db.prepare(sql).pluck();
    const out = new Set<number>();
    return guarded(this.#path, () => {
      for (const [low, high] of intervals)
        for (const position of statement.iterate(low, high)) if (typeof position === 'number') out.add(position);
      return Float64Array.from(out).sort();
    });
  }

  count(query: LifeQuery = {}): number {
    const { where, values } = conditions(query);
    return guarded(this.#path, () =>
      integer(
        this.#db
          .prepare(`SELECT count(*) FROM life ${where}`)
          .raw()
          .get(...values),
        0,
        'lives',
      ),
    );
  }

  /**
   * How many lives of each interrupt began with a rise of its line, or with an injection: of one stretch of lives after
   * the other. Linear in lives.
   */
  *raised(): Generator<readonly [intid: number, count: number]> {
    // In the order of the table: by the index each life would be looked up in it, five times as slow.
    const sql =
      'SELECT intid, count(*) FROM life NOT INDEXED WHERE id BETWEEN ? AND ? AND raised_seq IS NOT NULL GROUP BY intid';
    const statement = this.#db.prepare(sql).raw();
    const last = this.#lastId();
    for (let first = 0; first <= last; first += COUNTED_AT_ONCE)
      for (const row of guarded(this.#path, () => statement.all(first, first + COUNTED_AT_ONCE - 1)))
        yield [upTo(LAST_INTID, row, 0, 'lives'), integer(row, 1, 'lives')];
  }

  /** Every life in order, one at a time, for statistics. Between two of them the trace may grow. */
  *all(): Generator<Life> {
    const page = this.#db
      .prepare(`SELECT id, intid, vcpu, ${COLUMNS} FROM life WHERE id > ? ORDER BY id LIMIT ${READ_AT_ONCE}`)
      .raw();
    for (let last = -1; ;) {
      const lives = guarded(this.#path, () => page.all(last)).map(toLife);
      yield* lives;
      const end = lives.at(-1);
      if (end === undefined || lives.length < READ_AT_ONCE) return;
      last = end.id;
    }
  }

  #lastId(): number {
    const row = guarded(this.#path, () => this.#db.prepare('SELECT coalesce(max(id), -1) FROM life').raw().get());
    return integer(row, 0, 'lives');
  }
}

function conditions(query: LifeQuery): { where: string; values: number[] } {
  const parts: string[] = [];
  const values: number[] = [];
  const add = (sql: string, value: number | undefined): void => {
    if (value === undefined) return;
    parts.push(sql);
    values.push(value);
  };
  add('intid = ?', query.intid);
  add('vcpu = ?', query.vcpu);
  add('first_seq >= ?', query.from);
  add('first_seq <= ?', query.to);
  for (const leg of query.seen ?? []) if (LEGS.includes(leg)) parts.push(`${leg}_seq IS NOT NULL`);
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}

function toLife(row: unknown): Life {
  const moments: Partial<Record<Leg, Moment>> = {};
  for (const [i, leg] of LEGS.entries()) {
    const at = optionalInteger(row, 3 + 2 * i, 'life');
    const time = optionalInteger(row, 4 + 2 * i, 'life');
    if (at !== undefined && time !== undefined) moments[leg] = { seq: seq(at), time: nanoseconds(time) };
  }
  const vcpu = optionalUpTo(LAST_VCPU, row, 2, 'life');
  return {
    id: integer(row, 0, 'life'),
    // The column holds what the writer was given as an Intid.
    intid: upTo(LAST_INTID, row, 1, 'life') as Intid,
    ...(vcpu === undefined ? {} : { vcpu: vcpuId(vcpu) }),
    moments,
  };
}
