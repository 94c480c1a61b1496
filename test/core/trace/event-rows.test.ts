import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds } from '../../../core/state/brand.ts';
import { momentOf } from '../../../core/trace/event-rows.ts';
import { SINCE_BITS } from '../../../core/trace/views.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, tracePath } from './support.ts';

const FAR = 2 ** SINCE_BITS;

function timesIn(path: string): unknown[] {
  const db = new Database(path, { readonly: true });
  const times = db.prepare('SELECT time FROM event_time ORDER BY seq').pluck().all();
  db.close();
  return times;
}

describe("the rows of a trace's events", () => {
  it('give back every time, however far apart', () => {
    const times = [0, 0, FAR - 1, FAR, FAR + 1, 2 * FAR, 9 * FAR - 1, 10 * FAR, 2 ** 50, 2 ** 50 + 1];
    const path = tracePath();
    const writer = new TraceWriter(path);
    for (const [i, time] of times.entries()) {
      writer.append({
        kind: 'irq.pend',
        intid: intid('ppi', i % 3),
        pending: true,
        origin: 'device',
        time: nanoseconds(time),
      });
      // What a flush leaves unfinished goes on after it.
      if (i === 4) writer.flush();
    }
    writer.finish(SUMMARY);
    expect(timesIn(path)).toEqual(times);
  });

  it('say what and when in one number, also where that is wider than 53 bits', () => {
    const db = new Database(':memory:');
    const apart = db.prepare<[number | bigint], { what: number; since: number }>(
      `SELECT m >> ${SINCE_BITS} AS what, m & ${FAR - 1} AS since FROM (SELECT cast(? AS INTEGER) AS m)`,
    );
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 36 }), fc.nat({ max: FAR - 1 }), (what, since) => {
        expect(apart.get(momentOf(what, since))).toEqual({ what, since });
      }),
      {
        examples: [
          [2 ** 27 - 1, FAR - 1],
          [2 ** 27, 0],
          [2 ** 27 + 1, FAR - 1],
        ],
      },
    );
    db.close();
  });
});
