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
 * What is kept of open lives is in open-lives.ts, of interrupts in tracked-interrupts.ts. Cost: a look-up an event.
 */
import { KINDS } from './kinds.ts';
import { type Leg } from './life.ts';
import { type InterruptField } from './interrupts.ts';
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
  takeFirst,
} from './open-lives.ts';
import { type Moments } from './moments.ts';
import {
  type Place,
  type Tracked,
  TrackedInterrupts,
  isMixed,
  onlyPlace,
  placeAt,
  placeOf,
  unacknowledged,
} from './tracked-interrupts.ts';

/** The fields of an interrupt that its lives follow. */
export const LIFE_FIELDS = ['line', 'pending', 'active'] as const satisfies readonly InterruptField[];
const LINE = LIFE_FIELDS.indexOf('line');
const ACTIVE = LIFE_FIELDS.indexOf('active');

/** Lives of one interrupt that can wait or be active at once. */
const QUEUE_LIMIT = 512;

const LEVEL = KINDS['irq.line'].id;
const INJECT = KINDS['irq.inject'].id;
const PEND = KINDS['irq.pend'].id;
const STATE = KINDS['irq.state'].id;
const ACKNOWLEDGE = KINDS['irq.acknowledge'].id;
const ACTIVATE = KINDS['irq.activate'].id;
const DROP = KINDS['irq.drop'].id;
const DEACTIVATE = KINDS['irq.deactivate'].id;
const RESET = KINDS['vcpu.reset'].id;
const LOST = KINDS.lost.id;

/** Numbers of the kinds that the tracker follows. */
export const LIFE_KINDS: ReadonlySet<number> = new Set([
  LEVEL,
  INJECT,
  PEND,
  STATE,
  ACKNOWLEDGE,
  ACTIVATE,
  DROP,
  DEACTIVATE,
  RESET,
  LOST,
]);

export class LifeTracker {
  readonly #stillPending: (intid: number, vcpu: number) => boolean;
  readonly #tracked = new TrackedInterrupts();
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

  /** Which events were legs of which lives. */
  get moments(): Moments {
    return this.#lives.moments;
  }

  /**
   * Time between two moments of a life of which the last event was the second; undefined: it was no such moment.
   * `from` undefined: since it was raised, or pending where no raise was seen.
   */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    return this.#lives.latency(position, from, to);
  }

  /** See `OpenLives.endsDropped`. */
  endsDropped(position: number): boolean {
    return this.#lives.endsDropped(position);
  }

  /** What comes next is of the event at `position`. */
  at(position: number, time: number): void {
    this.#lives.seq = position;
    this.#lives.time = time;
  }

  /** The event at hand; `intid` −1: it names none. */
  event(kind: number, vcpu: number, small: number, intid: number): void {
    switch (kind) {
      case DROP:
        this.#drop(intid, vcpu);
        return;
      case RESET:
        this.#reset(vcpu);
        return;
      case LOST:
        this.#lives.forgetStacks();
        return;
      case DEACTIVATE: {
        const tracked = this.#tracked.find(intid);
        if (tracked === undefined) return;
        if (this.#deactivate(tracked, vcpu)) this.#beginAgain(tracked, vcpu);
        else this.#endRaised(tracked, vcpu);
        return;
      }
      case ACKNOWLEDGE:
        if (intid === NONE) return;
    }
    const tracked = this.#tracked.of(intid);
    if (tracked !== undefined) this.#told(tracked, kind, vcpu, small);
  }

  /** The event at hand changed a field of an interrupt; `field`: index of LIFE_FIELDS. */
  field(intid: number, vcpu: number, field: number, rose: boolean): void {
    if (field === ACTIVE && !rose) {
      const tracked = this.#tracked.find(intid);
      if (tracked !== undefined && this.#deactivate(tracked, vcpu)) this.#beginAgain(tracked, vcpu);
      return;
    }
    const tracked = this.#tracked.of(intid);
    if (tracked === undefined) return;
    if (field === ACTIVE) this.#activate(tracked, vcpu);
    else if (rose) this.#raise(tracked, vcpu, field === LINE ? RAISED : PENDING);
    else if (field === LINE) this.#lineFalls(tracked, vcpu);
    else this.#withdraw(tracked, vcpu);
  }

  /** Stores what is still open; the end of the trace. */
  finish(): void {
    this.#lives.finish();
  }

  /** What an event said of an interrupt. */
  #told(tracked: Tracked, kind: number, vcpu: number, small: number): void {
    switch (kind) {
      case LEVEL:
      case INJECT:
        if (small & 1) this.#raise(tracked, vcpu, RAISED);
        else this.#lineFalls(tracked, vcpu);
        return;
      case PEND:
        if (small & 1) this.#raise(tracked, vcpu, PENDING);
        else this.#withdraw(tracked, vcpu);
        return;
      case STATE:
        this.#reported(tracked, vcpu, small & 7);
        return;
      case ACKNOWLEDGE:
        this.#acknowledge(tracked, vcpu);
        return;
      case ACTIVATE:
        this.#activate(tracked, vcpu);
        return;
      default:
        return;
    }
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

  #raise(tracked: Tracked, vcpu: number, leg: number): void {
    const place = placeOf(tracked, vcpu);
    const { waiting } = place;
    const last = waiting[waiting.length - 1];
    if (last === undefined) {
      // The field of an attributed interrupt follows an unattributed event of the same moment, or the reverse.
      if (!this.#justRaised(tracked, vcpu, leg)) this.#wait(tracked, vcpu, place, leg);
      return;
    }
    const before = last.seqs[leg] ?? NONE;
    if (leg === RAISED && last.fell && last.seqs[PENDING] === NONE) {
      waiting.pop();
      this.#lives.end(last);
      this.#wait(tracked, vcpu, place, leg);
    } else if (isMixed(tracked, vcpu)) {
      if (before !== NONE && before !== this.#lives.seq) this.#wait(tracked, vcpu, place, leg);
      else this.#lives.mark(last, leg);
    } else if (leg === PENDING) this.#lives.mark(last, PENDING);
    else if (last.seqs[PENDING] === NONE || last.seqs[PENDING] === this.#lives.seq) this.#lives.mark(last, RAISED);
  }

  /** Whether this very moment began a waiting life of the interrupt elsewhere; then it takes the leg too. */
  #justRaised(tracked: Tracked, vcpu: number, leg: number): boolean {
    if (tracked.single) return false;
    if (vcpu !== NONE) return this.#raisedNow(placeAt(tracked, NONE), leg);
    for (const place of tracked.places) if (this.#raisedNow(place, leg)) return true;
    return false;
  }

  /** Whether this very moment began the last life that waits at a place; then it takes the leg too. */
  #raisedNow(place: Place | undefined, leg: number): boolean {
    const last = place?.waiting[place.waiting.length - 1];
    if (last === undefined || (last.seqs[RAISED] !== this.#lives.seq && last.seqs[PENDING] !== this.#lives.seq))
      return false;
    this.#lives.mark(last, leg);
    return true;
  }

  #lineFalls(tracked: Tracked, vcpu: number): void {
    for (const life of placeOf(tracked, vcpu).waiting) life.fell = true;
    this.#fallOfTaken(tracked, vcpu);
  }

  /** Lets a taken life have the fall of its line or pending state; whether there was one. */
  #fallOfTaken(tracked: Tracked, vcpu: number): boolean {
    if (!isMixed(tracked, vcpu)) return this.#fallAt(placeAt(tracked, vcpu));
    for (const place of tracked.places) if (this.#fallAt(place)) return true;
    return false;
  }

  #fallAt(place: Place | undefined): boolean {
    if (place === undefined) return false;
    for (const life of place.active) {
      if (life.fell) continue;
      // The acknowledge itself clears pending; that is not the fall of the line.
      if (life.seqs[ACKNOWLEDGED] !== this.#lives.seq) life.fell = true;
      return true;
    }
    return false;
  }

  #withdraw(tracked: Tracked, vcpu: number): void {
    const place = placeOf(tracked, vcpu);
    if (isMixed(tracked, vcpu)) {
      if (!this.#fallOfTaken(tracked, vcpu)) this.#lives.endFirst(place.waiting);
      return;
    }
    if (place.waiting.length > 0) {
      this.#lives.endFirst(place.waiting);
      return;
    }
    if (this.#fallAt(place) || tracked.single) return;
    const unattributed = placeAt(tracked, NONE);
    if (unattributed !== undefined) this.#lives.endFirst(unattributed.waiting);
  }

  #acknowledge(tracked: Tracked, vcpu: number): void {
    const place = placeOf(tracked, vcpu);
    const { active } = place;
    let life = unacknowledged(place);
    if (life === undefined) {
      const several = tracked.intid >>> 29 === 0 || isMixed(tracked, vcpu);
      const keep = several ? QUEUE_LIMIT - 1 : 0;
      while (active.length > keep) this.#lives.endFirst(active);
      life = this.#takeWaiting(tracked, vcpu, place) ?? this.#begin(tracked, vcpu);
      active.push(life);
    }
    this.#lives.attribute(life, vcpu);
    life.fell = false;
    this.#lives.mark(life, ACKNOWLEDGED);
    this.#lives.stack(life);
  }

  #takeWaiting(tracked: Tracked, vcpu: number, place: Place): OpenLife | undefined {
    const own = takeFirst(place.waiting);
    if (own !== undefined || tracked.single) return own;
    const from = vcpu === NONE ? onlyPlace(tracked, 'waiting') : placeAt(tracked, NONE);
    return from === undefined ? undefined : takeFirst(from.waiting);
  }

  /** Became active without an acknowledge that was seen: the waiting life is taken. */
  #activate(tracked: Tracked, vcpu: number): void {
    const place = placeOf(tracked, vcpu);
    if (place.active.length > 0) return;
    place.active.push(this.#takeWaiting(tracked, vcpu, place) ?? this.#begin(tracked, vcpu));
  }

  #drop(intid: number, vcpu: number): void {
    const stack = this.#lives.stackFor(vcpu);
    if (stack === undefined) return;
    for (let i = stack.length - 1; i >= 0; i--) {
      const life = stack[i];
      if (life === undefined || (intid !== NONE && life.intid !== intid)) continue;
      if (i === stack.length - 1) stack.pop();
      else stack.splice(i, 1);
      this.#lives.mark(life, DROPPED);
      return;
    }
  }

  #deactivate(tracked: Tracked, vcpu: number): boolean {
    const place = this.#activePlace(tracked, vcpu);
    const life = place === undefined ? undefined : takeFirst(place.active);
    if (life === undefined) return false;
    this.#lives.mark(life, DEACTIVATED);
    this.#lives.end(life);
    return true;
  }

  /** After a deactivation: what is still pending begins its next life. */
  #beginAgain(tracked: Tracked, vcpu: number): void {
    if (this.#stillPending(tracked.intid, vcpu)) this.#raise(tracked, vcpu, PENDING);
  }

  /**
   * A deactivation of what nobody saw active: the life that waits there of which nothing but its raise was seen. Events
   * only: a state that is told again, or a field, may be the second news of a deactivation that ended its life already.
   */
  #endRaised(tracked: Tracked, vcpu: number): void {
    const waiting = placeAt(tracked, vcpu)?.waiting;
    const life = waiting?.[0];
    if (waiting === undefined || life === undefined || life.seqs[PENDING] !== NONE) return;
    takeFirst(waiting);
    this.#lives.attribute(life, vcpu);
    this.#lives.mark(life, DEACTIVATED);
    this.#lives.end(life);
  }

  #activePlace(tracked: Tracked, vcpu: number): Place | undefined {
    const own = placeAt(tracked, vcpu);
    if (own !== undefined && own.active.length > 0) return own;
    if (tracked.single) return undefined;
    return vcpu === NONE ? onlyPlace(tracked, 'active') : placeAt(tracked, NONE);
  }

  #reported(tracked: Tracked, vcpu: number, bits: number): void {
    const place = placeOf(tracked, vcpu);
    const changed = place.reported ^ bits;
    place.reported = bits;
    if (changed & 4 && bits & 4) this.#activate(tracked, vcpu);
    if (changed & 4 && !(bits & 4)) this.#deactivate(tracked, vcpu);
    if (changed & 1 && bits & 1) this.#raise(tracked, vcpu, RAISED);
    if (changed & 1 && !(bits & 1)) this.#lineFalls(tracked, vcpu);
    if (changed & 2 && bits & 2) this.#raise(tracked, vcpu, PENDING);
    if (changed & 2 && !(bits & 2)) this.#withdraw(tracked, vcpu);
  }

  /** A reset of a vCPU ends the lives on it. */
  #reset(vcpu: number): void {
    if (vcpu === NONE) return;
    for (const life of this.#lives.on(vcpu)) {
      for (const place of this.#tracked.find(life.intid)?.places ?? []) {
        remove(place.waiting, life);
        remove(place.active, life);
      }
      this.#lives.end(life);
    }
  }
}
