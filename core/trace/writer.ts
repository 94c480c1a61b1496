/**
 * Writes a `.gscope` file: the sink of importers and recorders.
 *
 * What is kept in memory: the block being filled (4096 events), the index of the chunk being filled (64 blocks), the
 * dictionaries, and the open lives: flat, however long the trace. A chunk is one transaction, so a file cut short
 * holds whole chunks, each with its index; `flush` commits everything so far, also a part of a block, for live
 * readers, and the next flush or the block's end replaces that part.
 *
 * A block gets a keyframe when the changes since the last keyframe weigh as much as the state itself, or every 16
 * blocks that changed anything, so the cost per event stays flat for machines with 100,000 slots, and a seek crosses
 * at most 8 tables of touched slots.
 */
import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { type Intid } from '../gic/intid.ts';
import { type Seq, type VcpuId, seq } from '../state/brand.ts';
import { digest } from '../state/digest.ts';
import { Journal, KNOWN_BEFORE } from '../state/journal.ts';
import { Layout } from '../state/layout.ts';
import { BlockBuilder } from './block-builder.ts';
import { BLOCK_EVENTS, changeBytes, encodeKeyframe, encodeLives, eventBytes, touchedBytes } from './block.ts';
import { wrap } from './blob.ts';
import { HAS_ARG, HAS_DETAIL, HAS_VALUE, codecOf, emptyPayload, packPayload } from './columns.ts';
import { DictionaryRows } from './dictionary-rows.ts';
import {
  DETAIL_NAME,
  DETAIL_SOURCE,
  NAME_LENGTH_LIMIT,
  NO_NAME,
  NameTable,
  OVERFLOW_NAME,
  TypeTable,
} from './dictionary.ts';
import { TraceError } from './errors.ts';
import { createDatabase, guarded, probe, removeTraceFiles, settle, translated } from './file.ts';
import { EventIndex } from './event-index.ts';
import { InterruptIndex } from './interrupt-index.ts';
import { InterruptObserver } from './interrupt-observer.ts';
import { type BitRange, type InterruptField } from './interrupts.ts';
import { type Detail, type Kind, type NewEvent, type Origin } from './kinds.ts';
import { LaneRecorder } from './lane-recorder.ts';
import { type LifeRecord, LifeTracker } from './lives.ts';
import { CHUNK_BLOCKS, POSTING, PostingBuilder } from './postings.ts';
import { RawLineWriter } from './raw-lines.ts';
import { NULL, RowBatch, signed64 } from './rows.ts';
import { FINAL_INDEXES, PAGE_SIZE, createSchema } from './schema.ts';
import { LEGS } from './life.ts';
import { TransitionRows } from './transition-rows.ts';
import { type SkippedLine, type SourceInfo, type TraceSink, type TraceSummary } from './sink.ts';

const KEYFRAME_BLOCKS = 16;
/** Bytes of a slot in a keyframe, and of a change, before compression. */
const SLOT_BYTES = 9;
const CHANGE_BYTES = 12;
const VCPU_LIMIT = 1022;
const DETAIL_LIMIT = 64;
const SKIPPED_TEXT_LIMIT = 4096;
/** After so many skipped lines only number and reason are kept; the raw text has the line anyway. */
const SKIPPED_TEXTS = 10_000;
const SKIPPED_ROWS = 1_000_000;
/** Distinct source names that are counted one by one. */
const SOURCE_NAMES = 10_000;
const OTHER_NAMES = '(other names)';

export interface WriterOptions {
  /** The machine's journal; an importer that has none gets a fresh one with an empty layout. */
  readonly journal?: Journal;
  /** Known before the end, so that a trace cut short still says where it came from. */
  readonly source?: SourceInfo;
  /** Stored as it is: the gicscope version that writes. */
  readonly tool?: string;
  /** Configuration of an emulated session, as JSON text. */
  readonly config?: string;
  /** Replace an existing trace at this path. Anything that is not a trace is never replaced. */
  readonly overwrite?: boolean;
}

export class TraceWriter implements TraceSink {
  readonly path: string;
  readonly journal: Journal;
  readonly #db: Database.Database;
  readonly #names = new NameTable();
  readonly #types = new TypeTable();
  readonly #interrupts = new InterruptIndex();
  readonly #block = new BlockBuilder();
  readonly #rows: DictionaryRows;
  readonly #eventRows: RowBatch;
  readonly #transitionRows: TransitionRows;
  readonly #lifeRows: RowBatch;
  readonly #postings: PostingBuilder;
  readonly #eventIndex: EventIndex;
  readonly #lanes: LaneRecorder;
  readonly #lives: LifeTracker;
  readonly #observer: InterruptObserver;
  readonly #raw: RawLineWriter;
  /** Kind number by type, for kinds that the lives follow; otherwise 0. */
  readonly #lifeKind: number[] = [];
  readonly #stillPending = (intid: number, vcpu: number): boolean =>
    this.#observer.isPending(intid, vcpu, this.journal);
  readonly #hash = createHash('sha256');
  readonly #packed = emptyPayload();
  /** Moments of lives in the block being filled. */
  readonly #moments: number[] = [];
  readonly #lifeCells: number[] = [];
  readonly #sourceNames = new Map<string, number>();
  readonly #namesCounted = new Set<string>();
  readonly #statements;

  #state: 'open' | 'closed' | 'failed' = 'open';
  /** Number of the block being filled. */
  #blockId = 0;
  /** Events of the block being filled that are already rows and indexed. */
  #rowsDone = 0;
  #lastTime = 0;
  #timesRaised = 0;
  #skipped = 0;
  #keyframe: Buffer | undefined;
  #blocksSinceKeyframe = 0;
  #changesSinceKeyframe = 0;

  /**
   * Starts a trace.
   * @throws TraceError `exists`, `read-only`, `not-found` (no such folder), `limit` (disk full)
   */
  constructor(path: string, options: WriterOptions = {}) {
    this.path = path;
    this.journal = options.journal ?? new Journal(new Layout());
    const present = guarded(path, () => probe(path));
    if (present !== 'absent') {
      if (options.overwrite !== true && present !== 'empty')
        throw new TraceError('exists', `${path} exists already. Choose another name or allow overwriting.`);
      if (present === 'other')
        throw new TraceError('exists', `${path} exists and is not a gicscope trace, so it is not overwritten.`);
      removeTraceFiles(path);
    }
    this.#db = createDatabase(path);
    try {
      this.#db.pragma(`page_size = ${PAGE_SIZE}`);
      this.#db.pragma('synchronous = NORMAL');
      this.#db.pragma('cache_size = -32768');
      this.#db.exec('BEGIN');
      createSchema(this.#db);
      // Before write-ahead logging starts, so that from the first moment the file itself says that it is a trace.
      this.#db.exec('COMMIT');
      this.#db.pragma('journal_mode = WAL');
      this.#db.pragma('wal_autocheckpoint = 8000');
      this.#db.exec('BEGIN');
      this.#rows = new DictionaryRows(this.#db);
      this.#eventRows = new RowBatch(this.#db, 'event_row', ['time', 'meta', 'value', 'arg']);
      this.#transitionRows = new TransitionRows(this.#db);
      const legs = LEGS.flatMap((leg) => [`${leg}_seq`, `${leg}_time`]);
      this.#lifeRows = new RowBatch(this.#db, 'life', ['id', 'first_seq', 'intid', 'vcpu', ...legs], 'REPLACE');
      this.#postings = new PostingBuilder(this.#db);
      this.#eventIndex = new EventIndex(this.#db, this.#types, this.#postings);
      this.#lanes = new LaneRecorder(this.#db);
      this.#raw = new RawLineWriter(this.#db);
      this.#statements = this.#prepare();
      this.#lives = new LifeTracker((life) => this.#storeLife(life));
      this.#observer = new InterruptObserver(
        this.#interrupts,
        this.#postings,
        this.#lanes,
        this.#lives,
        this.#transitionRows,
      );
      this.#meta('complete', 0);
      this.#meta('events', 0);
      if (options.tool !== undefined) this.#meta('tool', options.tool);
      if (options.config !== undefined) this.#meta('config', options.config);
      if (options.source !== undefined) this.#meta('source', JSON.stringify(options.source));
      // SQLite appends after the highest key, so a row −1 makes the first event 0; it goes with the first block.
      this.#db.exec('INSERT INTO event_row(seq) VALUES (-1)');
      this.#db.exec('COMMIT; BEGIN');
    } catch (error) {
      this.#db.close();
      removeTraceFiles(path);
      throw translated(path, error);
    }
    this.#keyframe = this.#firstKeyframe();
  }

  /** Events appended so far. */
  get count(): number {
    return this.#blockId * BLOCK_EVENTS + this.#block.count;
  }

  /** Time of the last event. */
  get lastTime(): number {
    return this.#lastTime;
  }

  append(event: NewEvent): Seq {
    this.#mustBeOpen();
    const codec = codecOf(event.kind);
    const packed = this.#packed;
    packPayload(codec, event, packed);
    let detail: Detail | undefined = event.detail;
    let type = this.#types.intern(event.kind, event.origin, event.source);
    if (type === undefined) {
      type = this.typeId(event.kind, event.origin);
      detail = { ...detail, [DETAIL_SOURCE]: event.source ?? '' };
    }
    let name = NO_NAME;
    if (packed.name !== undefined) {
      name = this.#names.intern(packed.name);
      if (name === OVERFLOW_NAME) detail = { ...detail, [DETAIL_NAME]: packed.name };
    }
    if (!Number.isSafeInteger(event.time) || event.time < 0)
      throw new RangeError(`event ${event.kind}: time ${event.time} is not a whole number of nanoseconds`);
    let flags = packed.flags;
    if (detail !== undefined) {
      if (Object.keys(detail).length > DETAIL_LIMIT + 2)
        throw new RangeError(`event ${event.kind}: more than ${DETAIL_LIMIT} details`);
      flags |= HAS_DETAIL;
      this.#block.details.push([this.#block.count, JSON.stringify(detail)]);
    }
    return this.appendPacked(
      type,
      event.vcpu ?? -1,
      packed.small,
      name,
      flags,
      packed.valueLo,
      packed.valueHi,
      packed.argLo,
      packed.argHi,
      event.time,
      event.line ?? 0,
    );
  }

  /** The number of an event type, for `appendPacked`. */
  typeId(kind: Kind, origin: Origin, source?: string): number {
    return this.#types.intern(kind, origin, source) ?? this.#types.internPlain(kind, origin);
  }

  /** The number of a name, for `appendPacked`. */
  nameId(text: string): number {
    return this.#names.intern(text);
  }

  /**
   * Appends an event given as numbers: the recorder's way, without objects. `type` and `name` come from `typeId` and
   * `nameId` (0: no name); `vcpu` −1: none; `small`, `value` and `arg` as KINDS places the fields; `flags` HAS_VALUE
   * and HAS_ARG, and absent ones 0; `time` whole nanoseconds; `line` 0: none.
   */
  appendPacked(
    type: number,
    vcpu: number,
    small: number,
    name: number,
    flags: number,
    valueLo: number,
    valueHi: number,
    argLo: number,
    argHi: number,
    time: number,
    line = 0,
  ): Seq {
    this.#mustBeOpen();
    if (!(vcpu >= -1 && vcpu <= VCPU_LIMIT)) throw new RangeError(`vCPU ${vcpu} is outside 0 … ${VCPU_LIMIT}`);
    const block = this.#block;
    const { columns } = block;
    const i = block.count;
    let at = time;
    if (at < this.#lastTime) {
      at = this.#lastTime;
      this.#timesRaised++;
    } else this.#lastTime = at;
    columns.time[i] = at;
    columns.type[i] = type;
    columns.vcpu[i] = vcpu;
    columns.small[i] = small;
    columns.name[i] = name;
    columns.flags[i] = flags;
    columns.valueLo[i] = valueLo;
    columns.valueHi[i] = valueHi;
    columns.argLo[i] = argLo;
    columns.argHi[i] = argHi;
    columns.line[i] = line;
    const position = seq(this.#blockId * BLOCK_EVENTS + i);
    const lifeKind = this.#lifeKind[type] ?? this.#lifeKindOf(type);
    if (lifeKind !== 0) {
      const intid = flags & HAS_ARG ? argLo : -1;
      this.#lives.event(lifeKind, vcpu, small, intid, position, at, this.#stillPending);
    }
    if (this.journal.count === 0) block.takeNone(i);
    else {
      block.take(this.journal, i);
      this.#observer.observe(this.journal, position, at);
      this.journal.clear();
    }
    block.count = i + 1;
    if (block.count === BLOCK_EVENTS) this.#guard(() => this.#endBlock());
    return position;
  }

  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void {
    this.#mustBeOpen();
    const interrupt = this.#interrupts.declare(intid, vcpu);
    if (interrupt === undefined) return;
    this.#interrupts.addField(interrupt, field, range);
    this.#observer.declared(interrupt, this.journal);
  }

  rawLine(line: number, text: string): void {
    this.#mustBeOpen();
    this.#guard(() => this.#raw.add(line, text));
  }

  skip(line: SkippedLine): void {
    this.#mustBeOpen();
    const n = this.#skipped++;
    if (n >= SKIPPED_ROWS) return;
    const text = n < SKIPPED_TEXTS ? line.text.slice(0, SKIPPED_TEXT_LIMIT) : null;
    this.#guard(() => this.#statements.skipped.run(line.line, line.reason, text));
  }

  countName(name: string): void {
    const known = this.#sourceNames.has(name) || this.#sourceNames.size < SOURCE_NAMES;
    const key = known && name.length <= NAME_LENGTH_LIMIT ? name : OTHER_NAMES;
    this.#sourceNames.set(key, (this.#sourceNames.get(key) ?? 0) + 1);
    this.#namesCounted.add(key);
  }

  /** Makes everything so far readable by others and safe from a crash of this process. */
  flush(): void {
    this.#mustBeOpen();
    this.#guard(() => {
      if (this.#block.count > 0) this.#writeBlock(false);
      this.#raw.flush();
      this.#commit();
    });
  }

  /**
   * Completes the trace: indexed, read-only from now on except for the user's tables, and one file, provided that
   * live readers were closed before (otherwise SQLite keeps its -wal and -shm files beside it until they are).
   */
  finish(summary: TraceSummary): void {
    this.#mustBeOpen();
    this.#guard(() => {
      if (this.#block.count > 0) this.#writeBlock(true);
      this.#raw.flush();
      this.#lives.finish();
      this.#meta('summary', JSON.stringify(summary));
      this.#meta('source', JSON.stringify(summary.source));
      this.#meta('state_digest', digest(this.journal.state).toString(16).padStart(16, '0'));
      this.#meta('content_digest', this.#hash.digest('hex'));
      this.#meta('complete', 1);
      this.#commit();
      const events = (this.#blockId % CHUNK_BLOCKS) * BLOCK_EVENTS + this.#block.count;
      this.#lanes.finish(Math.floor(this.#blockId / CHUNK_BLOCKS), events, this.#lastTime);
      this.#db.exec('COMMIT');
      this.#db.exec(FINAL_INDEXES);
      settle(this.path, this.#db);
      this.#db.close();
      this.#state = 'closed';
    });
  }

  /** Ends recording where it is: the trace stays, readable but marked incomplete. */
  close(): void {
    this.flush();
    this.#guard(() => {
      this.#db.exec('COMMIT');
      settle(this.path, this.#db);
      this.#db.close();
      this.#state = 'closed';
    });
  }

  /** Gives up: removes the file. Harmless after finish or a second time. */
  abort(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#db.close();
    removeTraceFiles(this.path);
  }

  #lifeKindOf(type: number): number {
    const { kind } = this.#types.type(type);
    const codec = codecOf(kind);
    const follows = codec.namesInterrupt || kind === 'vcpu.reset' || kind === 'lost';
    const id = follows ? codec.id : 0;
    this.#lifeKind[type] = id;
    return id;
  }

  #prepare() {
    const db = this.#db;
    return {
      block: db.prepare(
        'REPLACE INTO block(id, first_seq, count, first_time, last_time, changes, keyframe) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ),
      events: db.prepare('REPLACE INTO block_events(id, data) VALUES (?, ?)'),
      changes: db.prepare('REPLACE INTO block_changes(id, data) VALUES (?, ?)'),
      touched: db.prepare('REPLACE INTO block_touched(id, data) VALUES (?, ?)'),
      lives: db.prepare('REPLACE INTO block_lives(id, data) VALUES (?, ?)'),
      keyframe: db.prepare('REPLACE INTO keyframe(id, data) VALUES (?, ?)'),
      detail: db.prepare('INSERT INTO event_detail(seq, detail) VALUES (?, ?)'),
      skipped: db.prepare('REPLACE INTO skipped_line(line, reason, text) VALUES (?, ?, ?)'),
      sourceName: db.prepare('REPLACE INTO source_name(name, count) VALUES (?, ?)'),
      meta: db.prepare('REPLACE INTO meta(key, value) VALUES (?, ?)'),
    };
  }

  #storeLife(life: LifeRecord): void {
    const cells = this.#lifeCells;
    cells[0] = life.id;
    cells[1] = life.firstSeq;
    cells[2] = life.intid;
    cells[3] = life.vcpu < 0 ? NULL : life.vcpu;
    for (let leg = 0; leg < LEGS.length; leg++) {
      const seen = (life.seqs[leg] ?? -1) >= 0;
      cells[4 + 2 * leg] = seen ? (life.seqs[leg] ?? NULL) : NULL;
      cells[5 + 2 * leg] = seen ? (life.times[leg] ?? NULL) : NULL;
    }
    this.#lifeRows.add(cells);
  }

  #meta(key: string, value: string | number): void {
    // Numbers are bound as REAL; ANY columns keep that, so whole numbers go in as bigint.
    this.#statements.meta.run(key, typeof value === 'number' ? BigInt(value) : value);
  }

  #mustBeOpen(): void {
    if (this.#state === 'open') return;
    throw new TraceError(
      'closed',
      this.#state === 'failed' ? `Writing ${this.path} failed earlier.` : `${this.path} is closed.`,
    );
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#state = 'failed';
      throw translated(this.path, error);
    }
  }

  /** The state before anything in the journal's log happened. */
  #firstKeyframe(): Buffer {
    const { journal } = this;
    if (journal.count === 0) return encodeKeyframe(journal.state);
    const state = journal.state.clone();
    for (let i = journal.count - 1; i >= 0; i--) {
      const slot = journal.slot[i] ?? 0;
      state.lo[slot] = journal.beforeLo[i] ?? 0;
      state.hi[slot] = journal.beforeHi[i] ?? 0;
      state.known[slot] = (journal.known[i] ?? 0) & KNOWN_BEFORE;
    }
    return encodeKeyframe(state);
  }

  #endBlock(): void {
    const changes = this.#block.changeCount;
    this.#writeBlock(true);
    const offset = this.#blockId % CHUNK_BLOCKS;
    this.#postings.endBlock(offset);
    if (offset === CHUNK_BLOCKS - 1) {
      this.#commit();
      this.#postings.endChunk();
      this.#lanes.endChunk(Math.floor(this.#blockId / CHUNK_BLOCKS), this.#lastTime);
    }
    this.#block.reset();
    this.#blockId++;
    this.#rowsDone = 0;
    this.#changesSinceKeyframe += changes;
    if (changes > 0) this.#blocksSinceKeyframe++;
    this.#keyframe = this.#keyframeIsDue() ? encodeKeyframe(this.journal.state) : undefined;
    if (this.#keyframe !== undefined) {
      this.#changesSinceKeyframe = 0;
      this.#blocksSinceKeyframe = 0;
    }
  }

  #keyframeIsDue(): boolean {
    if (this.#changesSinceKeyframe === 0) return false;
    if (this.#blocksSinceKeyframe >= KEYFRAME_BLOCKS) return true;
    return this.#changesSinceKeyframe * CHANGE_BYTES >= this.journal.state.size * SLOT_BYTES;
  }

  /** Writes the block as far as it goes; `final`: it will not grow. */
  #writeBlock(final: boolean): void {
    const block = this.#block;
    const { columns, count } = block;
    const id = this.#blockId;
    const statements = this.#statements;
    this.#eventIndex.add(columns, this.#rowsDone, count);
    this.#writeEventRows();
    this.#lanes.addBlock(id % CHUNK_BLOCKS, columns, count);
    this.#postings.clearBlock(POSTING.slot);
    const { touched, eventsOfTouched } = block;
    for (let i = 0; i < touched.count; i++)
      this.#postings.add(POSTING.slot, touched.slot[i] ?? 0, eventsOfTouched[i] ?? 0);
    const store = (statement: Database.Statement, bytes: Uint8Array): void => {
      if (final) this.#hash.update(bytes);
      statement.run(id, wrap(bytes));
    };
    store(statements.events, eventBytes(columns, count));
    store(statements.touched, touchedBytes(touched));
    store(statements.changes, changeBytes(block.changes, count));
    for (const number of this.#lives.takeMoments()) this.#moments.push(number);
    if (this.#moments.length > 0) statements.lives.run(id, encodeLives(this.#moments, id));
    if (final) this.#moments.length = 0;
    if (this.#keyframe !== undefined) statements.keyframe.run(id, this.#keyframe);
    statements.block.run(
      id,
      id * BLOCK_EVENTS,
      count,
      columns.time[0] ?? 0,
      columns.time[count - 1] ?? 0,
      block.changeCount,
      this.#keyframe === undefined ? 0 : 1,
    );
  }

  #writeEventRows(): void {
    const { columns, count, details } = this.#block;
    const { time, type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi } = columns;
    const rows = this.#eventRows;
    const first = this.#blockId * BLOCK_EVENTS;
    for (let i = this.#rowsDone; i < count; i++) {
      const low = (type[i] ?? 0) + ((vcpu[i] ?? 0) + 1) * 0x1000;
      const meta = low + (small[i] ?? 0) * 0x40_0000 + (name[i] ?? 0) * 0x4_0000_0000;
      const has = flags[i] ?? 0;
      rows.add4(
        time[i] ?? 0,
        meta,
        has & HAS_VALUE ? signed64(valueLo[i] ?? 0, valueHi[i] ?? 0) : NULL,
        has & HAS_ARG ? signed64(argLo[i] ?? 0, argHi[i] ?? 0) : NULL,
      );
    }
    rows.flush();
    for (const [index, json] of details) if (index >= this.#rowsDone) this.#statements.detail.run(first + index, json);
    if (first === 0 && this.#rowsDone === 0) this.#db.exec('DELETE FROM event_row WHERE seq = -1');
    this.#rowsDone = count;
  }

  #commit(): void {
    this.#rows.save(this.#names, this.#types, this.journal.layout, this.#interrupts);
    this.#eventIndex.save();
    this.#transitionRows.flush();
    for (const life of this.#lives.takeDirty()) this.#storeLife(life);
    this.#lifeRows.flush();
    const chunk = Math.floor(this.#blockId / CHUNK_BLOCKS);
    const offset = this.#blockId % CHUNK_BLOCKS;
    this.#postings.save(chunk, offset, this.#eventIndex.intidOf);
    this.#lanes.save(chunk, offset * BLOCK_EVENTS + this.#block.count);
    for (const name of this.#namesCounted) this.#statements.sourceName.run(name, this.#sourceNames.get(name) ?? 0);
    this.#namesCounted.clear();
    this.#meta('events', this.count);
    this.#meta('last_time', this.#lastTime);
    this.#meta('times_raised', this.#timesRaised);
    this.#meta('skipped', this.#skipped);
    this.#meta('transitions_dropped', this.#transitionRows.dropped);
    this.#db.exec('COMMIT; BEGIN');
  }
}
