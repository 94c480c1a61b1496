/**
 * Makes of a trace's events all that its file holds of them: blocks, rows, indexes, lanes and lives.
 *
 * A writer gives it stretches of events in order (stretch.ts) and says when to write. It works on numbers alone, in the
 * thread that records or in the one that writes (write-queue.ts), and the file is the same. It keeps the state of all
 * slots, the block being filled, the index of the chunk being filled, and the open lives: flat, however long the trace.
 */
import { StateVector } from '../state/state-vector.ts';
import { BlockBuilder } from './block-builder.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';
import { type ClaimedSlots, addSlots } from './claimed-slots.ts';
import { HAS_ARG, putEvents } from './columns.ts';
import { EventIndex } from './event-index.ts';
import { InterruptObserver } from './interrupt-observer.ts';
import { KeyframePolicy } from './keyframe-policy.ts';
import { KINDS } from './kinds.ts';
import { LaneRecorder } from './lane-recorder.ts';
import { type Leg } from './life.ts';
import { LifeRows } from './life-rows.ts';
import { LIFE_KINDS, LifeTracker } from './lives.ts';
import { POSTING, PostingBuilder } from './postings.ts';
import { type Step } from './steps.ts';
import { FIELD_WORDS, type Stretch } from './stretch.ts';
import { TransitionRows } from './transition-rows.ts';
import { type Writes } from './writes.ts';

const DROP = KINDS['irq.drop'].id;
/** For event types that the lives do not follow. */
const NO_LIFE_KIND = 0;

export class Assembler {
  readonly #writes: Writes;
  readonly #state = new StateVector();
  readonly #block = new BlockBuilder();
  readonly #keyframes: KeyframePolicy;
  readonly #transitions: TransitionRows;
  readonly #lifeRows: LifeRows;
  readonly #postings: PostingBuilder;
  readonly #eventIndex: EventIndex;
  readonly #lanes: LaneRecorder;
  readonly #lives: LifeTracker;
  readonly #observer: InterruptObserver;
  readonly #transitionsDropped: (count: number) => void;
  /** Kind number by type, for kinds that the lives follow. */
  readonly #lifeKind: number[] = [];
  /** Number of the block being filled. */
  #blockId = 0;
  /** Events of the block being filled that are already rows and indexed. */
  #rowsDone = 0;
  #lastTime = 0;

  /** The trace begins with these slots. */
  constructor(writes: Writes, slots: ClaimedSlots) {
    this.#writes = writes;
    addSlots(this.#state, slots);
    this.#transitions = new TransitionRows(writes);
    this.#lifeRows = new LifeRows(writes);
    this.#postings = new PostingBuilder(writes, (dense) => this.#eventIndex.intidOf(dense));
    this.#eventIndex = new EventIndex(writes, this.#postings);
    this.#lanes = new LaneRecorder(writes);
    this.#keyframes = new KeyframePolicy(this.#state);
    this.#lives = new LifeTracker(
      (life) => this.#lifeRows.add(life),
      (intid, vcpu) => this.#observer.isPending(intid, vcpu, this.#state),
    );
    this.#observer = new InterruptObserver(this.#postings, this.#lanes, this.#lives, this.#transitions);
    this.#observer.claimed(slots.lanes);
    const meta = writes.prepare("REPLACE INTO meta(key, value) VALUES ('transitions_dropped', ?)");
    // Numbers are bound as REAL, which an ANY column keeps.
    this.#transitionsDropped = (count) => meta.run(BigInt(count));
  }

  do(step: Step): void {
    switch (step.do) {
      case 'begin':
        throw new RangeError('a trace begins once');
      case 'take':
        this.#take(step.stretch);
        return;
      case 'write':
        this.#write(step.final);
        return;
      case 'save':
        this.#save();
        return;
      case 'next':
        this.#next();
        return;
      case 'end':
        this.#lives.finish();
        return;
      case 'finish':
        this.#lanes.finish(this.#chunk, this.#chunkEvents, this.#lastTime);
    }
  }

  /** See `LifeTracker.latency`. */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    return this.#lives.latency(position, from, to);
  }

  get #chunk(): number {
    return Math.floor(this.#blockId / CHUNK_BLOCKS);
  }

  /** Events of the chunk so far. */
  get #chunkEvents(): number {
    return (this.#blockId % CHUNK_BLOCKS) * BLOCK_EVENTS + this.#block.count;
  }

  #take(stretch: Stretch): void {
    const { columns, details, perEvent, kinds, claimed, fields } = stretch;
    const block = this.#block;
    const first = block.count;
    for (const kind of kinds) {
      this.#eventIndex.addType(kind);
      this.#lifeKind.push(LIFE_KINDS.has(kind) ? kind : NO_LIFE_KIND);
    }
    if (claimed !== undefined) {
      addSlots(this.#state, claimed);
      this.#observer.claimed(claimed.lanes);
    }
    putEvents(columns, block.columns, first);
    block.details.set(details, first);
    block.reserve(stretch.changes, this.#state.size);
    const { log } = block;
    const start = this.#blockId * BLOCK_EVENTS + first;
    let change = 0;
    let declared = 0;
    for (let i = 0; i < columns.count; i++) {
      while (declared < fields.length && (fields[declared] ?? 0) <= i) {
        this.#observer.declared(fields, declared);
        declared += FIELD_WORDS;
      }
      const n = perEvent[i] ?? 0;
      const from = block.changeCount;
      block.take(stretch, change, n, first + i, this.#state);
      change += n;
      const position = start + i;
      const time = columns.time[i] ?? 0;
      const hasIntid = ((columns.flags[i] ?? 0) & HAS_ARG) !== 0;
      const intid = columns.argLo[i] ?? 0;
      const lifeKind = this.#lifeKind[columns.type[i] ?? 0] ?? NO_LIFE_KIND;
      if (lifeKind !== NO_LIFE_KIND) {
        this.#lives.at(position, time);
        this.#lives.event(lifeKind, columns.vcpu[i] ?? -1, columns.small[i] ?? 0, hasIntid ? intid : -1);
      }
      if (n === 0) continue;
      this.#observer.observe(log, from, from + n, position, time);
      // With EOImode 0 one write drops and deactivates.
      if (lifeKind === DROP && hasIntid && this.#lives.endsDropped(position)) this.#eventIndex.deactivates(intid);
    }
    for (; declared < fields.length; declared += FIELD_WORDS) this.#observer.declared(fields, declared);
    block.count = first + columns.count;
    if (columns.count > 0) this.#lastTime = columns.time[columns.count - 1] ?? 0;
  }

  #write(final: boolean): void {
    const { columns, count, details, changes, touched, eventsOfTouched } = this.#block;
    const offset = this.#blockId % CHUNK_BLOCKS;
    if (count > 0) {
      this.#eventIndex.add(columns, this.#rowsDone, count);
      this.#lanes.addBlock(offset, columns, count);
      this.#postings.clearBlock(POSTING.slot);
      for (let i = 0; i < touched.count; i++)
        this.#postings.add(POSTING.slot, touched.slot[i] ?? 0, eventsOfTouched[i] ?? 0);
      this.#writes.block({
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
    if (final) this.#postings.endBlock(offset);
  }

  #save(): void {
    this.#eventIndex.save();
    this.#transitions.flush();
    this.#transitionsDropped(this.#transitions.dropped);
    for (const life of this.#lives.takeDirty()) this.#lifeRows.add(life);
    this.#lifeRows.flush();
    this.#postings.save(this.#chunk, this.#blockId % CHUNK_BLOCKS);
    this.#lanes.save(this.#chunk, this.#chunkEvents);
  }

  #next(): void {
    if (this.#blockId % CHUNK_BLOCKS === CHUNK_BLOCKS - 1) {
      this.#postings.endChunk();
      this.#lanes.endChunk(this.#chunk, this.#lastTime);
    }
    const { changeCount } = this.#block;
    this.#block.reset();
    this.#lives.moments.clear();
    this.#blockId++;
    this.#rowsDone = 0;
    this.#keyframes.next(this.#state, changeCount);
  }
}
