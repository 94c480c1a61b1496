/**
 * Writes a `.gscope` file: the sink of importers and recorders.
 *
 * What is kept in memory: the block being filled (4096 events), the index of the chunk being filled (64 blocks), the
 * dictionaries, and the open lives: flat, however long the trace. A chunk is one transaction, so a file cut short
 * holds whole chunks, each with its index; `flush` commits everything so far, also a part of a block, for live
 * readers, and the next flush or the block's end replaces that part.
 *
 * This class is the order of things; each piece has its own file: rows, lanes, lives, postings, raw lines, dictionaries,
 * keyframes. SQLite's part, and the encoding of blocks where there is time for it, is a thread's of its own once a trace
 * is longer than `THREAD_BLOCKS` (write-queue.ts).
 */
import { type Intid } from '../gic/intid.ts';
import { type Seq, type VcpuId, seq } from '../state/brand.ts';
import { digest } from '../state/digest.ts';
import { Journal } from '../state/journal.ts';
import { Layout } from '../state/layout.ts';
import { BlockBuilder } from './block-builder.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';
import { HAS_ARG, HAS_DETAIL, codecOf, emptyPayload, packPayload } from './columns.ts';
import { DetailTexts } from './detail-texts.ts';
import { DictionaryRows } from './dictionary-rows.ts';
import { DETAIL_NAME, DETAIL_SOURCE, NO_NAME, NameTable, OVERFLOW_NAME, TypeTable } from './dictionary.ts';
import { TraceError } from './errors.ts';
import { EventIndex } from './event-index.ts';
import { guarded, removeTraceFiles, translated } from './file.ts';
import { InterruptIndex } from './interrupt-index.ts';
import { InterruptObserver } from './interrupt-observer.ts';
import { type BitRange, type InterruptField } from './interrupts.ts';
import { type AnyPayload, type Detail, type Kind, type NewEvent, type Origin, KINDS } from './kinds.ts';
import { KeyframePolicy } from './keyframe-policy.ts';
import { LaneRecorder } from './lane-recorder.ts';
import { type Leg } from './life.ts';
import { LifeRows } from './life-rows.ts';
import { LAST_VCPU } from './limits.ts';
import { LIFE_KINDS, LifeTracker } from './lives.ts';
import { createTables, makeRoom } from './new-file.ts';
import { POSTING, PostingBuilder } from './postings.ts';
import { RawLineWriter } from './raw-lines.ts';
import { FINAL_INDEXES } from './schema.ts';
import { type PackedSink, type SkippedLine, type SourceInfo, type TraceSummary } from './sink.ts';
import { SourceTally } from './source-tally.ts';
import { TransitionRows } from './transition-rows.ts';
import { WriteQueue, type WriteStatement } from './write-queue.ts';

/** Blocks after which a trace is long enough for a thread that writes; it is started some blocks earlier. */
const THREAD_BLOCKS = 8;
const BOOT_BLOCKS = 2;

const DETAIL_LIMIT = 64;
const DROP = KINDS['irq.drop'].id;

export interface WriterOptions {
  /** The machine's journal; an importer that has none gets a fresh one with an empty layout. */
  readonly journal?: Journal;
  /** Known before the end, so that a trace cut short still says where it came from. */
  readonly source?: SourceInfo;
  /** What is known of it before the end; `finish` replaces it. */
  readonly summary?: TraceSummary;
  /** Stored as it is: the gicscope version that writes. */
  readonly tool?: string;
  /** Configuration of an emulated session, as JSON text. */
  readonly config?: string;
  /** Replace an existing trace at this path. Anything that is not a trace is never replaced. */
  readonly overwrite?: boolean;
  /** False: everything is written by the calling thread, however long the trace. */
  readonly thread?: boolean;
}

export class TraceWriter implements PackedSink {
  readonly path: string;
  readonly journal: Journal;
  readonly #queue: WriteQueue;
  readonly #names = new NameTable();
  readonly #types = new TypeTable();
  readonly #interrupts = new InterruptIndex();
  readonly #block = new BlockBuilder();
  readonly #keyframes: KeyframePolicy;
  readonly #dictionaries: DictionaryRows;
  readonly #details: DetailTexts;
  readonly #transitions: TransitionRows;
  readonly #lifeRows: LifeRows;
  readonly #postings: PostingBuilder;
  readonly #eventIndex: EventIndex;
  readonly #lanes: LaneRecorder;
  readonly #lives: LifeTracker;
  readonly #observer: InterruptObserver;
  readonly #raw: RawLineWriter;
  readonly #tally: SourceTally;
  readonly #setMeta: WriteStatement;
  /** Kind number by type, for kinds that the lives follow; otherwise 0. */
  readonly #lifeKind: number[] = [];
  readonly #packed = emptyPayload();

  readonly #mayThread: boolean;
  #state: 'open' | 'closed' | 'failed' = 'open';
  /** Why it failed. */
  #failure: unknown;
  /** Number of the block being filled. */
  #blockId = 0;
  /** Events of the block being filled that are already rows and indexed. */
  #rowsDone = 0;
  #lastTime = 0;
  #timesRaised = 0;

  /**
   * Starts a trace.
   * @throws TraceError `exists`, `read-only`, `not-found` (no such folder), `limit` (disk full)
   */
  constructor(path: string, options: WriterOptions = {}) {
    this.path = path;
    this.journal = options.journal ?? new Journal(new Layout());
    makeRoom(path, options.overwrite === true);
    this.#mayThread = options.thread !== false;
    createTables(path);
    const queue = guarded(path, () => new WriteQueue(path));
    this.#queue = queue;
    try {
      this.#dictionaries = new DictionaryRows(queue);
      this.#details = new DetailTexts(queue);
      this.#transitions = new TransitionRows(queue);
      this.#lifeRows = new LifeRows(queue);
      this.#postings = new PostingBuilder(queue, (dense) => this.#eventIndex.intidOf(dense));
      this.#eventIndex = new EventIndex(queue, this.#types, this.#postings);
      this.#lanes = new LaneRecorder(queue);
      this.#raw = new RawLineWriter(queue);
      this.#tally = new SourceTally(queue);
      this.#keyframes = new KeyframePolicy(this.journal);
      this.#lives = new LifeTracker(
        (life) => this.#lifeRows.add(life),
        (intid, vcpu) => this.#observer.isPending(intid, vcpu, this.journal),
      );
      this.#observer = new InterruptObserver(
        this.#interrupts,
        this.#postings,
        this.#lanes,
        this.#lives,
        this.#transitions,
      );
      this.#setMeta = queue.prepare('REPLACE INTO meta(key, value) VALUES (?, ?)');
      this.#meta('complete', 0);
      this.#meta('events', 0);
      if (options.tool !== undefined) this.#meta('tool', options.tool);
      if (options.config !== undefined) this.#meta('config', options.config);
      if (options.source !== undefined) this.#meta('source', JSON.stringify(options.source));
      if (options.summary !== undefined) this.#meta('summary', JSON.stringify(options.summary));
      queue.commit();
    } catch (error) {
      queue.close();
      removeTraceFiles(path);
      throw translated(path, error);
    }
  }

  /** Events appended so far. */
  get count(): number {
    return this.#blockId * BLOCK_EVENTS + this.#block.count;
  }

  /** The numbers that events go by, as far as they are given; the tables only grow. */
  get dictionaries(): { readonly types: TypeTable; readonly names: NameTable; readonly interrupts: InterruptIndex } {
    return { types: this.#types, names: this.#names, interrupts: this.#interrupts };
  }

  /** Time from a moment of an interrupt's life to the one that the event at `position`, the last, was (lives.ts). */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    return this.#lives.latency(position, from, to);
  }

  /** Time of the last event. */
  get lastTime(): number {
    return this.#lastTime;
  }

  append(event: NewEvent): Seq {
    const { origin, source, vcpu, time, line, detail } = event;
    if (detail !== undefined && Object.keys(detail).length > DETAIL_LIMIT)
      throw new RangeError(`event ${event.kind}: more than ${DETAIL_LIMIT} details`);
    const json = detail === undefined ? undefined : JSON.stringify(detail);
    return this.put(event, origin, source, vcpu ?? -1, time, line ?? 0, json);
  }

  put(
    payload: AnyPayload,
    origin: Origin,
    source: string | undefined,
    vcpu: number,
    time: number,
    line: number,
    json: string | undefined,
  ): Seq {
    this.#mustBeOpen();
    const { kind } = payload;
    const packed = this.#packed;
    packPayload(codecOf(kind), payload, packed);
    // What the tables cannot take, and what the detail therefore must hold beside its own.
    let more: Detail | undefined;
    let type = this.#types.intern(kind, origin, source);
    if (type === undefined) {
      type = this.typeId(kind, origin);
      more = { [DETAIL_SOURCE]: source ?? '' };
    }
    let name = NO_NAME;
    if (packed.name !== undefined) {
      name = this.#names.intern(packed.name);
      if (name === OVERFLOW_NAME) more = { ...more, [DETAIL_NAME]: packed.name };
    }
    if (!Number.isSafeInteger(time) || time < 0)
      throw new RangeError(`event ${kind}: time ${time} is not a whole number of nanoseconds`);
    const { small, flags, valueLo, valueHi, argLo, argHi } = packed;
    const detail = more === undefined ? json : withMore(json, more);
    return this.appendPacked(type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi, time, line, detail);
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
   * and HAS_ARG, and absent ones 0; `time` whole nanoseconds; `line` 0: none; `json`: the detail, as `JSON.stringify`
   * makes it.
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
    json?: string,
  ): Seq {
    this.#mustBeOpen();
    checkedVcpu(vcpu);
    const block = this.#block;
    const { columns } = block;
    const i = block.count;
    if (json !== undefined) block.details[i] = this.#details.idOf(json) + 1;
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
    columns.flags[i] = json === undefined ? flags : flags | HAS_DETAIL;
    columns.valueLo[i] = valueLo;
    columns.valueHi[i] = valueHi;
    columns.argLo[i] = argLo;
    columns.argHi[i] = argHi;
    columns.line[i] = line;
    const position = seq(this.#blockId * BLOCK_EVENTS + i);
    const lifeKind = this.#lifeKind[type] ?? this.#lifeKindOf(type);
    if (lifeKind !== 0) {
      this.#lives.at(position, at);
      this.#lives.event(lifeKind, vcpu, small, flags & HAS_ARG ? argLo : -1);
    }
    if (this.journal.count === 0) block.takeNone(i);
    else {
      block.take(this.journal, i);
      this.#observer.observe(this.journal, position, at);
      this.journal.clear();
      // With EOImode 0 one write drops and deactivates.
      if (lifeKind === DROP && flags & HAS_ARG && this.#lives.endsDropped(position))
        this.#eventIndex.deactivates(argLo);
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
    this.#observer.declared(interrupt, range.slot, this.journal);
  }

  rawLine(line: number, text: string): void {
    this.#mustBeOpen();
    this.#guard(() => this.#raw.add(line, text));
  }

  rawAscii(line: number, bytes: Uint8Array, start: number, end: number): void {
    this.#mustBeOpen();
    if (this.#raw.addAscii(line, bytes, start, end)) this.#guard(() => this.#raw.flush());
  }

  skip(line: SkippedLine): void {
    this.#mustBeOpen();
    this.#guard(() => this.#tally.skip(line));
  }

  countName(name: string, lines = 1): void {
    this.#mustBeOpen();
    this.#tally.countName(name, lines);
  }

  /** Replaces what is known of the trace before its end; in the file from the next flush on. */
  describe(summary: TraceSummary): void {
    this.#mustBeOpen();
    this.#meta('summary', JSON.stringify(summary));
    this.#meta('source', JSON.stringify(summary.source));
  }

  /** Makes everything so far readable by others and safe from a crash of this process. */
  flush(): void {
    this.#mustBeOpen();
    this.#guard(() => {
      if (this.#block.count > 0) this.#writeBlock(false);
      this.#raw.flush();
      this.#commit();
      this.#queue.sync();
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
      this.describe(summary);
      this.#meta('state_digest', digest(this.journal.state).toString(16).padStart(16, '0'));
      this.#queue.contentDigest();
      this.#meta('complete', 1);
      this.#commit();
      const events = (this.#blockId % CHUNK_BLOCKS) * BLOCK_EVENTS + this.#block.count;
      this.#lanes.finish(Math.floor(this.#blockId / CHUNK_BLOCKS), events, this.#lastTime);
      this.#close(FINAL_INDEXES);
    });
  }

  /** Ends recording where it is: the trace stays, readable but marked incomplete. */
  close(): void {
    this.flush();
    this.#guard(() => this.#close());
  }

  /** Gives up: removes the file. Harmless after finish or a second time. */
  abort(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#queue.close();
    removeTraceFiles(this.path);
  }

  /** Gives up after a failure to write: what was committed stays, as after a crash. Harmless after finish. */
  leave(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#queue.close();
  }

  #close(lastSql?: string): void {
    this.#queue.end(lastSql);
    this.#queue.settle();
    this.#queue.sync();
    this.#queue.close();
    this.#state = 'closed';
  }

  #lifeKindOf(type: number): number {
    const { id } = codecOf(this.#types.type(type).kind);
    const kind = LIFE_KINDS.has(id) ? id : 0;
    this.#lifeKind[type] = kind;
    return kind;
  }

  #meta(key: string, value: string | number): void {
    // Numbers are bound as REAL; ANY columns keep that, so whole numbers go in as bigint.
    this.#setMeta.run(key, typeof value === 'number' ? BigInt(value) : value);
  }

  #mustBeOpen(): void {
    if (this.#state === 'open') return;
    throw this.#state === 'failed' ? this.#failure : new TraceError('closed', `${this.path} is closed.`);
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#state = 'failed';
      this.#failure = translated(this.path, error);
      throw this.#failure;
    }
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
    this.#lives.moments.clear();
    this.#blockId++;
    this.#rowsDone = 0;
    this.#keyframes.next(this.journal.state, changes);
    this.#queue.send();
    if (this.#mayThread && this.#blockId === BOOT_BLOCKS) this.#queue.startThread();
    if (this.#mayThread && this.#blockId === THREAD_BLOCKS) {
      // All of it, as for `flush`: the file must be whole between two connections.
      this.#commit();
      this.#queue.handOver();
    }
  }

  /** Writes the block as far as it goes; `final`: it will not grow. */
  #writeBlock(final: boolean): void {
    const { columns, count, details, changes, touched, eventsOfTouched } = this.#block;
    this.#eventIndex.add(columns, this.#rowsDone, count);
    this.#details.save();
    this.#lanes.addBlock(this.#blockId % CHUNK_BLOCKS, columns, count);
    this.#postings.clearBlock(POSTING.slot);
    for (let i = 0; i < touched.count; i++)
      this.#postings.add(POSTING.slot, touched.slot[i] ?? 0, eventsOfTouched[i] ?? 0);
    this.#queue.block({
      id: this.#blockId,
      final,
      columns: { ...columns, count },
      details,
      rowsDone: this.#rowsDone,
      changes: changes.count,
      firstTime: columns.time[0] ?? 0,
      lastTime: columns.time[count - 1] ?? 0,
      blobs: { touched, changes },
      moments: this.#lives.moments.numbers,
      keyframe: this.#keyframes.keyframe,
    });
    this.#rowsDone = count;
  }

  /** Everything that is not a block, then the end of the transaction. */
  #commit(): void {
    this.#dictionaries.save(this.#names, this.#types, this.journal.layout, this.#interrupts);
    this.#eventIndex.save();
    this.#transitions.flush();
    for (const life of this.#lives.takeDirty()) this.#lifeRows.add(life);
    this.#lifeRows.flush();
    const chunk = Math.floor(this.#blockId / CHUNK_BLOCKS);
    const offset = this.#blockId % CHUNK_BLOCKS;
    this.#postings.save(chunk, offset);
    this.#lanes.save(chunk, offset * BLOCK_EVENTS + this.#block.count);
    this.#tally.save();
    this.#meta('events', this.count);
    this.#meta('last_time', this.#lastTime);
    this.#meta('times_raised', this.#timesRaised);
    this.#meta('skipped', this.#tally.skipped);
    this.#meta('transitions_dropped', this.#transitions.dropped);
    this.#queue.commit();
    this.#queue.send();
  }
}

/** A detail with further entries. */
function withMore(json: string | undefined, more: Detail): string {
  // What is given as JSON was made of a detail.
  const own = json === undefined ? {} : (JSON.parse(json) as Detail);
  return JSON.stringify({ ...own, ...more });
}

function checkedVcpu(vcpu: number): number {
  if (!(vcpu >= -1 && vcpu <= LAST_VCPU)) throw new RangeError(`vCPU ${vcpu} is outside 0 … ${LAST_VCPU}`);
  return vcpu;
}
