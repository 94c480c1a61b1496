/**
 * Stores blocks, and keeps the content digest over what is final. Works on images of blocks
 * (block-image.ts), in whichever thread writes.
 */
import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { type BlockImage, contentsOf } from './block-image.ts';
import { lifeBytes } from './block-lives.ts';
import { BLOCK_EVENTS } from './block.ts';
import { unwrap, wrap } from './blob.ts';
import { blob } from './row-values.ts';

/** Changes and keyframes of up to this size are small already, and much faster to read so (distinct.ts). */
const STORED_BELOW = 16 * 1024;

/** The parts of a block that its digest covers, in order; each is a table. */
const DIGESTED = ['block_events', 'block_touched', 'block_changes'] as const;

export class BlockStore {
  readonly #block: Database.Statement;
  readonly #blobs;
  readonly #hash = createHash('sha256');

  /** Goes on where another store ended, if the file has blocks: all of them are final then. */
  constructor(db: Database.Database) {
    this.#block = db.prepare(
      'REPLACE INTO block(id, first_seq, count, first_time, last_time, changes, keyframe) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    const replace = (table: string): Database.Statement => db.prepare(`REPLACE INTO ${table}(id, data) VALUES (?, ?)`);
    this.#blobs = {
      block_events: replace('block_events'),
      block_touched: replace('block_touched'),
      block_changes: replace('block_changes'),
      block_lives: replace('block_lives'),
      keyframe: replace('keyframe'),
    };
    const parts = DIGESTED.map((table) => db.prepare(`SELECT data FROM ${table} WHERE id = ?`).raw());
    for (const id of db.prepare('SELECT id FROM block ORDER BY id').pluck().all())
      for (const part of parts) this.#hash.update(unwrap(blob(part.get(id), 0, 'a block'), 'a block'));
  }

  write(image: BlockImage): void {
    const { id, final, firstTime, lastTime, columns } = image;
    const { events, touched, changes } = contentsOf(image);
    this.#digested('block_events', id, events, final);
    this.#digested('block_touched', id, touched, final);
    this.#digested('block_changes', id, changes, final, STORED_BELOW);
    if (image.moments.length > 0) this.#blobs.block_lives.run(id, wrap(lifeBytes(image.moments, id)));
    if (image.keyframe !== undefined) this.#blobs.keyframe.run(id, wrap(image.keyframe, 1, STORED_BELOW));
    const keyframe = image.keyframe === undefined ? 0 : 1;
    this.#block.run(id, id * BLOCK_EVENTS, columns.count, firstTime, lastTime, image.changes, keyframe);
  }

  /** SHA-256 over the content of all final blocks; ends the digest. */
  contentDigest(): string {
    return this.#hash.digest('hex');
  }

  #digested(
    table: (typeof DIGESTED)[number],
    id: number,
    bytes: Uint8Array,
    final: boolean,
    storeBelow?: number,
  ): void {
    if (final) this.#hash.update(bytes);
    this.#blobs[table].run(id, wrap(bytes, 1, storeBelow));
  }
}
