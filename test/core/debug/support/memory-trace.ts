/**
 * A trace in memory for tests of the search engine: blocks, touched slots and postings made in the plainest way from
 * what is appended. With `indexed` blocks fewer than there are, the rest must be searched without postings.
 */
import { type Intid } from '../../../../core/gic/intid.ts';
import { type Seq, seq, type VcpuId } from '../../../../core/state/brand.ts';
import { type Change, Journal } from '../../../../core/state/journal.ts';
import { Layout } from '../../../../core/state/layout.ts';
import {
  BLOCK_EVENTS,
  type BlockChanges,
  type BlockEvents,
  type SlotChanges,
  type TouchedSlots,
} from '../../../../core/trace/block.ts';
import {
  codecOf,
  HAS_ARG,
  HAS_DETAIL,
  makeColumns,
  packPayload,
  emptyPayload,
} from '../../../../core/trace/columns.ts';
import { NameTable, TypeTable } from '../../../../core/trace/dictionary.ts';
import { InterruptIndex } from '../../../../core/trace/interrupt-index.ts';
import { type BitRange, type InterruptField } from '../../../../core/trace/interrupts.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { type Leg, type Life } from '../../../../core/trace/life.ts';
import { NO_ACCESS, POSTING, type PostingKind, type Postings } from '../../../../core/trace/postings.ts';
import { type SearchableTrace, type SlotWords, type TraceNames } from '../../../../core/debug/search/searchable.ts';

interface Recorded {
  readonly event: NewEvent;
  readonly changes: readonly Change[];
}

const lo = (value: bigint | undefined): number => Number((value ?? 0n) & 0xffff_ffffn);
const hi = (value: bigint | undefined): number => Number((value ?? 0n) >> 32n);

/** The changes that pass, with the event of each: `events` has that of every change. */
function chosen(all: BlockChanges, events: readonly number[], passes: (change: number) => boolean): SlotChanges {
  const rows = [...all.slot.keys()].filter(passes);
  const words = (from: (change: number) => number): Uint32Array => Uint32Array.from(rows, from);
  return {
    count: rows.length,
    event: words((change) => events[change] ?? 0),
    local: words((change) => all.local[change] ?? 0),
    beforeLo: words((change) => all.beforeLo[change] ?? 0),
    beforeHi: words((change) => all.beforeHi[change] ?? 0),
    afterLo: words((change) => all.afterLo[change] ?? 0),
    afterHi: words((change) => all.afterHi[change] ?? 0),
    known: Uint8Array.from(rows, (change) => all.known[change] ?? 0),
  };
}

export class MemoryTrace implements SearchableTrace {
  readonly journal = new Journal(new Layout());
  readonly recorded: Recorded[] = [];
  lives: Life[] = [];
  readonly #names = new NameTable();
  readonly #types = new TypeTable();
  readonly #index = new InterruptIndex();
  readonly #vcpus: number;
  readonly #indexedShare: number;
  /** How often a block's changes were decoded, to see that postings spare it. */
  decoded = 0;
  readonly #registers = new Set<string>();
  #known: TraceNames | undefined;
  #knownAt = -1;
  /** Interrupt fields declared. */
  #fields = 0;
  #postings: Map<string, Map<number, number>> | undefined;
  readonly #events = new Map<number, BlockEvents>();
  readonly #changes = new Map<number, BlockChanges>();
  readonly #touched = new Map<number, TouchedSlots>();

  constructor(vcpus: number, indexedShare = 1) {
    this.#vcpus = vcpus;
    this.#indexedShare = indexedShare;
  }

  /** Numbers of the event's type and name, given if they are new. */
  intern(event: NewEvent): { readonly type: number; readonly name: number } {
    const packed = emptyPayload();
    packPayload(codecOf(event.kind), event, packed);
    const name = packed.name === undefined ? 0 : this.#names.intern(packed.name);
    return { type: this.#types.intern(event.kind, event.origin, event.source) ?? 0, name };
  }

  append(event: NewEvent): Seq {
    this.intern(event);
    if (event.kind === 'register.access' || event.kind === 'mmio.access') this.#registers.add(event.register);
    this.recorded.push({ event, changes: this.journal.changes() });
    this.journal.clear();
    this.#postings = undefined;
    this.#events.delete(this.blockCount - 1);
    this.#changes.delete(this.blockCount - 1);
    this.#touched.delete(this.blockCount - 1);
    return seq(this.recorded.length - 1);
  }

  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void {
    const id = this.#index.declare(intid, vcpu);
    if (id !== undefined) this.#index.addField(id, field, range);
    this.#fields++;
  }

  get count(): number {
    return this.recorded.length;
  }

  get blockCount(): number {
    return Math.ceil(this.count / BLOCK_EVENTS);
  }

  get duration(): number {
    return this.recorded.at(-1)?.event.time ?? 0;
  }

  get indexedBlocks(): number {
    return Math.floor(this.blockCount * this.#indexedShare);
  }

  names(): TraceNames {
    const size = this.#names.size + this.#types.size + this.#fields;
    if (this.#known === undefined || this.#knownAt !== size) this.#known = this.#collect();
    this.#knownAt = size;
    return this.#known;
  }

  #collect(): TraceNames {
    const { types } = this.#types;
    return {
      vcpus: this.#vcpus,
      slots: this.journal.layout.slots,
      interrupts: this.#index.descriptors,
      registers: [...this.#registers],
      eventNames: [...new Set(types.flatMap(({ source }) => (source === undefined ? [] : [source])))],
      kinds: [...new Set(types.map(({ kind }) => kind))],
      types,
      texts: this.#names.texts,
      fieldId: (range) =>
        this.#index.fields.find(
          (entry) =>
            entry.range.slot === range.slot && entry.range.lsb === range.lsb && entry.range.width === range.width,
        )?.id,
    };
  }

  #slice(block: number): readonly Recorded[] {
    return this.recorded.slice(block * BLOCK_EVENTS, (block + 1) * BLOCK_EVENTS);
  }

  eventsIn(block: number): number {
    return Math.min(BLOCK_EVENTS, this.count - block * BLOCK_EVENTS);
  }

  firstTime(block: number): number {
    return this.recorded[block * BLOCK_EVENTS]?.event.time ?? 0;
  }

  lastTime(block: number): number {
    return this.#slice(block).at(-1)?.event.time ?? 0;
  }

  events(block: number): BlockEvents {
    const cached = this.#events.get(block);
    if (cached !== undefined) return cached;
    const rows = this.#slice(block);
    const columns = makeColumns(rows.length);
    for (const [i, { event }] of rows.entries()) {
      const packed = emptyPayload();
      packPayload(codecOf(event.kind), event, packed);
      columns.time[i] = event.time;
      columns.type[i] = this.#types.intern(event.kind, event.origin, event.source) ?? 0;
      columns.vcpu[i] = event.vcpu ?? -1;
      columns.small[i] = packed.small;
      columns.name[i] = packed.name === undefined ? 0 : this.#names.intern(packed.name);
      columns.flags[i] = packed.flags | (event.detail === undefined ? 0 : HAS_DETAIL);
      columns.valueLo[i] = packed.valueLo;
      columns.valueHi[i] = packed.valueHi;
      columns.argLo[i] = packed.argLo;
      columns.argHi[i] = packed.argHi;
    }
    const out = { ...columns, firstSeq: block * BLOCK_EVENTS };
    this.#events.set(block, out);
    return out;
  }

  touched(block: number): TouchedSlots {
    const known = this.#touched.get(block) ?? this.#touch(block);
    this.#touched.set(block, known);
    return known;
  }

  #touch(block: number): TouchedSlots {
    const first = new Map<number, Change>();
    const last = new Map<number, Change>();
    for (const { changes } of this.#slice(block))
      for (const change of changes) {
        if (!first.has(change.slot)) first.set(change.slot, change);
        last.set(change.slot, change);
      }
    const slots = [...first.keys()];
    const before = slots.map((slot) => first.get(slot)?.before);
    const after = slots.map((slot) => last.get(slot)?.after);
    return {
      count: slots.length,
      slot: Uint32Array.from(slots),
      beforeLo: Uint32Array.from(before, lo),
      beforeHi: Uint32Array.from(before, hi),
      afterLo: Uint32Array.from(after, lo),
      afterHi: Uint32Array.from(after, hi),
      known: Uint8Array.from(slots, (_, i) => (before[i] === undefined ? 0 : 1) | (after[i] === undefined ? 0 : 2)),
    };
  }

  changes(block: number): BlockChanges {
    this.decoded++;
    const cached = this.#changes.get(block);
    if (cached !== undefined) return cached;
    const rows = this.#slice(block);
    const all = rows.flatMap(({ changes }) => changes);
    const touched = this.touched(block);
    const local = new Map([...touched.slot].map((slot, i) => [slot, i]));
    const start = new Uint32Array(rows.length + 1);
    for (const [i, { changes }] of rows.entries()) start[i + 1] = (start[i] ?? 0) + changes.length;
    // Told apart once: looking each change up among the starts is two thirds of a search test's time.
    const events = rows.flatMap(({ changes }, i) => changes.map(() => i));
    const out: BlockChanges = {
      ofTouched: (wanted) => chosen(out, events, (i) => wanted[out.local[i] ?? 0] === 1),
      count: all.length,
      start,
      slot: Uint32Array.from(all, ({ slot }) => slot),
      beforeLo: Uint32Array.from(all, ({ before }) => lo(before)),
      beforeHi: Uint32Array.from(all, ({ before }) => hi(before)),
      afterLo: Uint32Array.from(all, ({ after }) => lo(after)),
      afterHi: Uint32Array.from(all, ({ after }) => hi(after)),
      known: Uint8Array.from(
        all,
        ({ before, after }) => (before === undefined ? 0 : 1) | (after === undefined ? 0 : 2),
      ),
      local: Uint32Array.from(all, ({ slot }) => local.get(slot) ?? 0),
      touched,
    };
    this.#changes.set(block, out);
    return out;
  }

  initial(slot: number): SlotWords {
    const value = this.journal.layout.slots[slot]?.initial;
    return { lo: lo(value), hi: hi(value), known: value !== undefined };
  }

  postings(kind: PostingKind, key: number): Postings {
    this.#postings ??= this.#post();
    const found = [...(this.#postings.get(`${kind} ${key}`) ?? [])].sort((a, b) => a[0] - b[0]);
    return {
      blocks: found.map(([block]) => block),
      events: found.map(([, events]) => events),
      total: found.reduce((sum, [, events]) => sum + events, 0),
    };
  }

  #post(): Map<string, Map<number, number>> {
    const out = new Map<string, Map<number, number>>();
    for (const [i, { event, changes }] of this.recorded.entries()) {
      const block = Math.floor(i / BLOCK_EVENTS);
      if (block >= this.indexedBlocks) break;
      const codec = codecOf(event.kind);
      const packed = emptyPayload();
      packPayload(codec, event, packed);
      const keys = new Set<string>();
      keys.add(`${POSTING.type} ${this.#types.intern(event.kind, event.origin, event.source) ?? 0}`);
      keys.add(`${POSTING.vcpu} ${(event.vcpu ?? -1) + 1}`);
      if (packed.name !== undefined)
        keys.add(
          `${POSTING.name} ${this.#names.intern(packed.name) * 4 + (codec.hasAccess ? packed.small & 3 : NO_ACCESS)}`,
        );
      if (codec.namesInterrupt && packed.flags & HAS_ARG) keys.add(`${POSTING.interrupt} ${packed.argLo}`);
      for (const { slot } of changes) keys.add(`${POSTING.slot} ${slot}`);
      for (const { kind, field, second } of this.#edges(changes)) {
        keys.add(`${kind} ${field}`);
        if (second) keys.add(`${POSTING.overlap} ${field * 4 + kind - POSTING.fieldChanged}`);
      }
      for (const key of keys) {
        const blocks = out.get(key) ?? new Map<number, number>();
        blocks.set(block, (blocks.get(block) ?? 0) + 1);
        out.set(key, blocks);
      }
    }
    return out;
  }

  /** Edges of interrupt fields, in order; `second`: after the same of that INTID on another vCPU. */
  #edges(changes: readonly Change[]): { kind: PostingKind; field: number; second: boolean }[] {
    const firsts = new Map<string, number>();
    const out: { kind: PostingKind; field: number; second: boolean }[] = [];
    for (const { slot, before, after } of changes)
      for (const { id, range, field, interrupt } of this.#index.fields) {
        if (range.slot !== slot) continue;
        const bits = (value: bigint | undefined): bigint | undefined =>
          value === undefined ? undefined : (value >> BigInt(range.lsb)) & ((1n << BigInt(range.width)) - 1n);
        const [b, a] = [bits(before), bits(after)];
        const add = (kind: PostingKind): void => {
          const group = `${kind} ${field} ${this.#index.identity(interrupt)?.intid}`;
          const first = firsts.get(group) ?? id;
          firsts.set(group, first);
          out.push({ kind, field: id, second: first !== id });
        };
        if (a !== b) add(POSTING.fieldChanged);
        if (a !== undefined && a > (b ?? 0n)) add(POSTING.fieldRose);
        if (a !== undefined && b !== undefined && a < b) add(POSTING.fieldFell);
      }
    return out;
  }

  overlapBlocks(kind: PostingKind, field: number): readonly number[] {
    return this.postings(POSTING.overlap, field * 4 + kind - POSTING.fieldChanged).blocks;
  }

  details(block: number): ReadonlyMap<number, string> {
    const out = new Map<number, string>();
    for (const [i, { event }] of this.#slice(block).entries())
      if (event.detail !== undefined) out.set(i, JSON.stringify(event.detail));
    return out;
  }

  livesEnding(to: Leg, from: Leg | undefined, intervals: readonly (readonly [number, number])[]): Float64Array {
    const seqs = new Set<number>();
    for (const { moments } of this.lives) {
      const begin = from === undefined ? (moments.raised ?? moments.pending) : moments[from];
      const end = moments[to];
      if (begin === undefined || end === undefined) continue;
      const took = end.time - begin.time;
      if (intervals.some(([a, b]) => took >= a && took <= b)) seqs.add(end.seq);
    }
    return Float64Array.from(seqs).sort();
  }
}
