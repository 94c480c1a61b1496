/**
 * Reads a `.gscope` file, complete, cut short, or still being written. A reader cannot write: the connection is
 * read-only.
 *
 * In memory: the dictionaries, the table of blocks (a few numbers a block), and caches of decoded blocks
 * (block-reader.ts).
 * `refresh` takes in what a writer has committed since.
 */
import type Database from 'better-sqlite3';
import { type Nanoseconds, type Seq, nanoseconds, seq, slotId } from '../state/brand.ts';
import { Layout } from '../state/layout.ts';
import { type StateVector } from '../state/state-vector.ts';
import { BlockReader } from './block-reader.ts';
import { BlockTable } from './block-table.ts';
import { BLOCK_EVENTS, BLOCK_SHIFT, type BlockEvents, type TouchedSlots } from './block.ts';
import { loadDictionaries } from './dictionary-rows.ts';
import { NameTable, TypeTable } from './dictionary.ts';
import { damaged } from './errors.ts';
import { EventDecoder } from './event-decoder.ts';
import { guarded, openTraceFile } from './file.ts';
import { InterruptIndex } from './interrupt-index.ts';
import { type InterruptDescriptor } from './interrupts.ts';
import { type TraceEvent } from './kinds.ts';
import { type TraceInfo, readInfo } from './info.ts';
import { type Lane } from './lane-kinds.ts';
import { LaneReader } from './lane-reader.ts';
import { LifeReader } from './life-reader.ts';
import { PostingReader } from './posting-reader.ts';
import { RawLineReader } from './raw-lines.ts';
import { integer, text } from './row-values.ts';
import { type SkippedLine } from './sink.ts';
import { type StoredChanges } from './stored-changes.ts';
import { userQuery } from './user-query.ts';

/** One change of an event, with values at the edges: undefined = unknown. */
export interface RecordedChange {
  readonly slot: ReturnType<typeof slotId>;
  readonly before: bigint | undefined;
  readonly after: bigint | undefined;
}

const DETAILS =
  'SELECT x.text, r.seq FROM event_time r CROSS JOIN event_what w ON w.id = r.what CROSS JOIN detail x ON x.id = w.detail';

export class TraceReader {
  readonly path: string;
  readonly layout = new Layout();
  readonly names = new NameTable();
  readonly types = new TypeTable();
  readonly interruptIndex = new InterruptIndex();
  readonly blocks = new BlockTable();
  readonly postings: PostingReader;
  readonly lives: LifeReader;
  readonly laneTiles: LaneReader;
  readonly #db: Database.Database;
  readonly #statements;
  readonly #raw: RawLineReader;
  readonly #parts: BlockReader;
  readonly #decoder = new EventDecoder(this.names, this.types, (position) => this.#detailOf(position));

  /** @throws TraceError */
  constructor(path: string) {
    this.path = path;
    this.#db = openTraceFile(path, 'read');
    try {
      this.#statements = guarded(path, () => ({
        detail: this.#db.prepare(`${DETAILS} WHERE r.seq = ?`).pluck(),
        details: this.#db.prepare(`${DETAILS} WHERE r.seq BETWEEN ? AND ? ORDER BY r.seq`).raw(),
        meta: this.#db.prepare('SELECT value FROM meta WHERE key = ?').pluck(),
      }));
      this.#parts = guarded(path, () => new BlockReader(path, this.#db, this.blocks, this.layout));
      this.postings = guarded(path, () => new PostingReader(path, this.#db));
      this.lives = guarded(path, () => new LifeReader(path, this.#db));
      this.laneTiles = guarded(path, () => new LaneReader(path, this.#db));
      this.#raw = guarded(path, () => new RawLineReader(this.#db));
      this.refresh();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Takes in what was committed since; returns the number of events. While the trace is being written, the reader
   * stays at what it saw here (one transaction from refresh to refresh), so dictionaries and blocks always fit. Only
   * with write-ahead logging, where that keeps nobody from writing; without it there is no writer.
   */
  refresh(): number {
    return guarded(this.path, () => {
      if (this.#db.inTransaction) this.#db.exec('COMMIT');
      this.#db.exec('BEGIN');
      this.#load();
      if (this.complete || this.#db.pragma('journal_mode', { simple: true }) !== 'wal') this.#db.exec('COMMIT');
      return this.count;
    });
  }

  #load(): void {
    const before = this.count;
    loadDictionaries(this.#db, this.names, this.types, this.layout, this.interruptIndex);
    const grown = this.blocks.load(this.#db);
    this.postings.resize(this.blocks.length, this.count !== before);
    this.laneTiles.load(this.interruptIndex.size, this.layout.size, this.count !== before);
    if (this.count !== before) this.lives.forget();
    if (grown !== undefined) this.#parts.forget(grown);
  }

  /** Number of events. */
  get count(): number {
    return this.blocks.events;
  }

  /** The writer finished; otherwise the trace ends where it was cut short, or is still being written. */
  get complete(): boolean {
    return this.meta('complete') === 1;
  }

  /** Time of the last event; 0 for an empty trace. */
  get duration(): Nanoseconds {
    return nanoseconds(this.blocks.lastTime);
  }

  get interrupts(): readonly InterruptDescriptor[] {
    return this.interruptIndex.descriptors;
  }

  /** What `gicscope info` says. */
  info(): TraceInfo {
    // Counted here: what the file says of itself may be anything.
    return { ...readInfo(this.path, this.#db), events: this.count, durationNs: this.duration };
  }

  /** The lanes that the timeline can draw, by id. */
  get lanes(): readonly Lane[] {
    return this.laneTiles.all;
  }

  /** The untouched text of a source line; undefined when the trace does not have it. */
  rawLine(line: number): string | undefined {
    return guarded(this.path, () => this.#raw.line(line));
  }

  /** A query over the readable views: read-only, at most `limit` rows. Blocks for as long as it takes. */
  sql(query: string, limit: number): { readonly columns: readonly string[]; readonly rows: readonly unknown[][] } {
    const { columns, rows } = userQuery(this.path, this.#db, query);
    const taken: unknown[][] = [];
    for (const row of rows) {
      if (taken.length >= limit) break;
      taken.push(row);
    }
    return { columns, rows: taken };
  }

  /** A raw meta value. */
  meta(key: string): unknown {
    return guarded(this.path, () => this.#statements.meta.get(key));
  }

  /** The event columns of a block. @throws TraceError `damaged`, RangeError when there is no such block */
  events(block: number): BlockEvents {
    return this.#parts.events(block);
  }

  /** The changes of a block, with values before and after. */
  changes(block: number): StoredChanges {
    return this.#parts.changes(block);
  }

  /** Every slot that a block changes, with its value at the block's start. */
  touched(block: number): TouchedSlots {
    return this.#parts.touched(block);
  }

  /** The unpacked bytes of a part of a block: what the content digest covers. */
  content(part: 'events' | 'changes' | 'touched', block: number): Uint8Array {
    return this.#parts.content(part, block);
  }

  /** Loads the keyframe at the start of a block, which must have one, into `state`. */
  keyframe(block: number, state: StateVector): void {
    this.#parts.keyframe(block, state);
  }

  /** The same, when changes of that block are to be made next. */
  enter(block: number, state: StateVector): void {
    this.#parts.enter(block, state);
  }

  /** @throws RangeError when the position is outside the trace. */
  event(position: Seq): TraceEvent {
    this.#mustExist(position);
    return this.#decoder.event(this.events(position >> BLOCK_SHIFT), position & (BLOCK_EVENTS - 1));
  }

  /** Up to `count` events from position `from` on. */
  eventList(from: Seq, count: number): TraceEvent[] {
    const end = Math.min(this.count, from + count);
    const out: TraceEvent[] = [];
    for (let at = Math.max(0, from); at < end; at++)
      out.push(this.#decoder.event(this.events(at >> BLOCK_SHIFT), at & (BLOCK_EVENTS - 1)));
    return out;
  }

  /** The changes that an event made, in order. */
  changesOf(position: Seq): RecordedChange[] {
    this.#mustExist(position);
    const changes = this.changes(position >> BLOCK_SHIFT);
    const index = position & (BLOCK_EVENTS - 1);
    const out: RecordedChange[] = [];
    for (let i = changes.start[index] ?? 0; i < (changes.start[index + 1] ?? 0); i++) {
      const known = changes.known[i] ?? 0;
      out.push({
        slot: slotId(changes.slot[i] ?? 0),
        before: known & 1 ? join(changes.beforeHi[i], changes.beforeLo[i]) : undefined,
        after: known & 2 ? join(changes.afterHi[i], changes.afterLo[i]) : undefined,
      });
    }
    return out;
  }

  /** Time of an event. */
  timeOf(position: Seq): Nanoseconds {
    this.#mustExist(position);
    return nanoseconds(this.events(position >> BLOCK_SHIFT).time[position & (BLOCK_EVENTS - 1)] ?? 0);
  }

  /** The last event at or before a time; −1 when the first one is later. */
  seqAtTime(time: number): Seq {
    const block = this.blocks.atTime(time);
    if (block < 0) return seq(-1);
    const events = this.events(block);
    let low = 0;
    let high = events.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events.time[middle] ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return seq(events.firstSeq + low - 1);
  }

  /** Details of a block's events that have one, as JSON text by index in the block. */
  details(block: number): ReadonlyMap<number, string> {
    const first = block * BLOCK_EVENTS;
    const out = new Map<number, string>();
    const rows = guarded(this.path, () => this.#statements.details.all(first, first + BLOCK_EVENTS - 1));
    for (const row of rows) out.set(integer(row, 1, 'event detail') - first, text(row, 0, 'event detail'));
    return out;
  }

  skippedLines(from: number, count: number): SkippedLine[] {
    return guarded(this.path, () =>
      this.#db
        .prepare<[number, number], { line: number; reason: string; text: string | null }>(
          'SELECT line, reason, text FROM skipped_line WHERE line >= ? ORDER BY line LIMIT ?',
        )
        .all(from, count)
        .map((row) => ({ line: row.line, reason: row.reason, text: row.text ?? this.#raw.line(row.line) ?? '' })),
    );
  }

  #detailOf(position: number): string {
    const json = guarded(this.path, () => this.#statements.detail.get(position));
    if (typeof json !== 'string') throw damaged(`event #${position}`, 'its details are missing');
    return json;
  }

  #mustExist(position: number): void {
    if (!Number.isInteger(position) || position < 0 || position >= this.count)
      throw new RangeError(`no event #${position}; the trace has ${this.count}`);
  }
}

function join(hi: number | undefined, lo: number | undefined): bigint {
  return (BigInt(hi ?? 0) << 32n) | BigInt(lo ?? 0);
}
