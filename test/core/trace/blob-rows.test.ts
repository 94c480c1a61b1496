import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../../../core/trace/blob.ts';
import { BlobColumns, type BlobRows, runBlobs } from '../../../core/trace/blob-rows.ts';

describe('rows with blobs', () => {
  it('reach their table with their numbers and contents, however many there are', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t(a INTEGER, b INTEGER, data BLOB)');
    const statement = db.prepare('INSERT INTO t(a, b, data) VALUES (?, ?, ?)');
    let given = 0;
    const rows = new BlobColumns(2, undefined, (some: BlobRows) => {
      given++;
      runBlobs(statement, some);
    });
    const lengths = [0, 1, 5000, 0, 700_000, 400_000, 3];
    for (const [i, length] of lengths.entries()) {
      rows.bytes.raw(new Uint8Array(length).fill(i));
      rows.add(i, 2 ** 40 + i);
    }
    rows.flush();
    rows.flush();
    expect(given).toBe(2);
    const stored = db.prepare('SELECT a, b, data FROM t ORDER BY a').raw().all();
    expect(
      stored.map((row) => {
        const [a, b, data] = row as [number, number, Uint8Array];
        const content = unwrap(data, 'a test');
        return [a, b, content.length, content.every((byte) => byte === a)];
      }),
    ).toEqual(lengths.map((length, i) => [i, 2 ** 40 + i, length, true]));
  });
});
