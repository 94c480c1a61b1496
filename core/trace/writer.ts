/**
 * Writes a `.gscope` file: the sink of importers and recorders.
 *
 * What is kept in memory here: the stretch of at most one block that is being filled (4096 events), and the dictionaries;
 * what is made of it, and what that keeps, is assembler.ts. A chunk (64 blocks) is one transaction, so a file cut short
 * holds whole chunks, each with its index; `flush` commits everything so far, also a part of a block, for live
 * readers, and the next flush or the block's end replaces that part.
 *
 * This class is the order of things. SQLite's part is a thread's of its own once a trace is long (write-queue.ts), and
 * the assembler is that thread's too where the options say so, unless somebody looked at the trace before.
 */
import { type Intid } from '../gic/intid.ts';
import { type Seq, type VcpuId, seq } from '../state/brand.ts';
import { digest } from '../state/digest.ts';
import { Journal } from '../state/journal.ts';
import { Layout } from '../state/layout.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';
import { slotsBefore } from './claimed-slots.ts';
import { HAS_DETAIL } from './columns.ts';
import { DetailTexts } from './detail-texts.ts';
import { DictionaryRows } from './dictionary-rows.ts';
import { type NameTable, type TypeTable } from './dictionary.ts';
import { TraceError } from './errors.ts';
import { EventNumbers } from './event-numbers.ts';
import { guarded, removeTraceFiles, translated } from './file.ts';
import { InterruptIndex } from './interrupt-index.ts';
import { type BitRange, type InterruptField } from './interrupts.ts';
import { type AnyPayload, type Kind, type NewEvent, type Origin } from './kinds.ts';
import { type Leg } from './life.ts';
import { LAST_VCPU } from './limits.ts';
import { createTables, makeRoom } from './new-file.ts';
import { RawLineWriter } from './raw-lines.ts';
import { FINAL_INDEXES } from './schema.ts';
import { type PackedSink, type SkippedLine, type TraceSummary } from './sink.ts';
import { SourceTally } from './source-tally.ts';
import { StretchBuilder } from './stretch.ts';
import { WriteQueue } from './write-queue.ts';
import { type WriterOptions } from './writer-options.ts';
import { type WriteStatement } from './writes.ts';

/** Blocks after which a trace is long enough for a thread that writes; it is started some blocks earlier. */
const THREAD_BLOCKS = 8;
const BOOT_BLOCKS = 2;
/**
 * Changes an event of the first blocks from which on a thread of its own for assembling is worth what it costs: with 2
 * (LPIs) and 3.5 (SGIs) it saves a sixth to a third of the time, with 1.25 to 1.5 (register accesses) it costs a tenth.
 */
const MANY_CHANGES = 1.75;

const DETAIL_LIMIT = 64;

export class TraceWriter implements PackedSink {
  readonly path: string;
  readonly journal: Journal;
  readonly #queue: WriteQueue;
  readonly #numbers = new EventNumbers();
  readonly #interrupts = new InterruptIndex();
  readonly #stretch: StretchBuilder;
  readonly #details: DetailTexts;
  readonly #dictionaries: DictionaryRows;
  readonly #raw: RawLineWriter;
  readonly #tally: SourceTally;
  readonly #setMeta: WriteStatement;

  readonly #mayThread: boolean;
  readonly #assembles: NonNullable<WriterOptions['assembles']>;
  #state: 'open' | 'closed' | 'failed' = 'open';
  /** Why it failed. */
  #failure: unknown;
  /** Number of the block being filled. */
  #blockId = 0;
  /** Its events that were given to the assembler. */
  #given = 0;
  /** Changes of all events that were given. */
  #changes = 0;
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
    this.#assembles = options.assembles ?? 'caller';
    createTables(path);
    const queue = guarded(path, () => new WriteQueue(path));
    this.#queue = queue;
    try {
      this.#stretch = new StretchBuilder(this.journal.layout);
      this.#details = new DetailTexts(queue);
      this.#dictionaries = new DictionaryRows(queue);
      this.#raw = new RawLineWriter(queue);
      this.#tally = new SourceTally(queue);
      queue.begin(slotsBefore(this.journal));
      if (!this.#mayThread || this.#assembles === 'caller') queue.assembleHere();
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
    return this.#blockId * BLOCK_EVENTS + this.#given + this.#stretch.count;
  }

  /** The numbers that events go by, as far as they are given; the tables only grow. */
  get dictionaries(): { readonly types: TypeTable; readonly names: NameTable; readonly interrupts: InterruptIndex } {
    const { types, names } = this.#numbers;
    return { types, names, interrupts: this.#interrupts };
  }

  /**
   * Time from a moment of an interrupt's life to the one that the event at `position`, the last, was (lives.ts).
   * @throws RangeError where another thread has the lives
   */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    this.#give();
    const assembler = this.#queue.assembleHere();
    if (assembler === undefined)
      throw new RangeError('the thread that writes has the lives of this trace: see WriterOptions.assembles');
    return assembler.latency(position, from, to);
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
    const numbers = this.#numbers;
    const detail = numbers.pack(payload, origin, source, json);
    if (!Number.isSafeInteger(time) || time < 0)
      throw new RangeError(`event ${payload.kind}: time ${time} is not a whole number of nanoseconds`);
    const { type, name } = numbers;
    const { small, flags, valueLo, valueHi, argLo, argHi } = numbers.payload;
    return this.appendPacked(type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi, time, line, detail);
  }

  /** The number of an event type, for `appendPacked`. */
  typeId(kind: Kind, origin: Origin, source?: string): number {
    return this.#numbers.typeId(kind, origin, source);
  }

  /** The number of a name, for `appendPacked`. */
  nameId(text: string): number {
    return this.#numbers.names.intern(text);
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
    const stretch = this.#stretch;
    const { columns } = stretch;
    const i = stretch.count;
    stretch.details[i] = json === undefined ? 0 : this.#details.idOf(json) + 1;
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
    if (this.journal.count === 0) stretch.takeNone(i);
    else {
      stretch.take(this.journal, i);
      this.journal.clear();
    }
    stretch.count = i + 1;
    const inBlock = this.#given + i;
    const position = seq(this.#blockId * BLOCK_EVENTS + inBlock);
    if (inBlock === BLOCK_EVENTS - 1) this.#guard(() => this.#endBlock());
    return position;
  }

  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void {
    this.#mustBeOpen();
    const interrupt = this.#interrupts.declare(intid, vcpu);
    if (interrupt === undefined) return;
    const entry = this.#interrupts.addField(interrupt, field, range);
    const id = entry?.id ?? this.#interrupts.fieldOf(interrupt, field);
    const { slot, lsb, width } = range;
    const code = this.#interrupts.stateCode(interrupt, this.journal.state);
    const number = InterruptIndex.fieldNumber(field);
    this.#stretch.declare(id, interrupt, intid, vcpu ?? -1, number, slot, lsb, width, code);
  }

  rawLine(line: number, text: string): void {
    this.#mustBeOpen();
    this.#guard(() => this.#raw.add(line, text));
  }

  rawLines(first: number, bytes: Uint8Array, start: number, ends: Int32Array, count: number): void {
    this.#mustBeOpen();
    this.#guard(() => this.#raw.addLines(first, bytes, start, ends, count));
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
      // Who looks now looks again: nothing is to wait for a thread.
      this.#queue.assembleHere();
      this.#give();
      this.#queue.assemble({ do: 'write', final: false });
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
      const queue = this.#queue;
      queue.assembleHere();
      this.#give();
      queue.assemble({ do: 'write', final: true });
      this.#raw.flush();
      queue.assemble({ do: 'end' });
      this.describe(summary);
      this.#meta('state_digest', digest(this.journal.state).toString(16).padStart(16, '0'));
      queue.contentDigest();
      this.#meta('complete', 1);
      this.#commit();
      queue.assemble({ do: 'finish' });
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
    const queue = this.#queue;
    this.#give();
    queue.assemble({ do: 'write', final: true });
    if (this.#blockId % CHUNK_BLOCKS === CHUNK_BLOCKS - 1) this.#commit();
    queue.assemble({ do: 'next' });
    this.#blockId++;
    this.#given = 0;
    queue.send();
    if (this.#mayThread && this.#blockId === BOOT_BLOCKS) queue.startThread(this.#isBetween);
    if (this.#mayThread && this.#blockId === THREAD_BLOCKS) this.#handOver();
  }

  /** Gives the events so far to the assembler. */
  #give(): void {
    const stretch = this.#stretch;
    if (stretch.isEmpty) return;
    this.#details.save();
    this.#given += stretch.count;
    const given = stretch.end(this.journal.layout, this.#numbers.types);
    this.#changes += given.changes;
    this.#queue.assemble({ do: 'take', stretch: given });
  }

  /** Whether a thread between this one and the one that writes is to assemble, now that the first blocks are full. */
  get #isBetween(): boolean {
    if (this.#assembles !== 'either') return this.#assembles === 'between';
    return this.#changes >= MANY_CHANGES * this.#blockId * BLOCK_EVENTS;
  }

  #handOver(): void {
    const queue = this.#queue;
    // The file must be whole between two connections: all of the events, as for `flush`, or none.
    const wasAssembled = queue.assembles;
    if (wasAssembled) this.#commit();
    else queue.commit();
    queue.handOver();
    // The events that waited last from here on, not only from the chunk's end.
    if (!wasAssembled) this.#commit();
  }

  /** Everything that is not a block, then the end of the transaction. */
  #commit(): void {
    const { names, types } = this.#numbers;
    this.#dictionaries.save(names, types, this.journal.layout, this.#interrupts);
    this.#queue.assemble({ do: 'save' });
    this.#tally.save();
    this.#meta('events', this.count);
    this.#meta('last_time', this.#lastTime);
    this.#meta('times_raised', this.#timesRaised);
    this.#meta('skipped', this.#tally.skipped);
    this.#queue.commit();
    this.#queue.send();
  }
}

function checkedVcpu(vcpu: number): number {
  if (!(vcpu >= -1 && vcpu <= LAST_VCPU)) throw new RangeError(`vCPU ${vcpu} is outside 0 … ${LAST_VCPU}`);
  return vcpu;
}
