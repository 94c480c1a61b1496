/**
 * The lives that have begun and not ended, and the moments that they get: the books of lives.ts, whose rules say when.
 * Memory: open lives only.
 */
import { type Intid } from '../gic/intid.ts';
import { type Leg, LEGS } from './life.ts';
import { Moments } from './moments.ts';

/** Indices of LEGS. */
export const RAISED = 0;
export const PENDING = 1;
export const ACKNOWLEDGED = 2;
export const DROPPED = 3;
export const DEACTIVATED = 4;

/** No vCPU, no position, no interrupt. */
export const NONE = -1;
/** vCPUs, and "no vCPU" at index 0. */
const VCPU_SLOTS = 1024;
const STACK_LIMIT = 256;

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

export interface OpenLife extends LifeRecord {
  /** The line fell since it was raised. */
  fell: boolean;
  /** It has moments that `takeDirty` has not given. */
  dirty: boolean;
  /** Its place among the open ones of its vCPU. */
  place: number;
}

export class OpenLives {
  /** Of the event at hand, the last one. */
  seq = 0;
  time = 0;
  /** Which events were legs of which lives, since whoever reads it cleared it. */
  readonly moments = new Moments();
  readonly #store: (life: LifeRecord) => void;
  /** Acknowledged and not yet dropped, by vCPU + 1. */
  readonly #stacks: OpenLife[][] = Array.from({ length: VCPU_SLOTS }, () => []);
  /** By vCPU + 1, so that a reset looks at its own only. */
  readonly #open: OpenLife[][] = Array.from({ length: VCPU_SLOTS }, () => []);
  /** Lives with a moment at the last event that marked any: the first `#latestCount`. */
  readonly #latest: OpenLife[] = [];
  #latestCount = 0;
  #latestSeq = NONE;
  #next = 0;

  /** `store` receives each life when it ends. */
  constructor(store: (life: LifeRecord) => void) {
    this.#store = store;
  }

  /** Lives begun so far. */
  get count(): number {
    return this.#next;
  }

  /** Those on a vCPU. */
  on(vcpu: number): readonly OpenLife[] {
    return [...(this.#open[vcpu + 1] ?? [])];
  }

  /** Those that changed since the last call, so that a commit can show them. */
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

  /** See `LifeTracker.latency`. */
  latency(position: number, from: Leg | undefined, to: Leg): number | undefined {
    if (this.#latestSeq !== position) return undefined;
    const end = LEGS.indexOf(to);
    const first = from === undefined ? RAISED : LEGS.indexOf(from);
    for (let i = 0; i < this.#latestCount; i++) {
      const life = this.#latest[i];
      if (life === undefined || life.seqs[end] !== position) continue;
      const start = from === undefined && life.seqs[RAISED] === NONE ? PENDING : first;
      if (life.seqs[start] !== NONE) return (life.times[end] ?? 0) - (life.times[start] ?? 0);
    }
    return undefined;
  }

  /** Whether the event at `position` deactivated an interrupt that was dropped, by the same event or before. */
  endsDropped(position: number): boolean {
    if (this.#latestSeq !== position) return false;
    for (let i = 0; i < this.#latestCount; i++) {
      const seqs = this.#latest[i]?.seqs;
      if (seqs !== undefined && seqs[DEACTIVATED] === position && seqs[DROPPED] !== NONE) return true;
    }
    return false;
  }

  /** Begins with the event at hand. */
  begin(intid: Intid, vcpu: number): OpenLife {
    const life: OpenLife = {
      id: this.#next++,
      firstSeq: this.seq,
      intid,
      vcpu,
      seqs: [NONE, NONE, NONE, NONE, NONE],
      // Numbers wider than 31 bits will come.
      times: [NaN, NaN, NaN, NaN, NaN],
      fell: false,
      dirty: true,
      place: 0,
    };
    this.#enter(life);
    return life;
  }

  /** The event at hand is this leg of it, unless an earlier one was. */
  mark(life: OpenLife, leg: number): void {
    if (life.seqs[leg] !== NONE) return;
    const { seq } = this;
    life.seqs[leg] = seq;
    life.times[leg] = this.time;
    this.moments.add(seq, life.id, leg);
    if (this.#latestSeq !== seq) this.#latestCount = 0;
    this.#latestSeq = seq;
    this.#latest[this.#latestCount++] = life;
    life.dirty = true;
  }

  /** It turned out to be on this vCPU; NONE says nothing. */
  attribute(life: OpenLife, vcpu: number): void {
    if (vcpu === NONE || vcpu === life.vcpu) return;
    this.#leave(life);
    life.vcpu = vcpu;
    this.#enter(life);
  }

  end(life: OpenLife): void {
    this.#leave(life);
    const stack = this.#stacks[life.vcpu + 1];
    if (stack !== undefined && stack.length > 0) remove(stack, life);
    this.#store(life);
  }

  endFirst(lives: OpenLife[]): void {
    const first = takeFirst(lives);
    if (first !== undefined) this.end(first);
  }

  /** It was acknowledged: its drop comes before those of what its vCPU acknowledged earlier. */
  stack(life: OpenLife): void {
    const stack = this.#stacks[life.vcpu + 1];
    if (stack === undefined) return;
    stack.push(life);
    if (stack.length > STACK_LIMIT) stack.shift();
  }

  /** What a vCPU acknowledged and has not dropped, the latest last; where only one stack can be meant, that one. */
  stackFor(vcpu: number): OpenLife[] | undefined {
    const own = this.#stacks[vcpu + 1];
    if (own === undefined || own.length > 0) return own;
    if (vcpu !== NONE) {
      const unattributed = this.#stacks[0];
      return unattributed?.length === 1 ? unattributed : undefined;
    }
    const others = this.#stacks.filter((stack) => stack.length > 0);
    return others.length === 1 ? others[0] : undefined;
  }

  /** Nobody knows any more what was acknowledged. */
  forgetStacks(): void {
    for (const stack of this.#stacks) stack.length = 0;
  }

  /** Stores what is still open; the end of the trace. */
  finish(): void {
    for (const lives of this.#open) {
      for (const life of lives) this.#store(life);
      lives.length = 0;
    }
  }

  #enter(life: OpenLife): void {
    const lives = this.#open[life.vcpu + 1];
    if (lives !== undefined) life.place = lives.push(life) - 1;
  }

  #leave(life: OpenLife): void {
    const lives = this.#open[life.vcpu + 1];
    if (lives?.[life.place] !== life) return;
    const last = lives.pop();
    if (last === undefined || last === life) return;
    lives[life.place] = last;
    last.place = life.place;
  }
}

/** Mostly the only one, and `shift` would give up the list's memory with it. */
export function takeFirst<T>(list: T[]): T | undefined {
  return list.length === 1 ? list.pop() : list.shift();
}

export function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
