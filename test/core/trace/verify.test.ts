import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { wrap } from '../../../core/trace/blob.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { verifyTrace } from '../../support/verify-trace.ts';
import { buildTrace } from './support.ts';

function verdictAfter(change: (db: Database.Database) => void): ReturnType<typeof verifyTrace> {
  const { path } = buildTrace(3 * 4096 + 100, { seed: 21, stride: 100_000 });
  const db = new Database(path);
  change(db);
  db.close();
  const reader = new TraceReader(path);
  try {
    return verifyTrace(reader);
  } finally {
    reader.close();
  }
}

describe('the check of a whole trace', () => {
  it('finds nothing wrong with what a writer wrote', () => {
    expect(verdictAfter(() => undefined)).toEqual({ ok: true, blocks: 4 });
  });

  it('names the blob that is damaged', () => {
    const verdict = verdictAfter((db) => db.exec('UPDATE block_changes SET data = zeroblob(100) WHERE id = 2'));
    expect(verdict).toMatchObject({ ok: false, blocks: 2 });
    expect(verdict.problem).toContain('changes of block 2');
  });

  it('notices a block that was exchanged for another', () => {
    expect(
      verdictAfter((db) =>
        db.exec('UPDATE block_events SET data = (SELECT data FROM block_events WHERE id = 1) WHERE id = 2'),
      ),
    ).toMatchObject({ ok: false, blocks: 2 });
  });

  it('notices a keyframe that is not the state', () => {
    const verdict = verdictAfter((db) =>
      db
        .prepare('UPDATE keyframe SET data = ? WHERE id = 2')
        .run(wrap(Uint8Array.from([1, 0, 9, 0, 0, 0, 0, 9, 0, 0, 0, 0, 1, 0, 0, 0]))),
    );
    expect(verdict.ok).toBe(false);
  });

  it('notices content or state that differs from the digests', () => {
    for (const key of ['content_digest', 'state_digest'])
      expect(verdictAfter((db) => db.prepare("UPDATE meta SET value = '00' WHERE key = ?").run(key)).problem).toContain(
        key.replace('_', ' '),
      );
  });
});
