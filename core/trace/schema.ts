/**
 * The tables of a `.gscope` file, format version 4.
 *
 * Rows for what people query (`event`, `transition`, `life`, dictionaries); blobs for what only the engine reads
 *  (`block_*`, `keyframe`, `posting`, `tile`, `raw`): their layout is in block.ts, postings.ts, lane-tiles.ts,
 * raw-lines.ts. `bookmark`, `breakpoint` and `note` belong to the user: a viewer may write them, over a connection of
 * its own.
 *
 * What an event says but for its time is a row of `event_what`, which it shares with all that say the same
 * (event-table.ts). `event_row.moment` packs the number of that row (bits 26 up) and the time since that of the last row
 * of `time_base` at or before it (bits 0–25). `event_what.meta` packs type (bits 0–11), vCPU + 1 (12–21), small (22–33)
 * and name (34–52): 53 bits, so a JavaScript number holds it. `transition_row.id` packs the position (bits 20 up) and the number of a distinct
 * (interrupt, state before, state after) in `transition_kind`. The views `event` and `transition` take them apart; as
 * virtual columns of the tables, or with constraints, each inserted row would cost a third more.
 * No index on events: blocks find a time, postings find everything else, and an index would add half a row.
 */
import type Database from 'better-sqlite3';
import { KINDS, ORIGINS, type KindSpec } from './kinds.ts';
import { STATE_CODES, isStateCode, stateName } from './interrupts.ts';
import { LEGS } from './life.ts';
import { VIEWS } from './views.ts';

/** `GSCP`, read by `file` and checked on opening. */
export const APPLICATION_ID = 0x4753_4350;
/**
 * Format version, in `user_version`. Policy: readers refuse a higher number. Versions 1 to 3 were never released and are
 * refused too; whenever the number is raised after a release, a numbered step turns the previous version into it, on a
 * copy.
 */
export const FORMAT_VERSION = 4;

export const PAGE_SIZE = 8192;

export const TABLES = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE kind(id INTEGER PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL) STRICT;
CREATE TABLE origin(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE state_name(code INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE event_type(
  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, origin INTEGER NOT NULL, source TEXT,
  events INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE slot(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, width INTEGER NOT NULL, register TEXT, value_names TEXT,
  initial INTEGER) STRICT;
CREATE TABLE interrupt(id INTEGER PRIMARY KEY, intid INTEGER NOT NULL, vcpu INTEGER, label TEXT NOT NULL) STRICT;
CREATE TABLE interrupt_field(
  id INTEGER PRIMARY KEY, interrupt INTEGER NOT NULL, field TEXT NOT NULL, slot INTEGER NOT NULL,
  lsb INTEGER NOT NULL, width INTEGER NOT NULL) STRICT;
CREATE TABLE interrupt_count(
  intid INTEGER PRIMARY KEY, events INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
  dropped INTEGER NOT NULL, deactivated INTEGER NOT NULL, injected INTEGER NOT NULL, pended INTEGER NOT NULL) STRICT;
CREATE TABLE source_name(name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE skipped_line(line INTEGER PRIMARY KEY, reason TEXT NOT NULL, text TEXT) STRICT;

CREATE TABLE event_row(seq INTEGER PRIMARY KEY, moment INTEGER);
CREATE TABLE time_base(seq INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;
CREATE TABLE event_what(id INTEGER PRIMARY KEY, meta INTEGER, value INTEGER, arg INTEGER, detail INTEGER);
CREATE TABLE detail(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE transition_kind(
  id INTEGER PRIMARY KEY, interrupt INTEGER NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL) STRICT;
CREATE TABLE transition_row(id INTEGER PRIMARY KEY);
CREATE TABLE life(
  id INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, intid INTEGER NOT NULL, vcpu INTEGER,
  ${LEGS.map((leg) => `${leg}_seq INTEGER, ${leg}_time INTEGER`).join(', ')}) STRICT;

CREATE TABLE block(
  id INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, count INTEGER NOT NULL, first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL, changes INTEGER NOT NULL, keyframe INTEGER NOT NULL) STRICT;
CREATE TABLE block_events(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE block_changes(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE block_touched(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE block_lives(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE keyframe(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE posting(
  chunk INTEGER NOT NULL, kind INTEGER NOT NULL, page INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY(chunk, kind, page)) STRICT, WITHOUT ROWID;
CREATE TABLE lane(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject INTEGER NOT NULL, lsb INTEGER NOT NULL,
  width INTEGER NOT NULL) STRICT;
CREATE TABLE tile(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE raw(id INTEGER PRIMARY KEY, first_line INTEGER NOT NULL, last_line INTEGER NOT NULL, data BLOB NOT NULL) STRICT;

CREATE TABLE bookmark(
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, name TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  options TEXT NOT NULL DEFAULT '{}' CHECK(json_valid(options))) STRICT;
CREATE TABLE breakpoint(
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL, condition TEXT NOT NULL, enabled INTEGER NOT NULL DEFAULT 1,
  options TEXT NOT NULL DEFAULT '{}' CHECK(json_valid(options))) STRICT;
CREATE TABLE note(
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, text TEXT NOT NULL,
  options TEXT NOT NULL DEFAULT '{}' CHECK(json_valid(options))) STRICT;
`;

/** Built when the trace is complete; a file without them works, only slower in SQL. */
export const FINAL_INDEXES = `
CREATE INDEX IF NOT EXISTS life_by_interrupt ON life(intid, vcpu);
CREATE INDEX IF NOT EXISTS raw_by_line ON raw(first_line);
CREATE UNIQUE INDEX IF NOT EXISTS slot_by_path ON slot(path);
`;

/** Makes an empty trace in a new database. */
export function createSchema(db: Database.Database): void {
  db.exec(TABLES);
  db.exec(VIEWS);
  const kind = db.prepare('INSERT INTO kind(id, name, title) VALUES (?, ?, ?)');
  for (const [name, spec] of Object.entries<KindSpec>(KINDS)) kind.run(spec.id, name, spec.title);
  const origin = db.prepare('INSERT INTO origin(id, name) VALUES (?, ?)');
  for (const [id, name] of ORIGINS.entries()) origin.run(id, name);
  const state = db.prepare('INSERT INTO state_name(code, name) VALUES (?, ?)');
  for (let code = 0; code < STATE_CODES; code++) if (isStateCode(code)) state.run(code, stateName(code));
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${FORMAT_VERSION}`);
}
