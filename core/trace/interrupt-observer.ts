/**
 * Watches the journal's changes while a trace is written, for everything about interrupts that is indexed: fields that
 * rose, fell or changed; state codes (rows of `transition`, lanes); lines, pending and active for the lives; and the
 * lanes of run states and priority masks.
 *
 * Cost of a change: one look-up by slot; for a slot with interrupt fields a loop over the bits that differ.
 */
import { type Journal, KNOWN_AFTER, KNOWN_BEFORE } from '../state/journal.ts';
import { slotId } from '../state/brand.ts';
import { type LaneRecorder } from './lane-recorder.ts';
import { UNKNOWN_CODE, laneOfSlot } from './lane-kinds.ts';
import { type LifeTracker } from './lives.ts';
import { InterruptIndex, fieldHi, fieldLo } from './interrupt-index.ts';
import { INTERRUPT_FIELDS } from './interrupts.ts';
import { POSTING, type PostingBuilder } from './postings.ts';
import { type TransitionRows } from './transition-rows.ts';

/** What a field contributes to. */
const TO_CODE = 1;
const TO_LIFE = 2;

type EdgeKind = typeof POSTING.fieldChanged | typeof POSTING.fieldRose | typeof POSTING.fieldFell;

const NOT_ASKED = -2;
const NO_LANE = -1;
const NO_GROUP = -1;

class Marks {
  #at = new Float64Array(256).fill(-1);

  /** True the first time that this key comes with this position. */
  first(key: number, position: number): boolean {
    if (key >= this.#at.length) {
      const bigger = new Float64Array(Math.max(key + 1, this.#at.length * 2)).fill(-1);
      bigger.set(this.#at);
      this.#at = bigger;
    }
    if (this.#at[key] === position) return false;
    this.#at[key] = position;
    return true;
  }
}

export class InterruptObserver {
  readonly #index: InterruptIndex;
  readonly #postings: PostingBuilder;
  readonly #lanes: LaneRecorder;
  readonly #lives: LifeTracker;
  readonly #transitions: TransitionRows;
  readonly #use: number[] = [];
  readonly #codes: number[] = [];
  readonly #laneOfInterrupt: number[] = [];
  readonly #laneOfSlot: number[] = [];
  readonly #laneField: (readonly [number, number])[] = [];
  readonly #changed = new Marks();
  readonly #rose = new Marks();
  readonly #fell = new Marks();
  readonly #touched = new Marks();
  /** Per field: its group, the same field of the same INTID on all vCPUs; shared interrupts are in none. */
  readonly #groups: number[] = [];
  readonly #groupIds = new Map<number, number>();
  /** Groups in which a field had an edge: group × 4 + edge. */
  readonly #grouped = new Marks();
  readonly #pending: number[] = [];

  constructor(
    index: InterruptIndex,
    postings: PostingBuilder,
    lanes: LaneRecorder,
    lives: LifeTracker,
    transitions: TransitionRows,
  ) {
    this.#index = index;
    this.#postings = postings;
    this.#lanes = lanes;
    this.#lives = lives;
    this.#transitions = transitions;
  }

  /** A field was declared; its value so far belongs to the interrupt's state from the start. */
  declared(interrupt: number, journal: Journal): void {
    if (this.#laneOfInterrupt[interrupt] === undefined)
      this.#codes[interrupt] = this.#index.stateCode(interrupt, journal.state);
    // It has a history without this field: what the field adds shows from the next change on.
    else this.#pending.push(interrupt);
  }

  /** Looks at the journal's changes, those of the event at `position`. */
  observe(journal: Journal, position: number, time: number): void {
    const { count, slot, known, beforeLo, beforeHi, afterLo, afterHi } = journal;
    for (let i = 0; i < count; i++) {
      const id = slot[i] ?? 0;
      const bits = this.#index.bitsOf(id);
      if (bits !== undefined)
        this.#fields(
          bits,
          known[i] ?? 0,
          beforeLo[i] ?? 0,
          beforeHi[i] ?? 0,
          afterLo[i] ?? 0,
          afterHi[i] ?? 0,
          position,
          time,
        );
      const lane = this.#laneOfSlot[id];
      if (lane !== NO_LANE) this.#slotLane(journal, i, id, lane, position, time);
    }
    if (this.#pending.length === 0) return;
    for (const interrupt of this.#pending) this.#stateOf(interrupt, journal, position, time);
    this.#pending.length = 0;
  }

  /** Whether the interrupt's pending state is known and set. */
  isPending(intid: number, vcpu: number, journal: Journal): boolean {
    const interrupt = this.#index.findNumber(intid, vcpu);
    return interrupt !== undefined && this.#index.isSet(interrupt, 'pending', journal.state);
  }

  #fields(
    bits: Int32Array,
    known: number,
    beforeLo: number,
    beforeHi: number,
    afterLo: number,
    afterHi: number,
    position: number,
    time: number,
  ): void {
    const bothKnown = known === (KNOWN_BEFORE | KNOWN_AFTER);
    // A change between known and unknown touches every bit.
    let lo = bothKnown ? beforeLo ^ afterLo : -1;
    let hi = bothKnown ? beforeHi ^ afterHi : -1;
    while (lo !== 0) {
      const bit = 31 - Math.clz32(lo & -lo);
      lo &= lo - 1;
      const field = bits[bit] ?? -1;
      if (field >= 0) this.#field(field, known, beforeLo, beforeHi, afterLo, afterHi, position, time);
    }
    while (hi !== 0) {
      const bit = 31 - Math.clz32(hi & -hi);
      hi &= hi - 1;
      const field = bits[32 + bit] ?? -1;
      if (field >= 0) this.#field(field, known, beforeLo, beforeHi, afterLo, afterHi, position, time);
    }
  }

  /** Several bits of one field differ: the marks make it count once, and the lives ignore repetition. */
  #field(
    field: number,
    known: number,
    beforeLo: number,
    beforeHi: number,
    afterLo: number,
    afterHi: number,
    position: number,
    time: number,
  ): void {
    const entry = this.#index.fields[field];
    if (entry === undefined) return;
    if (this.#changed.first(field, position)) this.#edge(POSTING.fieldChanged, field, position);
    const { lsb, width } = entry.range;
    const oldLo = fieldLo(beforeLo, beforeHi, lsb, width);
    const newLo = fieldLo(afterLo, afterHi, lsb, width);
    const oldHi = fieldHi(beforeHi, lsb, width);
    const newHi = fieldHi(afterHi, lsb, width);
    const rose = Boolean(known & KNOWN_AFTER) && (newHi > oldHi || (newHi === oldHi && newLo > oldLo));
    const fell = known === (KNOWN_BEFORE | KNOWN_AFTER) && (newHi < oldHi || (newHi === oldHi && newLo < oldLo));
    if (rose && this.#rose.first(field, position)) this.#edge(POSTING.fieldRose, field, position);
    if (fell && this.#fell.first(field, position)) this.#edge(POSTING.fieldFell, field, position);
    const use = this.#useOf(field);
    if (use & TO_CODE && this.#touched.first(entry.interrupt, position)) this.#pending.push(entry.interrupt);
    if (use & TO_LIFE && (rose || fell)) {
      const identity = this.#index.identity(entry.interrupt);
      if (identity !== undefined)
        this.#lives.field(identity.intid, identity.vcpu ?? -1, entry.field, rose, position, time);
    }
  }

  /** Counts an edge of a field, once an event; a group that was here already had it on another vCPU. */
  #edge(kind: EdgeKind, field: number, position: number): void {
    this.#postings.add(kind, field);
    const edge = kind - POSTING.fieldChanged;
    const group = this.#groups[field] ?? this.#groupOf(field);
    if (group !== NO_GROUP && !this.#grouped.first(group * 4 + edge, position))
      this.#postings.add(POSTING.overlap, field * 4 + edge);
  }

  #groupOf(field: number): number {
    const entry = this.#index.fields[field];
    const identity = this.#index.identity(entry?.interrupt ?? -1);
    let group = NO_GROUP;
    if (entry !== undefined && identity?.vcpu !== undefined) {
      const key = identity.intid * INTERRUPT_FIELDS.length + InterruptIndex.fieldNumber(entry.field);
      group = this.#groupIds.get(key) ?? this.#groupIds.size;
      this.#groupIds.set(key, group);
    }
    this.#groups[field] = group;
    return group;
  }

  #useOf(field: number): number {
    const known = this.#use[field];
    if (known !== undefined) return known;
    const name = this.#index.fields[field]?.field ?? 'priority';
    const life = name === 'line' || name === 'pending' || name === 'active';
    const use = (InterruptIndex.inStateCode(name) ? TO_CODE : 0) | (life ? TO_LIFE : 0);
    this.#use[field] = use;
    return use;
  }

  #stateOf(interrupt: number, journal: Journal, position: number, time: number): void {
    const before = this.#codes[interrupt] ?? 0;
    const after = this.#index.stateCode(interrupt, journal.state);
    if (before === after) return;
    this.#codes[interrupt] = after;
    this.#transitions.add(position, interrupt, before, after);
    this.#postings.add(POSTING.state, interrupt);
    let lane = this.#laneOfInterrupt[interrupt];
    if (lane === undefined) {
      lane = this.#lanes.open('interrupt', interrupt, 0, 0, before);
      this.#laneOfInterrupt[interrupt] = lane;
    }
    this.#lanes.add(lane, position, time, after);
  }

  #slotLane(
    journal: Journal,
    change: number,
    slot: number,
    known: number | undefined,
    position: number,
    time: number,
  ): void {
    let lane = known ?? NOT_ASKED;
    if (lane === NOT_ASKED) {
      const wanted = laneOfSlot(journal.layout.descriptor(slotId(slot)));
      if (wanted === undefined) {
        this.#laneOfSlot[slot] = NO_LANE;
        return;
      }
      const { kind, lsb, width } = wanted;
      const flags = journal.known[change] ?? 0;
      const code =
        flags & KNOWN_BEFORE
          ? fieldLo(journal.beforeLo[change] ?? 0, journal.beforeHi[change] ?? 0, lsb, width)
          : UNKNOWN_CODE;
      lane = this.#lanes.open(kind, slot, lsb, width, code);
      this.#laneOfSlot[slot] = lane;
      this.#laneField[lane] = [lsb, width];
    }
    const [lsb, width] = this.#laneField[lane] ?? [0, 32];
    const flags = journal.known[change] ?? 0;
    const code =
      flags & KNOWN_AFTER
        ? fieldLo(journal.afterLo[change] ?? 0, journal.afterHi[change] ?? 0, lsb, width)
        : UNKNOWN_CODE;
    this.#lanes.add(lane, position, time, code);
  }
}
