import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTables } from '../../../core/trace/new-file.ts';
import { TransitionRows } from '../../../core/trace/transition-rows.ts';
import { WriteQueue } from '../../../core/trace/write-queue.ts';

describe('the rows of state changes', () => {
  it('number each interrupt with its codes once, however many interrupts and codes there are', () => {
    const folder = mkdtempSync(join(tmpdir(), 'transition-rows-'));
    try {
      const path = join(folder, 'a.gscope');
      createTables(path);
      const queue = new WriteQueue(path);
      const rows = new TransitionRows(queue);
      const added: number[][] = [];
      for (let i = 0; i < 3000; i++) added.push([i, (i * 7) % 900, i % 3, 509 + (i % 3)]);
      for (const [position = 0, interrupt = 0, before = 0, after = 0] of added)
        rows.add(position, interrupt, before, after);
      rows.flush();
      queue.commit();
      const db = new Database(path, { readonly: true });
      const stored = db
        .prepare(
          `SELECT r.id >> 20, k.interrupt, k.before, k.after FROM transition_row r
           JOIN transition_kind k ON k.id = r.id & 1048575 ORDER BY r.id`,
        )
        .raw()
        .all();
      expect(stored).toEqual(added);
      const kinds = db.prepare('SELECT count(*) FROM transition_kind').pluck().get();
      expect(kinds).toBe(new Set(added.map(([, ...kind]) => kind.join())).size);
      expect(rows.dropped).toBe(0);
      db.close();
      queue.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
