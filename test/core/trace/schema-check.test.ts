import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTraceFile } from '../../../core/trace/file.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { buildTrace, tracePath } from './support.ts';

let good = '';
beforeAll(() => {
  good = buildTrace(20).path;
});

/** A copy of the trace after somebody ran SQL over it. */
function tampered(sql: string): string {
  const path = tracePath('tampered');
  copyFileSync(good, path);
  const db = new Database(path);
  db.exec(sql);
  db.close();
  return path;
}

describe('the tables of a trace from a stranger', () => {
  it('are not replaced by a view, which could compute for ever', () => {
    const path = tampered(
      'DROP TABLE block; CREATE VIEW block AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) ' +
        'SELECT x AS id, 0 AS first_seq, 0 AS count, 0 AS first_time, 0 AS last_time, 0 AS changes, 1 AS keyframe FROM c WHERE x < 0;',
    );
    expect(() => new TraceReader(path)).toThrow(/damaged: .*it has no table block\b/);
  });

  it('are not virtual, computed or looser than they were made', () => {
    for (const sql of [
      'DROP TABLE tile; CREATE VIRTUAL TABLE tile USING fts5(id, data)',
      'DROP TABLE raw; CREATE TABLE raw(id INTEGER PRIMARY KEY, first_line, last_line, data AS (zeroblob(1000000000)))',
      'DROP TABLE name; CREATE TABLE name(id INTEGER PRIMARY KEY, text ANY)',
    ])
      expect(() => new TraceReader(tampered(sql)), sql).toThrow(/its table (tile|raw|name) is not the one/);
  });

  it('have no triggers, which would act when a bookmark is saved', () => {
    const path = tampered('CREATE TRIGGER t AFTER INSERT ON bookmark BEGIN DELETE FROM event_row; END');
    expect(() => openTraceFile(path, 'write')).toThrow(/it has a trigger, t; a trace has none/);
  });

  it('may have company: tables, views and indexes that people add for their own queries', () => {
    const path = tampered(
      'CREATE TABLE mine(x); CREATE VIEW ppis AS SELECT * FROM interrupt; CREATE INDEX by_time ON event_row(moment); VACUUM',
    );
    const reader = new TraceReader(path);
    expect(reader.count).toBe(20);
    reader.close();
  });
});
