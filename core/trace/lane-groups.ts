/**
 * Level 1 tiles: a group of chunks of one lane condensed into buckets. Made from the stored level 0 tiles, one lane at
 * a time, so memory does not grow with the number of lanes; it is a job (write-jobs.ts) because it reads.
 */
import type Database from 'better-sqlite3';
import { wrap } from './blob.ts';
import { type Lane } from './lane-kinds.ts';
import {
  BucketBuilder,
  GROUP_BUCKETS,
  GROUP_CHUNKS,
  bucketBytes,
  bucketTimeFor,
  decodeTransitions,
  tileId,
} from './lane-tiles.ts';
import { blob, integer } from './row-values.ts';

export interface LaneGroup {
  readonly group: number;
  /** Those with a tile in the group. */
  readonly lanes: readonly Pick<Lane, 'id' | 'kind'>[];
  readonly startTime: number;
  readonly endTime: number;
}

export function saveLaneGroup(db: Database.Database, { group, lanes, startTime, endTime }: LaneGroup): void {
  const range = db.prepare('SELECT id, data FROM tile WHERE id BETWEEN ? AND ? ORDER BY id').raw();
  const save = db.prepare('REPLACE INTO tile(id, data) VALUES (?, ?)');
  const bucketTime = bucketTimeFor(endTime - startTime, GROUP_BUCKETS);
  const first = group * GROUP_CHUNKS;
  for (const { id, kind } of lanes) {
    let builder: BucketBuilder | undefined;
    for (const row of range.iterate(tileId(0, id, first), tileId(0, id, first + GROUP_CHUNKS - 1))) {
      const chunk = integer(row, 0, 'tile') - tileId(0, id, 0);
      const tile = decodeTransitions(blob(row, 1, 'tile'), chunk);
      builder ??= new BucketBuilder(kind, tile.startCode, startTime, bucketTime);
      for (let i = 0; i < tile.count; i++) builder.add(tile.time[i] ?? 0, tile.code[i] ?? 0);
    }
    if (builder !== undefined) save.run(tileId(1, id, group), wrap(bucketBytes(builder.finish())));
  }
}
