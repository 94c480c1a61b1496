import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { TraceReader } from '../../../core/trace/reader.ts';
import { buildTrace, tracePath } from './support.ts';

let good = '';
beforeAll(() => {
  good = buildTrace(300).path;
});

function tampered(sql: string): string {
  const path = tracePath('limits');
  copyFileSync(good, path);
  const db = new Database(path);
  db.exec(sql);
  db.close();
  return path;
}

describe('numbers in a file that name nothing', () => {
  it.each([
    ['UPDATE interrupt SET intid = 4294967296 WHERE id = 0', /interrupt: column 1 is 4294967296, wanted 0 to/],
    ['UPDATE interrupt SET vcpu = 512 WHERE id = 0', /interrupt: column 2 is 512, wanted 0 to 511/],
    ['UPDATE interrupt_count SET intid = -1 WHERE rowid = (SELECT min(rowid) FROM interrupt_count)', /wanted 0 to/],
    ['UPDATE life SET intid = -5', /life: column 1 is -5/],
    [`UPDATE meta SET value = '{"vcpus":1000000000}' WHERE key = 'summary'`, /summary: it says 1000000000 vCPUs/],
  ])('are damage: %s', (sql, message) => {
    const path = tampered(sql);
    expect(() => {
      const reader = new TraceReader(path);
      try {
        reader.info();
        reader.lives.list();
      } finally {
        reader.close();
      }
    }).toThrow(message);
  });

  it('and counts that the blocks do not bear out are not believed', () => {
    const reader = new TraceReader(tampered("UPDATE meta SET value = 1 << 50 WHERE key IN ('events', 'last_time')"));
    expect(reader.info()).toMatchObject({ events: 300, durationNs: reader.duration });
    reader.close();
  });
});
