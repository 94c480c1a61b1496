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
 * What is kept of open lives is in open-lives.ts. Cost: a few map look-ups an interrupt event.
 */
import { type Intid } from '../gic/intid.ts';
import { KINDS } from './kinds.ts';
import { type Leg } from './life.ts';
import { INTERRUPT_LIMIT, isPrivate } from './interrupt-index.ts';
import {
  ACKNOWLEDGED,
  DEACTIVATED,
  DROPPED,
  type LifeRecord,
  NONE,
  type OpenLife,
  OpenLives,
  PENDING,
  RAISED,
  remove,
} from './open-lives.ts';

/** Lives of one interrupt that can wait or be active at once. */
const QUEUE_LIMIT = 512;

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
  readonly #stillPending: (intid: number, vcpu: number) => boolean;
  readonly #tracked = new Map<number, Tracked>();
  readonly #lives: OpenLives;

  /** `store` receives each life when it ends; `stillPending` is asked at a deactivation, for the state after the event. */
  constructor(store: (life: LifeRecord) => void, stillPending: (intid: number, vcpu: number) => boolean) {
    this.#lives = new OpenLives(store);
    this.#stillPending = stillPending;
  }

  /** Lives begun so far. */
  get count(): number {
    return this.#lives.count;
  }

  /** Open lives that changed since the last call, so that a commit can show them. */
  takeDirty(): LifeRecord[] {
    return this.#lives.takeDirty();
  }

  /** The moments marked since the last call, three numbers each: position, life, index of the leg. */
  takeMoments(): readonly number[] {
    return this.#lives.takeMoments();
  }

  /**
   * Time between two moments of a life of which the last event was the second; undefined: it was no such moment.
   * `from` undefined: since it was raised, or pending where no raise was seen.
   */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    return this.#lives.latency(position, from, to);
  }

  /** An event; `intid` −1: it names none. */
  event(kind: number, vcpu: number, small: number, intid: number, position: number, time: number): void {
    this.#lives.seq = position;
    this.#lives.time = time;
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
        this.#lives.forgetStacks();
        return;
      default:
        return;
    }
  }

  /** A change of the field `line`, `pending` or `active` of an interrupt, made by the event at `position`. */
  field(intid: number, vcpu: number, field: string, rose: boolean, position: number, time: number): void {
    this.#lives.seq = position;
    this.#lives.time = time;
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
    this.#lives.finish();
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
    return this.#lives.begin(tracked.intid, tracked.single ? NONE : vcpu);
  }

  #wait(tracked: Tracked, vcpu: number, place: Place, leg: number): void {
    const life = this.#begin(tracked, vcpu);
    this.#lives.mark(life, leg);
    place.waiting.push(life);
    if (place.waiting.length > QUEUE_LIMIT) this.#lives.endFirst(place.waiting);
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
      this.#lives.end(last);
      this.#wait(tracked, vcpu, place, leg);
    } else if (LifeTracker.#isMixed(tracked, vcpu)) {
      if (before !== NONE && before !== this.#lives.seq) this.#wait(tracked, vcpu, place, leg);
      else this.#lives.mark(last, leg);
    } else if (leg === PENDING) this.#lives.mark(last, PENDING);
    else if (last.seqs[PENDING] === NONE || last.seqs[PENDING] === this.#lives.seq) this.#lives.mark(last, RAISED);
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
    if (last === undefined || (last.seqs[RAISED] !== this.#lives.seq && last.seqs[PENDING] !== this.#lives.seq))
      return false;
    this.#lives.mark(last, leg);
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
    if (life.seqs[ACKNOWLEDGED] !== this.#lives.seq) life.fell = true;
    return true;
  }

  #withdraw(intid: number, vcpu: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    if (LifeTracker.#isMixed(tracked, vcpu)) {
      if (!this.#fallOfTaken(tracked, vcpu)) this.#lives.endFirst(place.waiting);
      return;
    }
    if (place.waiting.length > 0) {
      this.#lives.endFirst(place.waiting);
      return;
    }
    if (this.#fallOfTaken(tracked, vcpu) || tracked.single) return;
    const unattributed = tracked.places.get(NONE);
    if (unattributed !== undefined) this.#lives.endFirst(unattributed.waiting);
  }

  #acknowledge(intid: number, vcpu: number): void {
    const tracked = this.#trackedOf(intid);
    if (tracked === undefined) return;
    const place = this.#placeOf(tracked, vcpu);
    let life = place.active.find((taken) => taken.seqs[ACKNOWLEDGED] === NONE);
    if (life === undefined) {
      const several = intid >>> 29 === 0 || LifeTracker.#isMixed(tracked, vcpu);
      const keep = several ? QUEUE_LIMIT - 1 : 0;
      while (place.active.length > keep) this.#lives.endFirst(place.active);
      life = this.#takeWaiting(tracked, vcpu, place) ?? this.#begin(tracked, vcpu);
      place.active.push(life);
    }
    this.#lives.attribute(life, vcpu);
    life.fell = false;
    this.#lives.mark(life, ACKNOWLEDGED);
    this.#lives.stack(life);
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
    const stack = this.#lives.stackFor(vcpu);
    if (stack === undefined) return;
    for (let i = stack.length - 1; i >= 0; i--) {
      const life = stack[i];
      if (life === undefined || (intid !== NONE && life.intid !== intid)) continue;
      stack.splice(i, 1);
      this.#lives.mark(life, DROPPED);
      return;
    }
  }

  #deactivate(intid: number, vcpu: number): boolean {
    const tracked = this.#tracked.get(intid);
    if (tracked === undefined) return false;
    const life = this.#activePlace(tracked, vcpu)?.active.shift();
    if (life === undefined) return false;
    this.#lives.mark(life, DEACTIVATED);
    this.#lives.end(life);
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
    this.#lives.attribute(life, vcpu);
    this.#lives.mark(life, DEACTIVATED);
    this.#lives.end(life);
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
    for (const life of this.#lives.on(vcpu)) {
      for (const place of this.#tracked.get(life.intid)?.places.values() ?? []) {
        remove(place.waiting, life);
        remove(place.active, life);
      }
      this.#lives.end(life);
    }
  }
}
