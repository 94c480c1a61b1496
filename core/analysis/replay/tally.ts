/**
 * What a replay found: comparisons by register, the first places where the emulator answers otherwise, and what could
 * not be compared, with the reason.
 *
 * Cost: one map look-up per comparison; at most `MOST_DIVERGENCES` places are kept.
 */
import { type TraceEvent } from '../../trace/kinds.ts';
import { type LeftOut } from './left-out.ts';

export interface Divergence {
  readonly seq: number;
  readonly timeNs: number;
  readonly vcpu: number | null;
  /** Line of the source, where there is one. */
  readonly line: number | null;
  readonly register: string;
  readonly recorded: bigint;
  readonly emulated: bigint;
  /** The emulator's state that led to its answer, in a line. */
  readonly context: string;
}

export interface RegisterCount {
  matched: number;
  mismatched: number;
}

export interface ReplayResult {
  readonly compared: number;
  readonly matched: number;
  readonly mismatched: number;
  readonly unsupported: number;
  readonly byRegister: Readonly<Record<string, RegisterCount>>;
  /** Why values were not compared: how many of each. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Stimuli whose vCPU the recording does not tell and that later evidence decided; ties that the recording decided. */
  readonly inferred: Readonly<Record<string, number>>;
  /** The first ones, in order. */
  readonly divergences: readonly Divergence[];
}

const MOST_DIVERGENCES = 100;

export class Tally {
  readonly #registers = new Map<string, RegisterCount>();
  readonly #reasons = new Map<string, number>();
  readonly #inferred = new Map<string, number>();
  readonly #divergences: Divergence[] = [];
  readonly #leftOut: LeftOut | undefined;
  #otherMachine: string | undefined;

  /** `leftOut`: the kinds of lines that the recording lacks. */
  constructor(leftOut?: LeftOut) {
    this.#leftOut = leftOut;
  }

  /** Counts one comparison; `context` is asked for only when the two differ. */
  compare(
    event: TraceEvent,
    register: string,
    recorded: bigint,
    emulated: bigint,
    context: () => string = () => '',
  ): boolean {
    const isEqual = recorded === emulated;
    if (isEqual) this.agree(register);
    else this.differ(event, register, recorded, emulated, context);
    return isEqual;
  }

  agree(register: string): void {
    this.#count(register).matched++;
  }

  differ(event: TraceEvent, register: string, recorded: bigint, emulated: bigint, context: () => string): void {
    if (this.#isExplained(register)) return;
    this.#count(register).mismatched++;
    if (this.#divergences.length >= MOST_DIVERGENCES) return;
    const { seq, time, vcpu, line } = event;
    this.#divergences.push({
      seq,
      timeNs: time,
      vcpu: vcpu ?? null,
      line: line ?? null,
      register,
      recorded,
      emulated,
      context: context(),
    });
  }

  /** The emulator does something that the recording does not show. */
  absent(register: string): void {
    if (!this.#isExplained(register)) this.#count(register).mismatched++;
  }

  /** The recorded machine is one that the emulator is not: from now on what differs is no comparison, for this reason. */
  recordsAnother(reason: string): void {
    this.#otherMachine = `it differs, and ${reason}`;
  }

  #isExplained(register: string): boolean {
    const reason = this.#otherMachine ?? this.#leftOut?.explains(register);
    if (reason !== undefined) this.unsupported(reason);
    return reason !== undefined;
  }

  /** A value that was not compared. */
  unsupported(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** A gap of the recording that was filled from what it shows later. */
  infer(what: string): void {
    this.#inferred.set(what, (this.#inferred.get(what) ?? 0) + 1);
  }

  get result(): ReplayResult {
    const counts = [...this.#registers.values()];
    const matched = counts.reduce((sum, count) => sum + count.matched, 0);
    const mismatched = counts.reduce((sum, count) => sum + count.mismatched, 0);
    return {
      compared: matched + mismatched,
      matched,
      mismatched,
      unsupported: [...this.#reasons.values()].reduce((a, b) => a + b, 0),
      byRegister: Object.fromEntries([...this.#registers].sort(([a], [b]) => (a < b ? -1 : 1))),
      reasons: Object.fromEntries(this.#reasons),
      inferred: Object.fromEntries(this.#inferred),
      divergences: this.#divergences.toSorted((a, b) => a.seq - b.seq),
    };
  }

  #count(register: string): RegisterCount {
    let count = this.#registers.get(register);
    if (count === undefined) {
      count = { matched: 0, mismatched: 0 };
      this.#registers.set(register, count);
    }
    return count;
  }
}
