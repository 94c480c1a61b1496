/**
 * Watches the journal's changes while a trace is written, for everything about interrupts that is indexed: fields that
 * rose, fell or changed; state codes (rows of `transition`, lanes); lines, pending and active for the lives; and the
 * lanes of run states and priority masks.
 *
 * An interrupt's code is kept and follows the changes of its fields; it is compared with what it was when the event is
 * over. Cost of a change: one look-up by slot; for a slot with interrupt fields one per field that differs.
 */
import { type ChangeLog, KNOWN_AFTER, KNOWN_BEFORE } from '../state/journal.ts';
import { type StateVector } from '../state/state-vector.ts';
import { EventMarks } from './event-marks.ts';
import { type LaneRecorder } from './lane-recorder.ts';
import { LANE_WORDS } from './claimed-slots.ts';
import { type LaneKind, LANE_KINDS, UNKNOWN_CODE } from './lane-kinds.ts';
import { type LifeTracker } from './lives.ts';
import { fieldHi, fieldLo, isPrivate } from './interrupt-index.ts';
import { CODE_MASKS, LINE, NONE, ObservedFields, SEVERAL, codeOf } from './observed-fields.ts';
import { POSTING, type PostingBuilder } from './postings.ts';
import { FIELD } from './stretch.ts';
import { type TransitionRows } from './transition-rows.ts';

/** Edges of a field, and their bits in marks. */
const EDGES = [POSTING.fieldChanged, POSTING.fieldRose, POSTING.fieldFell] as const;
const CHANGED = 0;
const ROSE = 1;
const FELL = 2;

/** What a slot is good for. */
const FIELDS = 1;
const LANE = 2;

const BOTH_KNOWN = KNOWN_BEFORE | KNOWN_AFTER;

/** Of an interrupt: it has no lane. */
const NO_LANE = -1;

/** A slot's lane; `lane` NO_LANE: it has not changed so far. */
interface SlotLane {
  readonly kind: LaneKind;
  readonly lsb: number;
  readonly width: number;
  lane: number;
}

export class InterruptObserver {
  readonly #fields = new ObservedFields();
  readonly #postings: PostingBuilder;
  readonly #lanes: LaneRecorder;
  readonly #lives: LifeTracker;
  readonly #transitions: TransitionRows;
  /** By slot. */
  #roles = new Uint8Array(1024);
  readonly #laneOfSlot = new Map<number, SlotLane>();
  /** Per interrupt: its code when the last event was over, its code now, and its lane. */
  #told = new Uint16Array(256);
  #codes = new Uint16Array(256);
  #laneOfInterrupt = new Int32Array(256).fill(NO_LANE);
  /** Edges by field, edges by group of fields, and interrupts whose code may be another. */
  readonly #edges = new EventMarks();
  readonly #grouped = new EventMarks();
  readonly #touched = new EventMarks();
  /** Those interrupts, in order. */
  readonly #pending: number[] = [];
  #pendingCount = 0;

  constructor(postings: PostingBuilder, lanes: LaneRecorder, lives: LifeTracker, transitions: TransitionRows) {
    this.#postings = postings;
    this.#lanes = lanes;
    this.#lives = lives;
    this.#transitions = transitions;
  }

  /** A field was declared, FIELD words of `told` from `from` on; its value so far is of the interrupt from the start. */
  declared(told: Float64Array, from: number): void {
    const interrupt = told[from + FIELD.interrupt] ?? 0;
    const code = told[from + FIELD.code] ?? 0;
    this.#fields.declare(told, from);
    this.#addRole(told[from + FIELD.slot] ?? 0, FIELDS);
    if (interrupt >= this.#codes.length) this.#growInterrupts(Math.max(interrupt + 1, this.#codes.length * 2));
    this.#codes[interrupt] = code;
    if (this.#laneOfInterrupt[interrupt] === NO_LANE) this.#told[interrupt] = code;
    // It has a history without this field: what the field adds shows from the next change on.
    else this.#touch(interrupt);
  }

  /** Slots that feed lanes were claimed (claimed-slots.ts). */
  claimed(lanes: Float64Array): void {
    for (let at = 0; at < lanes.length; at += LANE_WORDS) {
      const [slot = 0, kind = 0, lsb = 0, width = 0] = lanes.subarray(at, at + LANE_WORDS);
      this.#laneOfSlot.set(slot, { kind: LANE_KINDS[kind] ?? 'value', lsb, width, lane: NO_LANE });
      this.#addRole(slot, LANE);
    }
  }

  /** Looks at changes `from` … `to` − 1, those of the event at `position`. */
  observe(log: ChangeLog, from: number, to: number, position: number, time: number): void {
    this.#lives.at(position, time);
    this.#lanes.time = time;
    const { slot } = log;
    for (let i = from; i < to; i++) {
      const id = slot[i] ?? 0;
      const role = this.#roles[id] ?? 0;
      if (role === 0) continue;
      if (role & FIELDS) this.#changed(log, i, id);
      if (role & LANE) this.#slotLane(log, i, id, position);
    }
    this.#edges.clear();
    this.#grouped.clear();
    if (this.#pendingCount > 0) this.#tell(position);
  }

  /** Whether the interrupt's pending state is known and set. */
  isPending(intid: number, vcpu: number, state: StateVector): boolean {
    const field = this.#fields.pendingOf(intid, isPrivate(intid) ? vcpu : NONE);
    if (field === undefined) return false;
    const at = this.#fields.at(field);
    const slot = this.#fields.slot(at);
    if (state.known[slot] !== 1) return false;
    const lsb = this.#fields.lsb(at);
    const width = this.#fields.width(at);
    const hi = state.hi[slot] ?? 0;
    return (fieldLo(state.lo[slot] ?? 0, hi, lsb, width) | fieldHi(hi, lsb, width)) !== 0;
  }

  #addRole(slot: number, role: number): void {
    if (slot >= this.#roles.length) {
      const roles = new Uint8Array(Math.max(slot + 1, this.#roles.length * 2));
      roles.set(this.#roles);
      this.#roles = roles;
    }
    this.#roles[slot] = (this.#roles[slot] ?? 0) | role;
  }

  /** Change `i`, of a slot with fields: each field of which a bit differs. */
  #changed(log: ChangeLog, i: number, slot: number): void {
    const only = this.#fields.ofSlot(slot);
    // A change between known and unknown touches every bit.
    const bothKnown = log.known[i] === BOTH_KNOWN;
    const lo = bothKnown ? (log.beforeLo[i] ?? 0) ^ (log.afterLo[i] ?? 0) : -1;
    const hi = bothKnown ? (log.beforeHi[i] ?? 0) ^ (log.afterHi[i] ?? 0) : -1;
    if (only === SEVERAL) {
      const bits = this.#fields.bitsOf(slot);
      if (bits !== undefined) this.#each(log, i, bits, lo, hi);
      return;
    }
    const at = this.#fields.at(only);
    const lsb = this.#fields.lsb(at);
    const width = this.#fields.width(at);
    if ((fieldLo(lo, hi, lsb, width) | fieldHi(hi, lsb, width)) !== 0) this.#field(log, i, only);
  }

  /** Each field of which one of these bits is set. */
  #each(log: ChangeLog, i: number, bits: Int32Array, differLo: number, differHi: number): void {
    let lo = differLo;
    let hi = differHi;
    let last = NONE;
    while (lo !== 0) {
      const field = bits[31 - Math.clz32(lo & -lo)] ?? NONE;
      lo &= lo - 1;
      // A field's bits are next to each other.
      if (field !== last && field !== NONE) this.#field(log, i, field);
      last = field;
    }
    while (hi !== 0) {
      const field = bits[63 - Math.clz32(hi & -hi)] ?? NONE;
      hi &= hi - 1;
      if (field !== last && field !== NONE) this.#field(log, i, field);
      last = field;
    }
  }

  #field(log: ChangeLog, i: number, field: number): void {
    const fields = this.#fields;
    const at = fields.at(field);
    const lsb = fields.lsb(at);
    const width = fields.width(at);
    const beforeHi = log.beforeHi[i] ?? 0;
    const afterHi = log.afterHi[i] ?? 0;
    const oldLo = fieldLo(log.beforeLo[i] ?? 0, beforeHi, lsb, width);
    const newLo = fieldLo(log.afterLo[i] ?? 0, afterHi, lsb, width);
    const oldHi = fieldHi(beforeHi, lsb, width);
    const newHi = fieldHi(afterHi, lsb, width);
    const known = log.known[i] ?? 0;
    const rose = (known & KNOWN_AFTER) !== 0 && (newHi > oldHi || (newHi === oldHi && newLo > oldLo));
    const fell = known === BOTH_KNOWN && (newHi < oldHi || (newHi === oldHi && newLo < oldLo));
    const group = fields.group(at);
    this.#edge(CHANGED, field, group);
    if (rose) this.#edge(ROSE, field, group);
    if (fell) this.#edge(FELL, field, group);
    const place = fields.code(at);
    const interrupt = fields.interrupt(at);
    if (place !== NONE && (place !== LINE || fields.isLineAlone(interrupt))) {
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

  /** Change `i` of a slot that feeds a lane, which is opened by its first change. */
  #slotLane(
    { known, beforeLo, beforeHi, afterLo, afterHi }: ChangeLog,
    i: number,
    slot: number,
    position: number,
  ): void {
    const fed = this.#laneOfSlot.get(slot);
    if (fed === undefined) return;
    const { kind, lsb, width } = fed;
    const flags = known[i] ?? 0;
    if (fed.lane === NO_LANE) {
      const wasKnown = (flags & KNOWN_BEFORE) !== 0;
      const before = wasKnown ? fieldLo(beforeLo[i] ?? 0, beforeHi[i] ?? 0, lsb, width) : UNKNOWN_CODE;
      fed.lane = this.#lanes.open(kind, slot, lsb, width, before);
    }
    const isKnown = (flags & KNOWN_AFTER) !== 0;
    const code = isKnown ? fieldLo(afterLo[i] ?? 0, afterHi[i] ?? 0, lsb, width) : UNKNOWN_CODE;
    this.#lanes.add(fed.lane, position, code);
  }

  #growInterrupts(capacity: number): void {
    const told = new Uint16Array(capacity);
    told.set(this.#told);
    this.#told = told;
    const codes = new Uint16Array(capacity);
    codes.set(this.#codes);
    this.#codes = codes;
    const lanes = new Int32Array(capacity).fill(NO_LANE);
    lanes.set(this.#laneOfInterrupt);
    this.#laneOfInterrupt = lanes;
  }
}
