/**
 * One of several recordings while they are merged: what its importer appends waits here until it is its turn.
 *
 * The importer has a journal of its own, so recordings know nothing of each other; slots are claimed in the common one
 * when a change first reaches it. A path that another recording has claimed gets this one's tag in front: nobody
 * overwrites what another proved. Line numbers are given anew, in the order of the merge; records of binary sources have
 * no line in the trace, their number goes to the event's detail.
 */
import { type Intid } from '../../gic/intid.ts';
import { type SlotId, nanoseconds, type Seq, seq, type VcpuId } from '../../state/brand.ts';
import { Journal, KNOWN_AFTER } from '../../state/journal.ts';
import { Layout } from '../../state/layout.ts';
import { type BitRange, type InterruptField } from '../../trace/interrupts.ts';
import { type NewEvent } from '../../trace/kinds.ts';
import { type SkippedLine, type TraceSink } from '../../trace/sink.ts';

/** Changes of an event, four numbers each: slot, known or not, low and high word. */
type Changes = readonly number[];
const NONE: Changes = [];

type Item =
  | { readonly event: NewEvent; readonly changes: Changes }
  | { readonly raw: number; readonly text: string }
  | { readonly skip: SkippedLine }
  | {
      readonly intid: Intid;
      readonly vcpu: VcpuId | undefined;
      readonly field: InterruptField;
      readonly range: BitRange;
    };

/** Lines and slots that all recordings share. */
export class Common {
  readonly sink: TraceSink;
  readonly owners = new Map<string, Lane>();
  #line = 0;

  constructor(sink: TraceSink) {
    this.sink = sink;
  }

  nextLine(): number {
    return ++this.#line;
  }
}

export class Lane implements TraceSink {
  readonly journal = new Journal(new Layout());
  /** Distance of the recording's first time from the trace's, set before anything leaves. */
  start = 0;
  /** The importer has ended. */
  isDone = false;
  readonly #common: Common;
  readonly #tag: string;
  readonly #file: string | undefined;
  #items: Item[] = [];
  #first = 0;
  #events = 0;
  readonly #slots: SlotId[] = [];
  readonly #foreign = new Set<number>();
  /** New numbers of lines whose events may still come. */
  readonly #lines = new Map<number, number>();

  /** `tag` begins the paths of slots that another recording has; `file`, if given, is named in each event. */
  constructor(common: Common, tag: string, file: string | undefined) {
    this.#common = common;
    this.#tag = tag;
    this.#file = file;
  }

  /** Events that wait. */
  get waiting(): number {
    return this.#events;
  }

  /** Time of the next event in the trace; undefined: none waits. What stands before it has no time and goes at once. */
  nextTime(): number | undefined {
    for (;;) {
      const item = this.#items[this.#first];
      if (item === undefined) return undefined;
      if ('event' in item) return item.event.time + this.start;
      this.#pass(item);
      this.#advance();
    }
  }

  append(event: NewEvent): Seq {
    this.#items.push({ event, changes: this.#takeChanges() });
    this.#events++;
    return seq(0);
  }

  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void {
    this.#items.push({ intid, vcpu, field, range });
  }

  rawLine(line: number, text: string): void {
    this.#items.push({ raw: line, text });
  }

  skip(line: SkippedLine): void {
    this.#items.push({ skip: line });
  }

  countName(name: string, lines?: number): void {
    this.#common.sink.countName(name, lines);
  }

  /** Lets the next event go. */
  release(): void {
    const item = this.#items[this.#first];
    if (item === undefined) return;
    this.#pass(item);
    this.#advance();
  }

  #advance(): void {
    this.#first++;
    if (this.#first <= 4096 || this.#first * 2 <= this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }

  #pass(item: Item): void {
    const { sink } = this.#common;
    if ('event' in item) this.#passEvent(item.event, item.changes);
    else if ('raw' in item) sink.rawLine(this.#renumber(item.raw), item.text);
    else if ('skip' in item)
      sink.skip({ ...item.skip, line: this.#lines.get(item.skip.line) ?? this.#renumber(item.skip.line) });
    else {
      const slot = this.#slotOf(item.range.slot);
      if (!this.#foreign.has(item.range.slot))
        sink.interruptField(item.intid, item.vcpu, item.field, { ...item.range, slot });
    }
  }

  #passEvent(event: NewEvent, changes: Changes): void {
    const { journal } = this.#common.sink;
    this.#events--;
    for (let i = 0; i < changes.length; i += 4) {
      const slot = this.#slotOf(changes[i] ?? 0);
      if (changes[i + 1] === 0) journal.forget(slot);
      else journal.writeWords(slot, changes[i + 2] ?? 0, changes[i + 3] ?? 0);
    }
    const { line, ...rest } = event;
    const known = line === undefined ? undefined : this.#lines.get(line);
    const more = {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(line === undefined || known !== undefined ? {} : { record: line }),
    };
    const detail = Object.keys(more).length === 0 ? {} : { detail: { ...event.detail, ...more } };
    // The parts are those of the event, so the kind and its payload still belong together.
    this.#common.sink.append({
      ...rest,
      time: nanoseconds(Math.max(0, event.time + this.start)),
      ...(known === undefined ? {} : { line: known }),
      ...detail,
    } as NewEvent);
  }

  #renumber(line: number): number {
    const number = this.#common.nextLine();
    this.#lines.set(line, number);
    // Events come at most a window of lines later than their line.
    if (this.#lines.size > 16_384) for (const old of [...this.#lines.keys()].slice(0, 4096)) this.#lines.delete(old);
    return number;
  }

  #takeChanges(): Changes {
    const { journal } = this;
    const { count } = journal;
    if (count === 0) return NONE;
    const out: number[] = [];
    for (let i = 0; i < count; i++)
      out.push(
        journal.slot[i] ?? 0,
        (journal.known[i] ?? 0) & KNOWN_AFTER,
        journal.afterLo[i] ?? 0,
        journal.afterHi[i] ?? 0,
      );
    journal.clear();
    return out;
  }

  /** The common slot of one of this recording's. */
  #slotOf(own: number): SlotId {
    const known = this.#slots[own];
    if (known !== undefined) return known;
    const { owners, sink } = this.#common;
    const descriptor = this.journal.layout.slots[own];
    if (descriptor === undefined) throw new RangeError(`no slot ${own} in the recording`);
    const isForeign = (owners.get(descriptor.path) ?? this) !== this;
    const path = isForeign ? `${this.#tag}.${descriptor.path}` : descriptor.path;
    if (isForeign) this.#foreign.add(own);
    else owners.set(path, this);
    const { layout } = sink.journal;
    const slot = layout.find(path) ?? layout.claim({ ...descriptor, path });
    this.#slots[own] = slot;
    return slot;
  }
}
