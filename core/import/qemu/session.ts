/**
 * The way of a line through a QEMU log import: read, assigned to an action, kept waiting until its vCPU is decided,
 * observed, appended. Every line is counted once: as an event, as part of another, or skipped with a reason.
 */
import { countText } from '../../state/units.ts';
import { type GicModel, type LineCounts, type PackedSink, type TraceSink } from '../../trace/sink.ts';
import { packedSink } from '../packed-sink.ts';
import { type Parts } from '../format.ts';
import { type LineReceiver } from '../source/lines.ts';
import { type Page } from '../source/page.ts';
import { ASSIGN, vcpuOf } from './attribution/assign.ts';
import { Attributor } from './attribution/attributor.ts';
import { Machine } from './attribution/machine.ts';
import { type EventRow } from './events/row.ts';
import { rowAt } from './events/table.ts';
import { LineReader, SKIPPED } from './line-reader.ts';
import { OTHER } from './observe/other.ts';
import { MEANINGS } from './observe/observers.ts';
import { DEFECT } from './observe/irs-commands.ts';
import { MOST_SHARED, Scene, whole } from './observe/scene.ts';
import { NO_THREAD } from './prefix.ts';
import { ORPHAN, type QuadReceiver } from './quad.ts';
import { Strand, Strands } from './strand.ts';
import { ACTOR, NOBODY, type TraceLine } from './trace-line.ts';
import { isSettled, Window } from './window.ts';

const UNKNOWN = whole(OTHER);
const QUAD = 'gicv5_recalc_ppi_hppi';
const LONGEST_SKIPPED = 4096;
/** Threads that only files tell, from the first file on downwards. */
const FIRST_FILE = -2;

/** Names tell the GIC model even where their events are not understood yet. */
const MODELS: readonly (readonly [prefix: string, model: GicModel])[] = [
  ['gicv5_', 'v5'],
  ['gicv3_', 'v3'],
  ['gic_', 'v2'],
];

export class QemuSession implements LineReceiver {
  readonly machine = new Machine();
  readonly #sink: PackedSink;
  readonly #reader = new LineReader();
  readonly #attributor = new Attributor(this.machine);
  readonly #scene: Scene;
  readonly #window = new Window();
  readonly #strands: Strands;
  #strand: Strand;
  #thread = NO_THREAD;
  readonly #parts: Parts | undefined;
  readonly #reasons = new Map<string, number>();
  readonly #merged = new Map<string, number>();
  readonly #names = new Set<string>();
  /** Lines that are not yet counted by name, by their row. */
  readonly #uncounted: number[] = [];
  #read = 0;
  /** The last line that was given to the sink with others. */
  #lastRaw = 0;

  /** `parts`: the files that the lines are merged from. */
  constructor(sink: TraceSink, parts?: Parts) {
    this.#sink = packedSink(sink);
    this.#parts = parts;
    this.#scene = new Scene(this.#sink, this.machine);
    const to: QuadReceiver = {
      joined: (lines) => this.#countMerged(QUAD, lines),
      orphan: (line, text) => this.#skip(line, ORPHAN, text),
    };
    this.#strand = new Strand(to);
    this.#strands = new Strands(this.#strand, to);
  }

  get events(): number {
    return this.#scene.events;
  }

  get lines(): number {
    return this.#read;
  }

  /** No line waits: nothing of the pieces so far will be looked at again. */
  get isSettled(): boolean {
    return this.#window.oldest === undefined;
  }

  /** The log's clock at time 0, in nanoseconds since 1970; undefined while no line had a time stamp. */
  get clockZero(): bigint | undefined {
    return this.#reader.clock.zero;
  }

  onLines(first: number, page: Page, start: number, ends: Int32Array, count: number): void {
    if (!page.isAscii) return;
    this.#sink.rawLines(first, page.bytes, start, ends, count);
    this.#lastRaw = first + count - 1;
  }

  onLine(line: number, page: Page, start: number, end: number): void {
    this.#read++;
    if (line > this.#lastRaw) this.#sink.rawLine(line, page.text(start, end));
    const slot = this.#window.slot;
    const reason = this.#reader.read(line, page, start, end, slot);
    const { thread } = this.#reader;
    if (thread !== this.#thread || this.#parts !== undefined) this.#turnTo(thread, line);
    const { name } = this.#reader;
    if (name !== undefined) this.#count(name, reason === undefined ? slot.row : undefined);
    if (reason === undefined) {
      if (this.#reader.isTorn) this.#damaged();
      this.#accept(slot);
    } else {
      this.#skip(line, reason, slot.text);
      // Output of other parts of the emulator proves and disproves nothing; a line that is damaged may have.
      if (name !== undefined || reason === SKIPPED.binary || reason === SKIPPED.cut) this.#damaged();
    }
  }

  onLong(beginning: string, line: number): void {
    this.#read++;
    if (line > this.#lastRaw) this.#sink.rawLine(line, beginning);
    this.#skip(line, SKIPPED.long, beginning);
    this.#damaged();
  }

  /** Counts the names of all lines so far; to be called before anybody asks. */
  countNames(): void {
    this.#uncounted.forEach((lines, index) => {
      const name = rowAt(index)?.name;
      if (lines > 0 && name !== undefined) this.#sink.countName(name, lines);
      this.#uncounted[index] = 0;
    });
  }

  /** The source has ended. */
  end(): void {
    this.countNames();
    this.#strands.close();
    this.#attributor.finish();
    this.#drain();
  }

  get counts(): LineCounts {
    const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
    return {
      read: this.#read,
      asEvents: this.#scene.events,
      merged: sum(this.#merged),
      skipped: sum(this.#reasons),
      reasons: Object.fromEntries(this.#reasons),
    };
  }

  get gic(): GicModel {
    return MODELS.find(([prefix]) => [...this.#names].some((name) => name.startsWith(prefix)))?.[1] ?? 'unknown';
  }

  get vcpus(): number {
    return Math.max(this.machine.vcpus ?? 0, this.machine.seen);
  }

  /** What `info` says about the source beside the counts. */
  get facts(): Record<string, string> {
    const { clock, behind } = this.#reader;
    const { withoutName, unproven, defects, untracked, slots } = this.#scene;
    const facts: Record<string, string> = clock.isCounted
      ? { clock: 'none: the log has no time stamps, times count lines' }
      : { clock: "the host's wall clock, UTC", 'time origin': clock.origin ?? '' };
    if (this.machine.vcpusFrom !== '') facts['vCPUs from'] = this.machine.vcpusFrom;
    if (withoutName > 0)
      facts['vCPU not proven'] = `${countText(unproven)} of ${countText(withoutName)} events whose line names none`;
    if (this.#merged.size > 0)
      facts['merged lines'] = [...this.#merged].map(([name, count]) => `${name} ${countText(count)}`).join(', ');
    Object.assign(
      facts,
      this.#attributor.printers.facts((thread) => this.#nameOf(thread)),
    );
    if (behind > 0) facts['behind other text'] = `${countText(behind)} events, in lines that something else began`;
    if (defects > 0)
      facts['recorder defect'] = `${DEFECT}: ${countText(defects)} lines; the state follows what they print`;
    if (slots.contradictions > 0)
      facts['contradictions'] = `${countText(slots.contradictions)} events show a state that nothing led to`;
    if (untracked > 0)
      facts['untracked'] =
        `${countText(untracked)} events of SPIs and LPIs beyond the first ${countText(MOST_SHARED)}: without state`;
    return facts;
  }

  /** A line with the name of an event, whose row is known or not. */
  #count(name: string, row: EventRow | undefined): void {
    const lines = row === undefined ? undefined : this.#uncounted[row.index];
    if (lines === undefined) this.#names.add(name);
    if (row === undefined) this.#sink.countName(name);
    else this.#uncounted[row.index] = (lines ?? 0) + 1;
  }

  #accept(line: TraceLine): void {
    const { row } = line;
    line.subject = row === undefined ? NOBODY : ACTOR;
    line.action = undefined;
    line.isPartial = false;
    line.isDead = false;
    const { quad, exceptions } = this.#strand;
    exceptions.passed(line.line);
    if (row !== undefined) {
      if (row.isException && exceptions.take(line)) {
        this.#countMerged(row.name, 1);
        return;
      }
      if (row.name === QUAD) {
        if (quad.take(line)) return;
      } else if (!row.isOutsideLock) quad.close();
      if (ASSIGN[row.index]?.(line, this.#attributor) === true) {
        this.#countMerged(row.name, 1);
        return;
      }
    }
    this.#window.commit();
    if (this.#window.isFull) this.#force();
    this.#drain();
  }

  /** The line is of this thread; where it names none, each file is taken as one. */
  #turnTo(named: number, line: number): void {
    const thread = named === NO_THREAD && this.#parts !== undefined ? FIRST_FILE - this.#parts.fileOf(line) : named;
    if (thread === this.#thread) return;
    const strand = this.#strands.of(thread);
    this.#thread = strand === undefined ? NO_THREAD : thread;
    this.#strand = strand ?? this.#strands.common;
    this.#attributor.turnTo(this.#thread);
  }

  #nameOf(thread: number): string {
    return thread >= 0 ? `thread ${thread}` : (this.#parts?.names[FIRST_FILE - thread] ?? '');
  }

  #damaged(): void {
    this.#strands.closeQuads();
    this.#attributor.lost();
    this.#drain();
  }

  /** There is no room left to wait: the oldest line's question stays open for good. */
  #force(): void {
    const { oldest } = this.#window;
    if (oldest?.isPartial === true) this.#strands.close();
    if (oldest?.action !== undefined) this.#attributor.giveUp(oldest.action);
  }

  #drain(): void {
    for (let line = this.#window.oldest; line !== undefined && isSettled(line); line = this.#window.oldest) {
      if (!line.isDead) this.#observe(line);
      this.#window.release();
    }
  }

  #observe(line: TraceLine): void {
    const { row } = line;
    const meaning = row === undefined ? undefined : MEANINGS[row.index];
    this.#scene.take(line, vcpuOf(line), meaning ?? UNKNOWN);
  }

  #skip(line: number, reason: string, text: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#sink.skip({ line, reason, text: text.slice(0, LONGEST_SKIPPED) });
  }

  #countMerged(name: string, lines: number): void {
    this.#merged.set(name, (this.#merged.get(name) ?? 0) + lines);
  }
}
