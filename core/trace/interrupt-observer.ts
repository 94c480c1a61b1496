/**
 * Watches the journal's changes while a trace is written, for everything about interrupts that is indexed: fields that
 * rose, fell or changed; state codes (rows of `transition`, lanes); lines, pending and active for the lives; and the
 * lanes of run states and priority masks.
 *
 * An interrupt's code is kept and follows the changes of its fields; it is compared with what it was when the event is
 * over. Cost of a change: one look-up by slot; for a slot with interrupt fields one per field that differs.
 */
import { type Journal, KNOWN_AFTER, KNOWN_BEFORE } from '../state/journal.ts';
import { slotId } from '../state/brand.ts';
import { EventMarks } from './event-marks.ts';
import { type LaneRecorder } from './lane-recorder.ts';
import { UNKNOWN_CODE, laneOfSlot } from './lane-kinds.ts';
import { type LifeTracker } from './lives.ts';
import { type InterruptIndex, fieldHi, fieldLo } from './interrupt-index.ts';
import { CODE_MASKS, NONE, ObservedFields, codeOf } from './observed-fields.ts';
import { POSTING, type PostingBuilder } from './postings.ts';
import { type TransitionRows } from './transition-rows.ts';

/** Edges of a field, and their bits in marks. */
const EDGES = [POSTING.fieldChanged, POSTING.fieldRose, POSTING.fieldFell] as const;
const CHANGED = 0;
const ROSE = 1;
const FELL = 2;

/** What a slot is good for; 0: not asked yet. */
const FIELDS = 1;
const LANE = 2;
const NOTHING = 4;

const BOTH_KNOWN = KNOWN_BEFORE | KNOWN_AFTER;

/** Of an interrupt: it has no lane. */
const NO_LANE = -1;

export class InterruptObserver {
  readonly #index: InterruptIndex;
  readonly #fields: ObservedFields;
  readonly #postings: PostingBuilder;
  readonly #lanes: LaneRecorder;
  readonly #lives: LifeTracker;
  readonly #transitions: TransitionRows;
  /** By slot. */
  #roles = new Uint8Array(1024);
  readonly #laneOfSlot: number[] = [];
  readonly #laneField: (readonly [number, number])[] = [];
  /** Per interrupt: its code when the last event was over, its code now, and its lane. */
  #told = new Uint8Array(256);
  #codes = new Uint8Array(256);
  #laneOfInterrupt = new Int32Array(256).fill(NO_LANE);
  /** Edges by field, edges by group of fields, and interrupts whose code may be another. */
  readonly #edges = new EventMarks();
  readonly #grouped = new EventMarks();
  readonly #touched = new EventMarks();
  /** Those interrupts, in order. */
  readonly #pending: number[] = [];
  #pendingCount = 0;

  constructor(
    index: InterruptIndex,
    postings: PostingBuilder,
    lanes: LaneRecorder,
    lives: LifeTracker,
    transitions: TransitionRows,
  ) {
    this.#index = index;
    this.#fields = new ObservedFields(index);
    this.#postings = postings;
    this.#lanes = lanes;
    this.#lives = lives;
    this.#transitions = transitions;
  }

  /** A field was declared, in `slot`; its value so far belongs to the interrupt's state from the start. */
  declared(interrupt: number, slot: number, journal: Journal): void {
    if (slot < this.#roles.length) this.#roles[slot] = 0;
    if (interrupt >= this.#codes.length) this.#growInterrupts(Math.max(interrupt + 1, this.#codes.length * 2));
    const code = this.#index.stateCode(interrupt, journal.state);
    this.#codes[interrupt] = code;
    if (this.#laneOfInterrupt[interrupt] === NO_LANE) this.#told[interrupt] = code;
    // It has a history without this field: what the field adds shows from the next change on.
    else this.#touch(interrupt);
  }

  /** Looks at the journal's changes, those of the event at `position`. */
  observe(journal: Journal, position: number, time: number): void {
    this.#lives.at(position, time);
    this.#lanes.time = time;
    const { count, slot } = journal;
    for (let i = 0; i < count; i++) {
      const id = slot[i] ?? 0;
      const role = this.#roles[id] || this.#roleOf(journal, i, id);
      if (role === NOTHING) continue;
      if (role & FIELDS) this.#changed(journal, i, id);
      if (role & LANE) this.#slotLane(journal, i, id, position);
    }
    this.#edges.clear();
    this.#grouped.clear();
    if (this.#pendingCount > 0) this.#tell(position);
  }

  /** Whether the interrupt's pending state is known and set. */
  isPending(intid: number, vcpu: number, journal: Journal): boolean {
    const interrupt = this.#index.findNumber(intid, vcpu);
    return interrupt !== undefined && this.#index.isSet(interrupt, 'pending', journal.state);
  }

  #roleOf(journal: Journal, change: number, slot: number): number {
    if (slot >= this.#roles.length) {
      const roles = new Uint8Array(Math.max(slot + 1, this.#roles.length * 2));
      roles.set(this.#roles);
      this.#roles = roles;
    }
    const fields = this.#index.bitsOf(slot) === undefined ? 0 : FIELDS;
    const lane = this.#laneOfSlot[slot] === undefined && !this.#openLane(journal, change, slot) ? 0 : LANE;
    const role = fields | lane || NOTHING;
    this.#roles[slot] = role;
    return role;
  }

  /** Change `i`, of a slot with fields: each field of which a bit differs. */
  #changed(journal: Journal, i: number, slot: number): void {
    const bits = this.#index.bitsOf(slot);
    if (bits === undefined) return;
    // A change between known and unknown touches every bit.
    const bothKnown = journal.known[i] === BOTH_KNOWN;
    let lo = bothKnown ? (journal.beforeLo[i] ?? 0) ^ (journal.afterLo[i] ?? 0) : -1;
    let hi = bothKnown ? (journal.beforeHi[i] ?? 0) ^ (journal.afterHi[i] ?? 0) : -1;
    let last = NONE;
    while (lo !== 0) {
      const field = bits[31 - Math.clz32(lo & -lo)] ?? NONE;
      lo &= lo - 1;
      // A field's bits are next to each other.
      if (field !== last && field !== NONE) this.#field(journal, i, field);
      last = field;
    }
    while (hi !== 0) {
      const field = bits[63 - Math.clz32(hi & -hi)] ?? NONE;
      hi &= hi - 1;
      if (field !== last && field !== NONE) this.#field(journal, i, field);
      last = field;
    }
  }

  #field(journal: Journal, i: number, field: number): void {
    const fields = this.#fields;
    const at = fields.at(field);
    const lsb = fields.lsb(at);
    const width = fields.width(at);
    const beforeHi = journal.beforeHi[i] ?? 0;
    const afterHi = journal.afterHi[i] ?? 0;
    const oldLo = fieldLo(journal.beforeLo[i] ?? 0, beforeHi, lsb, width);
    const newLo = fieldLo(journal.afterLo[i] ?? 0, afterHi, lsb, width);
    const oldHi = fieldHi(beforeHi, lsb, width);
    const newHi = fieldHi(afterHi, lsb, width);
    const known = journal.known[i] ?? 0;
    const rose = (known & KNOWN_AFTER) !== 0 && (newHi > oldHi || (newHi === oldHi && newLo > oldLo));
    const fell = known === BOTH_KNOWN && (newHi < oldHi || (newHi === oldHi && newLo < oldLo));
    const group = fields.group(at);
    this.#edge(CHANGED, field, group);
    if (rose) this.#edge(ROSE, field, group);
    if (fell) this.#edge(FELL, field, group);
    const place = fields.code(at);
    if (place !== NONE) {
      const interrupt = fields.interrupt(at);
      const others = (this.#codes[interrupt] ?? 0) & ~(CODE_MASKS[place] ?? 0);
      this.#codes[interrupt] = others | codeOf(place, (known & KNOWN_AFTER) !== 0, (newLo | newHi) !== 0);
      this.#touch(interrupt);
    }
    const life = fields.life(at);
    if (life !== NONE && (rose || fell)) this.#lives.field(fields.intid(at), fields.vcpu(at), life, rose);
  }

  /** Counts an edge of a field, once an event; a group that was here already had it on another vCPU. */
  #edge(edge: number, field: number, group: number): void {
    if (!this.#edges.first(field, 1 << edge)) return;
    this.#postings.add(EDGES[edge] ?? POSTING.fieldChanged, field);
    if (group !== NONE && !this.#grouped.first(group, 1 << edge)) this.#postings.add(POSTING.overlap, field * 4 + edge);
  }

  #touch(interrupt: number): void {
    if (this.#touched.first(interrupt, 1)) this.#pending[this.#pendingCount++] = interrupt;
  }

  /** The event is over: what became of the interrupts that it touched. */
  #tell(position: number): void {
    for (let i = 0; i < this.#pendingCount; i++) {
      const interrupt = this.#pending[i] ?? 0;
      const before = this.#told[interrupt] ?? 0;
      const after = this.#codes[interrupt] ?? 0;
      if (before === after) continue;
      this.#told[interrupt] = after;
      this.#transitions.add(position, interrupt, before, after);
      this.#postings.add(POSTING.state, interrupt);
      let lane = this.#laneOfInterrupt[interrupt] ?? NO_LANE;
      if (lane === NO_LANE) {
        lane = this.#lanes.open('interrupt', interrupt, 0, 0, before);
        this.#laneOfInterrupt[interrupt] = lane;
      }
      this.#lanes.add(lane, position, after);
    }
    this.#pendingCount = 0;
    this.#touched.clear();
  }

  #slotLane(journal: Journal, change: number, slot: number, position: number): void {
    const lane = this.#laneOfSlot[slot] ?? 0;
    const [lsb, width] = this.#laneField[lane] ?? [0, 32];
    const isKnown = ((journal.known[change] ?? 0) & KNOWN_AFTER) !== 0;
    const code = isKnown
      ? fieldLo(journal.afterLo[change] ?? 0, journal.afterHi[change] ?? 0, lsb, width)
      : UNKNOWN_CODE;
    this.#lanes.add(lane, position, code);
  }

  /** Whether the slot feeds a lane, which is open then. */
  #openLane(journal: Journal, change: number, slot: number): boolean {
    const wanted = laneOfSlot(journal.layout.descriptor(slotId(slot)));
    if (wanted === undefined) return false;
    const { kind, lsb, width } = wanted;
    const isKnown = ((journal.known[change] ?? 0) & KNOWN_BEFORE) !== 0;
    const code = isKnown
      ? fieldLo(journal.beforeLo[change] ?? 0, journal.beforeHi[change] ?? 0, lsb, width)
      : UNKNOWN_CODE;
    const lane = this.#lanes.open(kind, slot, lsb, width, code);
    this.#laneOfSlot[slot] = lane;
    this.#laneField[lane] = [lsb, width];
    return true;
  }

  #growInterrupts(capacity: number): void {
    const told = new Uint8Array(capacity);
    told.set(this.#told);
    this.#told = told;
    const codes = new Uint8Array(capacity);
    codes.set(this.#codes);
    this.#codes = codes;
    const lanes = new Int32Array(capacity).fill(NO_LANE);
    lanes.set(this.#laneOfInterrupt);
    this.#laneOfInterrupt = lanes;
  }
}
