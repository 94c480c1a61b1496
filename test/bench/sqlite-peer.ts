/** The peer of writing a trace: the same event rows, from CSV into a table with one index, by the `sqlite3` program. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const PIECE = 1 << 20;

function writeRows(trace: string, csv: string): void {
  const out = openSync(csv, 'w');
  const db = new Database(trace, { readonly: true });
  let text = '';
  for (const row of db
    .prepare('SELECT r.seq, r.time, w.meta, w.value, w.arg FROM event_time r CROSS JOIN event_what w ON w.id = r.what')
    .safeIntegers()
    .raw()
    .iterate()) {
    text += `${String(row)}\n`;
    if (text.length < PIECE) continue;
    writeSync(out, text);
    text = '';
  }
  writeSync(out, text);
  closeSync(out);
  db.close();
}

/** Seconds of wall time for the rows of a trace; undefined where `sqlite3` is not installed. */
export function importSeconds(trace: string, folder: string): number | undefined {
  if (spawnSync('sqlite3', ['--version']).status !== 0) return undefined;
  const csv = join(folder, 'rows.csv');
  const other = join(folder, 'peer.db');
  writeRows(trace, csv);
  const input =
    'CREATE TABLE e(seq INTEGER, time INTEGER, meta INTEGER, value INTEGER, arg INTEGER);\n.mode csv\n' +
    `.import ${csv} e\nCREATE INDEX i ON e(time);\n`;
  const start = performance.now();
  const { status, stderr } = spawnSync('sqlite3', [other], { input, encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  rmSync(csv);
  rmSync(other, { force: true });
  if (status !== 0) throw new Error(`sqlite3 .import failed: ${stderr}`);
  return seconds;
}
