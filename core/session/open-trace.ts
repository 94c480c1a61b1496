/**
 * A trace that is open: its reader and the cursors that answer questions about positions. Two cursors, because
 * views keep asking about two places in turn (the cursor and the baseline), and a step is much cheaper than a jump.
 */
import { seq as position, type Seq } from '../state/brand.ts';
import { type StateVector } from '../state/state-vector.ts';
import { Breakpoints, breakpointSchema } from '../debug/breakpoints.ts';
import { Cursor } from '../trace/cursor.ts';
import { isInUse, settleFile } from '../trace/file.ts';
import { type TraceInfo } from '../trace/info.ts';
import { type InterruptIndex } from '../trace/interrupt-index.ts';
import { TraceReader } from '../trace/reader.ts';
import { type InterruptDescriptor } from '../trace/interrupts.ts';
import { type Layout } from '../state/layout.ts';
import { type GicModel } from '../trace/sink.ts';
import { TraceLanes } from './lanes-of-trace.ts';
import { SessionError } from './failure.ts';
import { PhysicalCpus } from './physical-cpu.ts';
import { TraceSearch } from './trace-search.ts';
import { type FileWriter, UserNotes } from './user-notes.ts';

export class OpenTrace {
  readonly id: number;
  readonly path: string;
  readonly reader: TraceReader;
  readonly search: TraceSearch;
  readonly user: UserNotes;
  readonly lanes: TraceLanes;
  readonly physicalCpus: PhysicalCpus;
  readonly gic: GicModel;
  /** The kernel behaviour of an emulated VM. */
  readonly profile: string | undefined;
  /** Nobody was writing it when it was opened: whatever it lacks will not come. */
  readonly #isLeft: boolean;
  readonly #stops: Breakpoints;
  readonly #cursors: readonly [Cursor, Cursor];
  #facts: TraceInfo | undefined;

  /**
   * @param recorder who may be writing the trace
   * @throws TraceError when the file is not a readable trace.
   */
  constructor(id: number, path: string, recorder?: FileWriter) {
    this.id = id;
    this.path = path;
    // Before this side has it open itself.
    this.#isLeft = !isInUse(path);
    this.reader = new TraceReader(path);
    const { gic, profile } = this.facts();
    this.gic = gic;
    this.profile = profile;
    this.lanes = new TraceLanes(this.reader, this.gic);
    this.search = new TraceSearch(this.reader);
    this.physicalCpus = new PhysicalCpus(this);
    this.user = new UserNotes(path, recorder);
    this.#stops = new Breakpoints(this.search.trace);
    this.#cursors = [new Cursor(this.reader), new Cursor(this.reader)];
  }

  /** No more events come: it is complete, or was cut off by the end of its writer. */
  get finished(): boolean {
    return this.reader.complete || this.#isLeft;
  }

  /** What the trace is. Counts its lives and interrupts, so of one that grows no more it is asked once. */
  facts(): TraceInfo {
    if (this.#facts !== undefined) return this.#facts;
    const facts = this.reader.info();
    if (facts.complete) this.#facts = facts;
    return facts;
  }

  get layout(): Layout {
    return this.reader.layout;
  }

  get interrupts(): readonly InterruptDescriptor[] {
    return this.reader.interrupts;
  }

  get numbers(): InterruptIndex {
    return this.reader.interruptIndex;
  }

  get writable(): boolean {
    return this.user.writable;
  }

  /** The breakpoints as they are stored now, ready to be searched. */
  stops(): Breakpoints {
    this.#stops.set(this.user.breakpoints().map((stored) => breakpointSchema.parse(stored)));
    return this.#stops;
  }

  close(): void {
    const { complete } = this.reader;
    this.reader.close();
    // What was recorded while it was open could not become one file then.
    if (complete && this.writable) settleFile(this.path);
  }

  /** The state after event `at`. Valid until the next call; clone what must stay. */
  stateAt(at: number): StateVector {
    return this.#nearest(this.checked(at)).state;
  }

  /** States after two events, both valid until the next call. */
  statesAt(at: number, other: number): readonly [StateVector, StateVector] {
    const [first, second] = this.#cursors;
    return [first.seek(this.checked(at)).state, second.seek(this.checked(other)).state];
  }

  /** Digest of the state after event `at`. */
  digestAt(at: number): bigint {
    return this.#nearest(this.checked(at)).digest();
  }

  /** Time of a position; 0 before the first event. */
  timeOf(at: number): number {
    return at < 0 ? 0 : this.reader.timeOf(this.checked(at));
  }

  /** @throws SessionError `usage` when the trace has no such position. */
  checked(at: number): Seq {
    const { count } = this.reader;
    if (at >= -1 && at < count) return position(at);
    const last = count === 0 ? 'the trace is empty' : `the last event is #${count - 1}`;
    throw new SessionError({ code: 'usage', message: `#${at} does not exist: ${last}` });
  }

  #nearest(at: Seq): Cursor {
    const [first, second] = this.#cursors;
    const use = Math.abs(first.position - at) <= Math.abs(second.position - at) ? first : second;
    return use.seek(at);
  }
}
