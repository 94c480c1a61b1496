/** Lives of interrupts out of a trace. */
import type Database from 'better-sqlite3';
import { type Intid } from '../gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../state/brand.ts';
import { guarded } from './file.ts';
import { LEGS, type Leg, type Life, type Moment } from './life.ts';
import { integer, optionalInteger } from './row-values.ts';

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

const COLUMNS = LEGS.map((leg) => `${leg}_seq, ${leg}_time`).join(', ');

export class LifeReader {
  readonly #path: string;
  readonly #db: Database.Database;

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#db = db;
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
   * Lives that have a moment at `position`, among the last `reach` that began at or before it. Ids ascend with the
   * first moment, so the place is found by halving: some 25 look-ups by key, however long the trace.
   */
  at(position: number, reach = 256): Life[] {
    return guarded(this.#path, () => {
      const first = this.#db.prepare('SELECT first_seq FROM life WHERE id = ?').pluck();
      let low = 0;
      let high = optionalInteger(this.#db.prepare('SELECT max(id) + 1 FROM life').raw().get(), 0, 'lives') ?? 0;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (Number(first.get(middle) ?? Infinity) <= position) low = middle + 1;
        else high = middle;
      }
      const sql = `SELECT id, intid, vcpu, ${COLUMNS} FROM life WHERE id >= ? AND id < ? ORDER BY id`;
      return this.#db
        .prepare(sql)
        .raw()
        .all(low - reach, low)
        .map(toLife)
        .filter((life) => LEGS.some((leg) => life.moments[leg]?.seq === position));
    });
  }

  /** Every life in order, one at a time, for statistics. */
  *all(query: LifeQuery = {}): Generator<Life> {
    const { where, values } = conditions(query);
    const rows = this.#db.prepare(`SELECT id, intid, vcpu, ${COLUMNS} FROM life ${where} ORDER BY id`).raw();
    for (const row of rows.iterate(...values)) yield toLife(row);
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
  const vcpu = optionalInteger(row, 2, 'life');
  return {
    id: integer(row, 0, 'life'),
    // The column holds what the writer was given as an Intid.
    intid: integer(row, 1, 'life') as Intid,
    ...(vcpu === undefined ? {} : { vcpu: vcpuId(vcpu) }),
    moments,
  };
}
