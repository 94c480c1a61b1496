/**
 * Indexes events by what they name: type, register or other name with the access, interrupt, vCPU; and counts per
 * interrupt how often it was acknowledged, dropped, deactivated, injected and made pending.
 * Works on columns, a stretch of a block at a time: a few nanoseconds an event.
 */
import { HAS_ARG, type EventColumns, codecOf } from './columns.ts';
import { NO_NAME, type TypeTable } from './dictionary.ts';
import { INTERRUPT_LIMIT } from './interrupt-index.ts';
import { KINDS } from './kinds.ts';
import { NO_ACCESS, POSTING, type PostingBuilder } from './postings.ts';
import { type RowColumns } from './rows.ts';
import { type WriteQueue, type WriteStatement } from './write-queue.ts';

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

export class EventIndex {
  readonly #types: TypeTable;
  readonly #postings: PostingBuilder;
  readonly #info: TypeInfo[] = [];
  readonly #intids: number[] = [];
  readonly #dense = new Map<number, number>();
  /** Per interrupt: events, then COUNTED. */
  #counts = new Float64Array(64 * WIDTH);
  #typeCounts = new Float64Array(64);
  readonly #typesSaved: number[] = [];
  readonly #dirty = new Set<number>();
  readonly #rows: RowColumns;
  readonly #saveType: WriteStatement;

  constructor(queue: WriteQueue, types: TypeTable, postings: PostingBuilder) {
    this.#types = types;
    this.#postings = postings;
    this.#rows = queue.table('interrupt_count', ['intid', 'events', ...COUNTED], 'REPLACE');
    this.#saveType = queue.prepare('UPDATE event_type SET events = ? WHERE id = ?');
  }

  /** The INTID behind a dense key of the postings. */
  readonly intidOf = (dense: number): number => this.#intids[dense] ?? 0;

  /** Indexes events `from` … `to` − 1 of a block. */
  add(columns: EventColumns, from: number, to: number): void {
    const { type, vcpu, small, name, flags, argLo } = columns;
    const postings = this.#postings;
    for (let i = from; i < to; i++) {
      const id = type[i] ?? 0;
      const info = this.#info[id] ?? this.#infoOf(id);
      postings.add(POSTING.type, id);
      if (id >= this.#typeCounts.length) this.#typeCounts = doubled(this.#typeCounts, id + 1);
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
    if (dense !== undefined) this.#count(dense, DEACTIVATED);
  }

  /** Writes counts that changed; `types` rows must exist. */
  save(): void {
    for (const dense of this.#dirty) {
      const intid = this.#intids[dense] ?? 0;
      const at = dense * WIDTH;
      this.#rows.add([intid, ...this.#counts.subarray(at, at + WIDTH)]);
    }
    this.#rows.flush();
    this.#dirty.clear();
    for (let id = 0; id < this.#types.size; id++) {
      const count = this.#typeCounts[id] ?? 0;
      if (this.#typesSaved[id] === count) continue;
      this.#saveType.run(count, id);
      this.#typesSaved[id] = count;
    }
  }

  #interrupt(intid: number, counted: number): void {
    const dense = this.#denseOf(intid);
    if (dense === undefined) return;
    this.#postings.add(POSTING.interrupt, dense);
    const at = dense * WIDTH;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    if (counted !== NOT_COUNTED) this.#count(dense, counted);
    this.#dirty.add(dense);
  }

  /** Undefined: there are too many interrupts to count this one. */
  #denseOf(intid: number): number | undefined {
    const known = this.#dense.get(intid);
    if (known !== undefined || this.#intids.length >= INTERRUPT_LIMIT) return known;
    const dense = this.#intids.length;
    this.#intids.push(intid);
    this.#dense.set(intid, dense);
    if ((dense + 1) * WIDTH > this.#counts.length) this.#counts = doubled(this.#counts, (dense + 1) * WIDTH);
    return dense;
  }

  #count(dense: number, counted: number): void {
    const at = dense * WIDTH + 1 + counted;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  #infoOf(id: number): TypeInfo {
    const codec = codecOf(this.#types.type(id).kind);
    const counted = COUNTS_OF_KIND.get(codec.id) ?? NOT_COUNTED;
    const info = { access: codec.hasAccess, interrupt: codec.namesInterrupt, counted };
    this.#info[id] = info;
    return info;
  }
}

function doubled(from: Float64Array<ArrayBuffer>, need: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(Math.max(need, from.length * 2));
  to.set(from);
  return to;
}
