/**
 * Indexes events by what they name: type, register or other name with the access, interrupt, vCPU; and counts per
 * interrupt how often it was acknowledged, dropped, deactivated, injected and made pending.
 * Works on columns, a stretch of a block at a time: a few nanoseconds an event.
 */
import { CODEC_BY_ID, HAS_ARG, type EventColumns } from './columns.ts';
import { DenseNumbers, UNKNOWN } from './dense-numbers.ts';
import { NO_NAME } from './dictionary.ts';
import { INTERRUPT_LIMIT } from './interrupt-index.ts';
import { KINDS } from './kinds.ts';
import { NO_ACCESS, POSTING, type PostingBuilder } from './postings.ts';
import { type RowColumns } from './rows.ts';
import { type WriteStatement, type Writes } from './writes.ts';

/** What an event of a kind adds to its interrupt's counts, as index into COUNTED. */
export const COUNTED = ['acknowledged', 'dropped', 'deactivated', 'injected', 'pended'] as const;
const COUNTS_OF_KIND: ReadonlyMap<number, number> = new Map([
  [KINDS['irq.acknowledge'].id, 0],
  [KINDS['irq.drop'].id, 1],
  [KINDS['irq.deactivate'].id, 2],
  [KINDS['irq.inject'].id, 3],
  [KINDS['irq.pend'].id, 4],
]);
const DEACTIVATED = COUNTED.indexOf('deactivated');
const WIDTH = COUNTED.length + 1;
const NOT_COUNTED = -1;

interface TypeInfo {
  readonly access: boolean;
  readonly interrupt: boolean;
  readonly counted: number;
}

const NO_TYPE: TypeInfo = { access: false, interrupt: false, counted: NOT_COUNTED };

export class EventIndex {
  readonly #postings: PostingBuilder;
  readonly #info: TypeInfo[] = [];
  readonly #intids = new DenseNumbers();
  /** Per interrupt: events, then COUNTED. */
  #counts = new Float64Array(64 * WIDTH);
  #typeCounts = new Float64Array(64);
  readonly #typesSaved: number[] = [];
  /** Interrupts whose counts changed since they were written, and which those are. */
  readonly #dirty: number[] = [];
  #isDirty = new Uint8Array(64);
  readonly #rows: RowColumns;
  readonly #saveType: WriteStatement;

  constructor(writes: Writes, postings: PostingBuilder) {
    this.#postings = postings;
    this.#rows = writes.table('interrupt_count', ['intid', 'events', ...COUNTED], 'REPLACE');
    this.#saveType = writes.prepare('UPDATE event_type SET events = ? WHERE id = ?');
  }

  /** The INTID behind a dense key of the postings. */
  readonly intidOf = (dense: number): number => this.#intids.valueOf(dense);

  /** The next event type is of the kind with this number. */
  addType(kind: number): void {
    const codec = CODEC_BY_ID[kind];
    const counted = COUNTS_OF_KIND.get(kind) ?? NOT_COUNTED;
    this.#info.push({ access: codec?.hasAccess === true, interrupt: codec?.namesInterrupt === true, counted });
    if (this.#info.length > this.#typeCounts.length) this.#typeCounts = doubled(this.#typeCounts, this.#info.length);
  }

  /** Indexes events `from` … `to` − 1 of a block. */
  add(columns: EventColumns, from: number, to: number): void {
    const { type, vcpu, small, name, flags, argLo } = columns;
    const postings = this.#postings;
    for (let i = from; i < to; i++) {
      const id = type[i] ?? 0;
      const info = this.#info[id] ?? NO_TYPE;
      postings.add(POSTING.type, id);
      this.#typeCounts[id] = (this.#typeCounts[id] ?? 0) + 1;
      postings.add(POSTING.vcpu, (vcpu[i] ?? -1) + 1);
      const text = name[i] ?? NO_NAME;
      if (text !== NO_NAME) postings.add(POSTING.name, text * 4 + (info.access ? (small[i] ?? 0) & 3 : NO_ACCESS));
      if (info.interrupt && (flags[i] ?? 0) & HAS_ARG) this.#interrupt(argLo[i] ?? 0, info.counted);
    }
  }

  /** The interrupt was deactivated by an event that does not say so: a priority drop with EOImode 0. */
  deactivates(intid: number): void {
    const dense = this.#denseOf(intid);
    if (dense !== UNKNOWN) this.#count(dense, DEACTIVATED);
  }

  /** Writes counts that changed; `types` rows must exist. */
  save(): void {
    for (const dense of this.#dirty) {
      this.#rows.addFrom(this.#intids.valueOf(dense), this.#counts, dense * WIDTH);
      this.#isDirty[dense] = 0;
    }
    this.#rows.flush();
    this.#dirty.length = 0;
    for (let id = 0; id < this.#info.length; id++) {
      const count = this.#typeCounts[id] ?? 0;
      if (this.#typesSaved[id] === count) continue;
      this.#saveType.run(count, id);
      this.#typesSaved[id] = count;
    }
  }

  #interrupt(intid: number, counted: number): void {
    const dense = this.#denseOf(intid);
    if (dense === UNKNOWN) return;
    this.#postings.add(POSTING.interrupt, dense);
    const at = dense * WIDTH;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    if (counted !== NOT_COUNTED) this.#count(dense, counted);
    if (this.#isDirty[dense] === 1) return;
    this.#isDirty[dense] = 1;
    this.#dirty.push(dense);
  }

  /** UNKNOWN: there are too many interrupts to count this one. */
  #denseOf(intid: number): number {
    const intids = this.#intids;
    if (intids.count >= INTERRUPT_LIMIT) return intids.find(intid);
    const dense = intids.of(intid);
    if (dense >= this.#isDirty.length) {
      this.#counts = doubled(this.#counts, (dense + 1) * WIDTH);
      const isDirty = new Uint8Array(this.#counts.length / WIDTH);
      isDirty.set(this.#isDirty);
      this.#isDirty = isDirty;
    }
    return dense;
  }

  #count(dense: number, counted: number): void {
    const at = dense * WIDTH + 1 + counted;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }
}

function doubled(from: Float64Array<ArrayBuffer>, need: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(Math.max(need, from.length * 2));
  to.set(from);
  return to;
}
