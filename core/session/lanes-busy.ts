/**
 * Which interrupts a trace ever shows pending or active, or with their line high where it shows nothing else of them, or
 * in the course of a life (raised, acknowledged …). A lane without any of that is quiet: the timeline folds it away with
 * its neighbours.
 *
 * Kept: the numbers of busy interrupts. They come from the distinct transitions (a handful for each interrupt, however
 * long the trace) and the interrupts of lives; of a trace that grows, only what came since the last call is read.
 */
import { STATE_ACTIVE, STATE_LINE, STATE_PENDING } from '../trace/interrupts.ts';
import { type TraceReader } from '../trace/reader.ts';

/** More rows than interrupts can be declared. */
const MOST_ROWS = 1 << 20;
/** Distinct transitions that a trace can number (trace-format.md): beyond them, an absent one says nothing. */
const MOST_TRANSITIONS = 1 << 20;

const LIFE_INDEX = "SELECT 1 FROM sqlite_schema WHERE name = 'life_by_interrupt'";
/** One look into the index for each interrupt, however many lives there are. */
const WITH_LIVES = `SELECT id FROM interrupt i WHERE EXISTS (
  SELECT 1 FROM life l WHERE l.intid = i.intid AND (i.vcpu IS NULL OR l.vcpu = i.vcpu))`;

export class BusyInterrupts {
  readonly #reader: TraceReader;
  readonly #busy = new Set<number>();
  #transitions = 0;
  #lives = 0;
  #settled = false;

  constructor(reader: TraceReader) {
    this.#reader = reader;
  }

  /** How many there are: it only grows, so whoever keeps lanes can tell whether to look again. */
  get size(): number {
    return this.#busy.size;
  }

  /** By its number in the trace's list of interrupts. */
  has(interrupt: number): boolean {
    return this.#busy.has(interrupt) || this.#transitions >= MOST_TRANSITIONS;
  }

  /** Takes in what the trace has more than at the last call. */
  refresh(): void {
    if (this.#settled) return;
    this.#settled = this.#reader.complete;
    const states = STATE_PENDING | STATE_ACTIVE | STATE_LINE;
    const first = this.#transitions;
    this.#transitions = this.#next('transition_kind');
    this.#add(
      `SELECT DISTINCT interrupt AS id FROM transition_kind WHERE id >= ${first} AND (before | after) & ${states}`,
    );
    if (this.#busy.size === this.#reader.interrupts.length) return;
    if (this.#settled && this.#rows(LIFE_INDEX).length > 0) this.#add(WITH_LIVES);
    else this.#newLives();
  }

  /** Adds the numbers that a query of a column `id` finds: as one text, for there may be as many as interrupts. */
  #add(query: string): void {
    const [found] = this.#rows(`SELECT group_concat(id) FROM (${query})`);
    const list = found?.[0];
    if (typeof list === 'string') for (const number of list.split(',')) this.#busy.add(Number(number));
  }

  /** Of a trace that is being written, which has no index of lives. */
  #newLives(): void {
    // A life may get its vCPU only when somebody acknowledges it: at the end all of them are read once more.
    const first = this.#settled ? 0 : this.#lives;
    this.#lives = this.#next('life');
    for (const [intid, vcpu] of this.#rows(`SELECT DISTINCT intid, vcpu FROM life WHERE id >= ${first}`)) {
      const of = vcpu === null ? -1 : Number(vcpu);
      const interrupt = this.#reader.interruptIndex.findNumber(Number(intid), of);
      if (interrupt !== undefined) this.#busy.add(interrupt);
    }
  }

  /** One more than the highest row number of a table. */
  #next(table: 'transition_kind' | 'life'): number {
    return Number(this.#rows(`SELECT coalesce(max(id), -1) + 1 FROM ${table}`)[0]?.[0] ?? 0);
  }

  #rows(query: string): readonly unknown[][] {
    return this.#reader.sql(query, MOST_ROWS).rows;
  }
}
