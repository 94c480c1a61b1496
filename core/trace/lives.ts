/**
 * Follows interrupts through their lives while a trace is written: which raise, acknowledge, drop and deactivation
 * belong together.
 *
 * Per interrupt (private ones per vCPU) at most one life waits to be acknowledged, and those that were taken wait for
 * their deactivation. Rules, in the order in which they matter:
 * - The same fact may come twice, as an event and as a change of a field; the second time does nothing.
 * - A raise or pending state that names no vCPU waits apart; the vCPU that acknowledges adopts the oldest such life.
 *   There may be one per vCPU, so a second raise from there is a second life.
 * - A drop without an interrupt belongs to the latest undropped acknowledge of that vCPU (priorities nest).
 * - A line that rose and fell, with nothing pending, and rises again: that is the next life.
 * - Pending falls while nobody acknowledged: the life ends there, without further legs. After the acknowledge it
 *   means nothing, the interrupt is handled.
 * - Still pending at the deactivation: the next life begins there.
 * - Deactivated, and no acknowledge or pending state was seen, only a raise: a recorder that sees the lines and the end
 *   of the handling but not what lies between (KVM's vGIC). The waiting life is the one that ends, without those legs.
 * - An interrupt cannot be acknowledged while it is active: if it is, its deactivation was not seen, and the earlier
 *   life ends without one. Only SGIs (several sources) and unattributed private interrupts (several vCPUs) can.
 *
 * Memory: open lives only. Cost: a few map look-ups an interrupt event.
 */
import { type Intid } from '../gic/intid.ts';
import { KINDS } from './kinds.ts';
import { type Leg, LEGS } from './life.ts';
import { INTERRUPT_LIMIT, isPrivate } from './interrupt-index.ts';

/** Indices of LEGS. */
const RAISED = 0;
const PENDING = 1;
const ACKNOWLEDGED = 2;
const DROPPED = 3;
const DEACTIVATED = 4;

const NONE = -1;
/** vCPUs, and "no vCPU" at index 0. */
const VCPU_SLOTS = 1024;
/** Lives of one interrupt that can wait or be active at once. */
const QUEUE_LIMIT = 512;
const STACK_LIMIT = 256;

/** Numbers of the kinds that the tracker follows. */
export const LIFE_KINDS: ReadonlySet<number> = new Set(
  (
    [
      'irq.line',
      'irq.inject',
      'irq.pend',
      'irq.state',
      'irq.acknowledge',
      'irq.activate',
      'irq.drop',
      'irq.deactivate',
      'vcpu.reset',
      'lost',
    ] as const
  ).map((kind) => KINDS[kind].id),
);

/** A life as it is stored; the position of a leg that was not seen is −1. */
export interface LifeRecord {
  readonly id: number;
  /** Position at which it began. */
  readonly firstSeq: number;
  readonly intid: Intid;
  /** −1: unknown. */
  vcpu: number;
  /** Positions and times by index of LEGS. */
  readonly seqs: number[];
  readonly times: number[];
}

interface OpenLife extends LifeRecord {
  /** The line fell since it was raised. */
  fell: boolean;
  /** It has moments that `takeDirty` has not given. */
  dirty: boolean;
}

interface Place {
  readonly waiting: OpenLife[];
  readonly active: OpenLife[];
  /** Last `irq.state` report: bit 0 level, 1 pending, 2 active. */
  reported: number;
}

interface Tracked {
  readonly intid: Intid;
  readonly single: boolean;
  /** By vCPU; −1 for shared interrupts and unattributed facts. */
  readonly places: Map<number, Place>;
}

export class LifeTracker {
  readonly #store: (life: LifeRecord) => void;
  readonly #stillPending: (intid: number, vcpu: number) => boolean;
  readonly #tracked = new Map<number, Tracked>();
  /** Acknowledged and not yet dropped, by vCPU + 1. */
  readonly #stacks: OpenLife[][] = Array.from({ length: VCPU_SLOTS }, () => []);
  /** Open lives by vCPU + 1, so that a reset looks at its own only. */
  readonly #open: Set<OpenLife>[] = Array.from({ length: VCPU_SLOTS }, () => new Set());
  /** Moments since the last `takeMoments`, as position, life, leg, position, life, leg … */
  #moments: number[] = [];
  /** Lives with a moment at the last event that marked any. */
  readonly #latest: OpenLife[] = [];
  #latestSeq = NONE;
  #next = 0;
  #seq = 0;
  #time = 0;

  /** `store` receives each life when it ends; `stillPending` is asked at a deactivation, for the state after the event. */
  constructor(store: (life: LifeRecord) => void, stillPending: (intid: number, vcpu: number) => boolean) {
    this.#store = store;
    this.#stillPending = stillPending;
  }

  /** Lives begun so far. */
  get count(): number {
    return this.#next;
  }

  /** Open lives that changed since the last call, so that a commit can show them. */
  takeDirty(): LifeRecord[] {
    const out: OpenLife[] = [];
    for (const lives of this.#open)
      for (const life of lives)
        if (life.dirty) {
          life.dirty = false;
          out.push(life);
        }
    return out;
  }

  /** The moments marked since the last call, three numbers each: position, life, index of the leg. */
  takeMoments(): readonly number[] {
    const out = this.#moments;
    this.#moments = [];
    return out;
  }

  /**
   * Time between two moments of a life of which the last event was the second; undefined: it was no such moment.
   * `from` undefined: since it was raised, or pending where no raise was seen.
   */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    if (this.#latestSeq !== position) return undefined;
    const end = LEGS.indexOf(to);
    for (const { seqs, times } of this.#latest) {
      if (seqs[end] !== position) continue;
      const starts = from === undefined ? [RAISED, PENDING] : [LEGS.indexOf(from)];
      const start = starts.find((leg) => (seqs[leg] ?? NONE) !== NONE);
      if (start !== undefined) return (times[end] ?? 0) - (times[start] ?? 0);
    }
    return undefined;
  }

  /** An event; `intid` −1: it names none. */
  event(kind: number, vcpu: number, small: number, intid: number, position: number, time: number): void {
    this.#seq = position;
    this.#time = time;
    switch (kind) {
      case KINDS['irq.line'].id:
      case KINDS['irq.inject'].id:
        if (small & 1) this.#raise(intid, vcpu, RAISED);
        else this.#lineFalls(intid, vcpu);
        return;
      case KINDS['irq.pend'].id:
        if (small & 1) this.#raise(intid, vcpu, PENDING);
        else this.#withdraw(intid, vcpu);
        return;
      case KINDS['irq.state'].id:
        this.#reported(intid, vcpu, small & 7);
        return;
      case KINDS['irq.acknowledge'].id:
        if (intid !== NONE) this.#acknowledge(intid, vcpu);
        return;
      case KINDS['irq.activate'].id:
        this.#activate(intid, vcpu);
        return;
      case KINDS['irq.drop'].id:
        this.#drop(intid, vcpu);
        return;
      case KINDS['irq.deactivate'].id:
        if (!this.#deactivate(intid, vcpu)) this.#endRaised(intid, vcpu);
        else if (this.#stillPending(intid, vcpu)) this.#raise(intid, vcpu, PENDING);
        return;
      case KINDS['vcpu.reset'].id:
        this.#reset(vcpu);
        return;
      case KINDS.lost.id:
        for (const stack of this.#stacks) stack.length = 0;
        return;
      default:
        return;
    }
  }

  /** A change of the field `line`, `pending` or `active` of an interrupt, made by the event at `position`. */
  field(intid: number, vcpu: number, field: string, rose: boolean, position: number, time: number): void {
    this.#seq = position;
    this.#time = time;
    if (field === 'line') {
      if (rose) this.#raise(intid, vcpu, RAISED);
      else this.#lineFalls(intid, vcpu);
    } else if (field === 'pending') {
      if (rose) this.#raise(intid, vcpu, PENDING);
      else this.#withdraw(intid, vcpu);
    } else if (field === 'active') {
      if (rose) this.#activate(intid, vcpu);
      else if (this.#deactivate(intid, vcpu) && this.#stillPending(intid, vcpu)) this.#raise(intid, vcpu, PENDING);
    }
  }

  /** Stores what is still open; the end of the trace. */
  finish(): void {
    for (const lives of this.#open) {
      for (const life of lives) this.#store(life);
      lives.clear();
    }
  }

  #trackedOf(intid: number): Tracked | undefined {
    let tracked = this.#tracked.get(intid);
    if (tracked === undefined) {
      if (this.#tracked.size >= INTERRUPT_LIMIT) return undefined;
      // Numbers in events come from Intid fields.
      tracked = { intid: intid as Intid, single: !isPrivate(intid), places: new Map() };
      this.#tracked.set(intid, tracked);
    }
    return tracked;
  }

  #placeOf(tracked: Tracked, vcpu: number): Place {
    const key = tracked.single ? NONE : vcpu;
    let place = tracked.places.get(key);
    if (place === undefined) {
      place = { waiting: [], active: [], reported: 0 };
      tracked.places.set(key, place);
    }
    return place;
  }

  /** Facts from here may stem from several vCPUs. */
  static #isMixed(tracked: Tracked, vcpu: number): boolean {
    return !tracked.single && vcpu === NONE;
  }

  #begin(tracked: Tracked, vcpu: number): OpenLife {
    const life: OpenLife = {
      id: this.#next++,
      firstSeq: this.#seq,
      intid: tracked.intid,
      vcpu: tracked.single ? NONE : vcpu,
      seqs: [NONE, NONE, NONE, NONE, NONE],
      // Numbers wider than 31 bits will come.
      times: [NaN, NaN, NaN, NaN, NaN],
      fell: false,
      dirty: true,
    };
    this.#open[life.vcpu + 1]?.add(life);
    return life;
  }

  #mark(life: OpenLife, leg: number): void {
    if (life.seqs[leg] !== NONE) return;
    life.seqs[leg] = this.#seq;
    life.times[leg] = this.#time;
    this.#moments.push(this.#seq, life.id, leg);
    if (this.#latestSeq !== this.#seq) this.#latest.length = 0;
    this.#latestSeq = this.#seq;
    this.#latest.push(life);
    life.dirty = true;
  }

  #end(life: OpenLife): void {
    this.#open[life.vcpu + 1]?.delete(life);
    remove(this.#stacks[life.vcpu + 1] ?? [], life);
    this.#store(life);
  }

  #wait(tracked: Tracked, vcpu: number, place: Place, leg: number): void {
    const life = this.#begin(tracked, vcpu);
    this.#mark(life, leg);
    place.waiting.push(life);
    if (place.waiting.length > QUEUE_LIMIT) this.#endFirst(place.waiting);
  }

  #endFirst(lives: OpenLife[]): void {
    const first = lives.shift();
    if (first !== undefined) this.#end(first);
  }

  #raise(intid: number, vcpu: number, leg: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    const last = place.waiting.at(-1);
    if (last === undefined) {
      // The field of an attributed interrupt follows an unattributed event of the same moment, or the reverse.
      if (this.#justRaised(tracked, vcpu, leg)) return;
      this.#wait(tracked, vcpu, place, leg);
      return;
    }
    const before = last.seqs[leg] ?? NONE;
    if (leg === RAISED && last.fell && last.seqs[PENDING] === NONE) {
      place.waiting.pop();
      this.#end(last);
      this.#wait(tracked, vcpu, place, leg);
    } else if (LifeTracker.#isMixed(tracked, vcpu)) {
      if (before !== NONE && before !== this.#seq) this.#wait(tracked, vcpu, place, leg);
      else this.#mark(last, leg);
    } else if (leg === PENDING) this.#mark(last, PENDING);
    else if (last.seqs[PENDING] === NONE || last.seqs[PENDING] === this.#seq) this.#mark(last, RAISED);
  }

  /** Whether this very moment began a waiting life of the interrupt elsewhere; then it takes the leg too. */
  #justRaised(tracked: Tracked, vcpu: number, leg: number): boolean {
    if (tracked.single) return false;
    if (vcpu !== NONE) return this.#raisedNow(tracked.places.get(NONE), leg);
    for (const place of tracked.places.values()) if (this.#raisedNow(place, leg)) return true;
    return false;
  }

  /** Whether this very moment began the last life that waits at a place; then it takes the leg too. */
  #raisedNow(place: Place | undefined, leg: number): boolean {
    const last = place?.waiting.at(-1);
    if (last === undefined || (last.seqs[RAISED] !== this.#seq && last.seqs[PENDING] !== this.#seq)) return false;
    this.#mark(last, leg);
    return true;
  }

  #lineFalls(intid: number, vcpu: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    for (const life of this.#placeOf(tracked, vcpu).waiting) life.fell = true;
    this.#fallOfTaken(tracked, vcpu);
  }

  /** Lets a taken life have the fall of its line or pending state; whether there was one. */
  #fallOfTaken(tracked: Tracked, vcpu: number): boolean {
    if (tracked.single || vcpu !== NONE) return this.#fallAt(tracked.places.get(tracked.single ? NONE : vcpu));
    for (const place of tracked.places.values()) if (this.#fallAt(place)) return true;
    return false;
  }

  #fallAt(place: Place | undefined): boolean {
    const life = place?.active.find((taken) => !taken.fell);
    if (life === undefined) return false;
    // The acknowledge itself clears pending; that is not the fall of the line.
    if (life.seqs[ACKNOWLEDGED] !== this.#seq) life.fell = true;
    return true;
  }

  #withdraw(intid: number, vcpu: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    if (LifeTracker.#isMixed(tracked, vcpu)) {
      if (!this.#fallOfTaken(tracked, vcpu)) this.#endFirst(place.waiting);
      return;
    }
    if (place.waiting.length > 0) {
      this.#endFirst(place.waiting);
      return;
    }
    if (this.#fallOfTaken(tracked, vcpu) || tracked.single) return;
    const unattributed = tracked.places.get(NONE);
    if (unattributed !== undefined) this.#endFirst(unattributed.waiting);
  }

  #acknowledge(intid: number, vcpu: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    let life = place.active.find((taken) => taken.seqs[ACKNOWLEDGED] === NONE);
    if (life === undefined) {
      const several = intid >>> 29 === 0 || LifeTracker.#isMixed(tracked, vcpu);
      const keep = several ? QUEUE_LIMIT - 1 : 0;
      while (place.active.length > keep) this.#endFirst(place.active);
      life = this.#takeWaiting(tracked, vcpu, place) ?? this.#begin(tracked, vcpu);
      place.active.push(life);
    }
    this.#attribute(life, vcpu);
    life.fell = false;
    this.#mark(life, ACKNOWLEDGED);
    const stack = this.#stacks[life.vcpu + 1];
    if (stack === undefined) return;
    stack.push(life);
    if (stack.length > STACK_LIMIT) stack.shift();
  }

  #attribute(life: OpenLife, vcpu: number): void {
    if (vcpu === NONE || vcpu === life.vcpu) return;
    this.#open[life.vcpu + 1]?.delete(life);
    life.vcpu = vcpu;
    this.#open[vcpu + 1]?.add(life);
  }

  #takeWaiting(tracked: Tracked, vcpu: number, place: Place): OpenLife | undefined {
    const own = place.waiting.shift();
    if (own !== undefined || tracked.single) return own;
    if (vcpu !== NONE) return tracked.places.get(NONE)?.waiting.shift();
    const others = [...tracked.places.values()].filter((other) => other.waiting.length > 0);
    return others.length === 1 ? others[0]?.waiting.shift() : undefined;
  }

  /** Became active without an acknowledge that was seen: the waiting life is taken. */
  #activate(intid: number, vcpu: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    if (place.active.length > 0) return;
    place.active.push(this.#takeWaiting(tracked, vcpu, place) ?? this.#begin(tracked, vcpu));
  }

  #drop(intid: number, vcpu: number): void {
    const stack = this.#stackFor(vcpu);
    if (stack === undefined) return;
    for (let i = stack.length - 1; i >= 0; i--) {
      const life = stack[i];
      if (life === undefined || (intid !== NONE && life.intid !== intid)) continue;
      stack.splice(i, 1);
      this.#mark(life, DROPPED);
      return;
    }
  }

  /** The vCPU's acknowledges; where only one stack can be meant, that one. */
  #stackFor(vcpu: number): OpenLife[] | undefined {
    const own = this.#stacks[vcpu + 1];
    if (own === undefined || own.length > 0) return own;
    if (vcpu !== NONE) {
      const unattributed = this.#stacks[0];
      return unattributed?.length === 1 ? unattributed : undefined;
    }
    const others = this.#stacks.filter((stack) => stack.length > 0);
    return others.length === 1 ? others[0] : undefined;
  }

  #deactivate(intid: number, vcpu: number): boolean {
    const tracked = this.#tracked.get(intid);
    if (tracked === undefined) return false;
    const life = this.#activePlace(tracked, vcpu)?.active.shift();
    if (life === undefined) return false;
    this.#mark(life, DEACTIVATED);
    this.#end(life);
    return true;
  }

  /**
   * A deactivation of what nobody saw active: the life that waits there of which nothing but its raise was seen. Events
   * only: a state that is told again, or a field, may be the second news of a deactivation that ended its life already.
   */
  #endRaised(intid: number, vcpu: number): void {
    const tracked = this.#tracked.get(intid);
    const waiting = tracked?.places.get(tracked.single ? NONE : vcpu)?.waiting;
    const life = waiting?.[0];
    if (life === undefined || life.seqs[PENDING] !== NONE) return;
    waiting?.shift();
    this.#attribute(life, vcpu);
    this.#mark(life, DEACTIVATED);
    this.#end(life);
  }

  #activePlace(tracked: Tracked, vcpu: number): Place | undefined {
    const own = tracked.places.get(tracked.single ? NONE : vcpu);
    if (own !== undefined && own.active.length > 0) return own;
    if (tracked.single) return undefined;
    if (vcpu !== NONE) return tracked.places.get(NONE);
    const others = [...tracked.places.values()].filter((place) => place.active.length > 0);
    return others.length === 1 ? others[0] : undefined;
  }

  #reported(intid: number, vcpu: number, bits: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    const changed = place.reported ^ bits;
    place.reported = bits;
    if (changed & 4 && bits & 4) this.#activate(intid, vcpu);
    if (changed & 4 && !(bits & 4)) this.#deactivate(intid, vcpu);
    if (changed & 1 && bits & 1) this.#raise(intid, vcpu, RAISED);
    if (changed & 1 && !(bits & 1)) this.#lineFalls(intid, vcpu);
    if (changed & 2 && bits & 2) this.#raise(intid, vcpu, PENDING);
    if (changed & 2 && !(bits & 2)) this.#withdraw(intid, vcpu);
  }

  /** A reset of a vCPU ends the lives on it. */
  #reset(vcpu: number): void {
    if (vcpu === NONE) return;
    for (const life of [...(this.#open[vcpu + 1] ?? [])]) {
      for (const place of this.#tracked.get(life.intid)?.places.values() ?? []) {
        remove(place.waiting, life);
        remove(place.active, life);
      }
      this.#end(life);
    }
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
