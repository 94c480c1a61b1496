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

/** The rows of a trace and the program that imports them; as often as asked, since its time varies. */
export class SqlitePeer {
  readonly #rows: string;
  readonly #database: string;

  /** Undefined where `sqlite3` is not installed. */
  static of(trace: string, folder: string): SqlitePeer | undefined {
    return spawnSync('sqlite3', ['--version']).status === 0 ? new SqlitePeer(trace, folder) : undefined;
  }

  /** The rows are read once: garbage of millions of rows makes V8 forget the compiled code that is timed in turns. */
  private constructor(trace: string, folder: string) {
    this.#rows = join(folder, 'rows.csv');
    this.#database = join(folder, 'peer.db');
    writeRows(trace, this.#rows);
  }

  /** Wall time of one import into a new table with one index. */
  seconds(): number {
    const input =
      'CREATE TABLE e(seq INTEGER, time INTEGER, meta INTEGER, value INTEGER, arg INTEGER);\n.mode csv\n' +
      `.import ${this.#rows} e\nCREATE INDEX i ON e(time);\n`;
    const start = performance.now();
    const { status, stderr } = spawnSync('sqlite3', [this.#database], { input, encoding: 'utf8' });
    const seconds = (performance.now() - start) / 1000;
    rmSync(this.#database, { force: true });
    if (status !== 0) throw new Error(`sqlite3 .import failed: ${stderr}`);
    return seconds;
  }

  /** Removes the rows. */
  close(): void {
    rmSync(this.#rows);
  }
}
