/**
 * Group tiles: a group of chunks of one lane condensed into buckets. Made from the stored exact tiles, one lane at a
 * time, so memory does not grow with the number of lanes; it is a job (write-jobs.ts) because it reads.
 */
import type Database from 'better-sqlite3';
import { wrap } from './blob.ts';
import { BucketBuilder, GROUP_BUCKETS, bucketBytes } from './lane-buckets.ts';
import { type Lane } from './lane-kinds.ts';
import { GROUP_CHUNKS, TILE, bucketTimeFor, tileId } from './lane-tiles.ts';
import { TileRows } from './tile-rows.ts';

export interface LaneGroup {
  readonly group: number;
  /** Those with an exact tile of their own in the group, by id. */
  readonly lanes: readonly Pick<Lane, 'id' | 'kind'>[];
  readonly startTime: number;
  readonly endTime: number;
}

export function saveLaneGroup(db: Database.Database, { group, lanes, startTime, endTime }: LaneGroup): void {
  const tiles = new TileRows(db, 0);
  const save = db.prepare('REPLACE INTO tile(id, data) VALUES (?, ?)');
  const bucketTime = bucketTimeFor(endTime - startTime, GROUP_BUCKETS);
  const first = group * GROUP_CHUNKS;
  for (const { id, kind } of lanes) {
    let builder: BucketBuilder | undefined;
    for (const [, tile] of tiles.transitions(id, first, first + GROUP_CHUNKS - 1)) {
      builder ??= new BucketBuilder(kind, tile.startCode, startTime, bucketTime);
      for (let i = 0; i < tile.count; i++) builder.add(tile.time[i] ?? 0, tile.code[i] ?? 0);
    }
    if (builder !== undefined) save.run(tileId(TILE.group, id, group), wrap(bucketBytes(builder.finish())));
  }
}
