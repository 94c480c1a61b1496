/**
 * The lives that have begun and not ended, and the moments that they get: the books of lives.ts, whose rules say when.
 * Memory: open lives only.
 */
import { type Intid } from '../gic/intid.ts';
import { type Leg, LEGS } from './life.ts';

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
}

export class OpenLives {
  /** Of the event at hand, the last one. */
  seq = 0;
  time = 0;
  readonly #store: (life: LifeRecord) => void;
  /** Acknowledged and not yet dropped, by vCPU + 1. */
  readonly #stacks: OpenLife[][] = Array.from({ length: VCPU_SLOTS }, () => []);
  /** By vCPU + 1, so that a reset looks at its own only. */
  readonly #open: Set<OpenLife>[] = Array.from({ length: VCPU_SLOTS }, () => new Set());
  /** Moments since the last `takeMoments`, as position, life, leg, position, life, leg … */
  #moments: number[] = [];
  /** Lives with a moment at the last event that marked any. */
  readonly #latest: OpenLife[] = [];
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

  /** The moments marked since the last call, three numbers each: position, life, index of the leg. */
  takeMoments(): readonly number[] {
    const out = this.#moments;
    this.#moments = [];
    return out;
  }

  /** See `LifeTracker.latency`. */
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
    };
    this.#open[vcpu + 1]?.add(life);
    return life;
  }

  /** The event at hand is this leg of it, unless an earlier one was. */
  mark(life: OpenLife, leg: number): void {
    if (life.seqs[leg] !== NONE) return;
    life.seqs[leg] = this.seq;
    life.times[leg] = this.time;
    this.#moments.push(this.seq, life.id, leg);
    if (this.#latestSeq !== this.seq) this.#latest.length = 0;
    this.#latestSeq = this.seq;
    this.#latest.push(life);
    life.dirty = true;
  }

  /** It turned out to be on this vCPU; NONE says nothing. */
  attribute(life: OpenLife, vcpu: number): void {
    if (vcpu === NONE || vcpu === life.vcpu) return;
    this.#open[life.vcpu + 1]?.delete(life);
    life.vcpu = vcpu;
    this.#open[vcpu + 1]?.add(life);
  }

  end(life: OpenLife): void {
    this.#open[life.vcpu + 1]?.delete(life);
    remove(this.#stacks[life.vcpu + 1] ?? [], life);
    this.#store(life);
  }

  endFirst(lives: OpenLife[]): void {
    const first = lives.shift();
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
      lives.clear();
    }
  }
}

export function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
