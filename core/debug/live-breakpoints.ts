/**
 * Breakpoints that stop a machine while it runs: the same breakpoints and the same language as for a finished trace.
 *
 * - A place in the program, `pc == 0x40000010`, with `on vcpu 1` if need be, stops before that instruction, also one
 *   that makes no event. The run watches such addresses; nothing is tested for other instructions.
 * - Everything else is tested at each event, with the changes it made and the state after it.
 * - `stop: 'before'` is tried first at each access of a guest, on the state before it: the access is there with the
 *   value that it would write, a value that it would read is not known yet. What only an event itself can tell (a value
 *   read, a step of KVM) stops behind the event, with the position before it.
 *
 * While a run goes on, `ignoreCount` counts from where the breakpoint was set.
 */
import { type StateVector } from '../state/state-vector.ts';
import { HAS_ARG, HAS_VALUE } from '../trace/columns.ts';
import { type EventType } from '../trace/dictionary.ts';
import { ACCESS, type Access, type Kind } from '../trace/kinds.ts';
import { type Breakpoint, conditionOf } from './breakpoints.ts';
import { type Expr } from './condition/ast.ts';
import { LiveCondition, type LiveEvent, type TraceNames } from './live.ts';

/** An address at which instructions are to stop, on one vCPU or all. */
export interface LivePlace {
  readonly address: bigint;
  readonly vcpu: number | undefined;
}

/** What a guest is about to do. */
export interface PendingAccess {
  readonly kind: 'register.access' | 'mmio.access';
  readonly vcpu: number;
  readonly register: string;
  readonly op: Access;
  /** Written or operand; undefined where it is not known before the access. */
  readonly value: { readonly lo: number; readonly hi: number } | undefined;
  /** Of a register access: address of the instruction. Of memory: offset in its frame. */
  readonly arg: bigint;
  /** Position and time that the event would have. */
  readonly seq: number;
  readonly time: number;
}

/** A breakpoint that hit. */
export interface LiveHit {
  readonly breakpoint: number;
  /** The machine, or the position at which it is to be shown, stands before the event. */
  readonly before: boolean;
}

interface Armed {
  readonly breakpoint: Breakpoint;
  readonly place: LivePlace | undefined;
  /** Undefined for places. */
  readonly after: LiveCondition | undefined;
  /** Only where the breakpoint wants to stop before. */
  readonly before: LiveCondition | undefined;
  hits: number;
  isDone: boolean;
  /** It stopped before the access of this vCPU whose event is still to come. */
  announced: number | undefined;
}

const NO_CHANGES = {
  count: 0,
  slot: new Uint32Array(0),
  beforeLo: new Uint32Array(0),
  beforeHi: new Uint32Array(0),
  afterLo: new Uint32Array(0),
  afterHi: new Uint32Array(0),
  known: new Uint8Array(0),
};
/** Types of events that are still to come; the trace may not have any of them yet. */
const PENDING_TYPES: readonly EventType[] = (['register.access', 'mmio.access'] as const).map((kind) => ({
  kind,
  origin: 'guest',
}));
const PENDING_KINDS: readonly Kind[] = PENDING_TYPES.map(({ kind }) => kind);
/** Registers of one run: far more than there are. */
const NAME_LIMIT = 65_536;

export class LiveBreakpoints {
  readonly #names: () => TraceNames;
  readonly #pendingTexts: string[] = [''];
  readonly #pendingIds = new Map<string, number>();
  readonly #pendingNames: () => TraceNames;
  #armed: Armed[] = [];

  /** `names` are the trace's as they stand; the lists only grow. */
  constructor(names: () => TraceNames) {
    this.#names = names;
    const texts = this.#pendingTexts;
    this.#pendingNames = () => ({ ...names(), types: PENDING_TYPES, kinds: PENDING_KINDS, texts });
  }

  /** Is there anything to test at events? */
  get watchesEvents(): boolean {
    return this.#armed.some(({ after }) => after !== undefined);
  }

  /** Is there anything to test before accesses? */
  get watchesAccesses(): boolean {
    return this.#armed.some(({ before }) => before !== undefined);
  }

  /** Where instructions are to stop. */
  get places(): readonly LivePlace[] {
    return this.#armed.flatMap(({ place, isDone }) => (place === undefined || isDone ? [] : [place]));
  }

  /**
   * Replaces the list; those that are as they were keep their counts. Only enabled ones that stop matter.
   * @param state before the next event
   * @throws ConditionError
   */
  set(list: readonly Breakpoint[], state: StateVector): void {
    const known = new Map(this.#armed.map((armed) => [JSON.stringify(armed.breakpoint), armed]));
    this.#armed = list
      .filter(({ enabled, action }) => enabled && action === 'break')
      .map((breakpoint) => known.get(JSON.stringify(breakpoint)) ?? this.#arm(breakpoint, state));
  }

  #arm(breakpoint: Breakpoint, state: StateVector): Armed {
    const expr = conditionOf(breakpoint);
    const place = placeOf(expr);
    const mode = { mode: 'becomesTrue' } as const;
    return {
      breakpoint,
      place,
      after: place === undefined ? new LiveCondition(expr, this.#names, state, mode) : undefined,
      before:
        place === undefined && breakpoint.stop === 'before' && isAboutEvents(expr)
          ? new LiveCondition(expr, this.#pendingNames, state, mode)
          : undefined,
      hits: 0,
      isDone: false,
      announced: undefined,
    };
  }

  /** An instruction at one of `places` is next. */
  atPlace(vcpu: number, address: bigint): LiveHit | undefined {
    const hit = this.#armed.filter(
      ({ place }) => place?.address === address && (place.vcpu === undefined || place.vcpu === vcpu),
    );
    return first(hit.map((armed) => (counts(armed) ? { breakpoint: armed.breakpoint.id, before: true } : undefined)));
  }

  /** An event happened. Call for every one while `watchesEvents`: conditions remember what they saw. */
  afterEvent(event: LiveEvent): LiveHit | undefined {
    let found: LiveHit | undefined;
    for (const armed of this.#armed) {
      const { after, breakpoint } = armed;
      if (after?.test(event) !== true) continue;
      if (armed.announced === event.vcpu) armed.announced = undefined;
      else if (counts(armed)) found ??= { breakpoint: breakpoint.id, before: breakpoint.stop === 'before' };
    }
    return found;
  }

  /** An access is about to happen, in `state`, which is that after the last event. */
  beforeAccess(access: PendingAccess, state: StateVector): LiveHit | undefined {
    const { vcpu, value, arg, seq, time } = access;
    const event: LiveEvent = {
      seq,
      time,
      type: PENDING_KINDS.indexOf(access.kind),
      vcpu,
      small: ACCESS.indexOf(access.op),
      name: this.#pendingId(access.register),
      flags: HAS_ARG | (value === undefined ? 0 : HAS_VALUE),
      valueLo: value?.lo ?? 0,
      valueHi: value?.hi ?? 0,
      argLo: Number(BigInt.asUintN(32, arg)),
      argHi: Number(BigInt.asUintN(32, arg >> 32n)),
      changes: NO_CHANGES,
      state,
    };
    let found: LiveHit | undefined;
    for (const armed of this.#armed) {
      // One whose access had no event after all (an undefined instruction) waits for none any more.
      if (armed.announced === vcpu) armed.announced = undefined;
      if (armed.before?.test(event) !== true || !counts(armed)) continue;
      armed.announced = vcpu;
      found ??= { breakpoint: armed.breakpoint.id, before: true };
    }
    return found;
  }

  #pendingId(text: string): number {
    const known = this.#pendingIds.get(text);
    if (known !== undefined) return known;
    if (this.#pendingTexts.length >= NAME_LIMIT) return 0;
    const id = this.#pendingTexts.push(text) - 1;
    this.#pendingIds.set(text, id);
    return id;
  }
}

/** Does this hit count? Notes it either way. */
function counts(armed: Armed): boolean {
  const { ignoreCount, oneShot } = armed.breakpoint;
  if (armed.isDone || ++armed.hits <= ignoreCount) return false;
  armed.isDone = oneShot;
  return true;
}

const first = <T>(list: readonly (T | undefined)[]): T | undefined => list.find((one) => one !== undefined);

/** The place that a condition names, if it names nothing else: `pc == 0x40000010 on vcpu 1`. */
export function placeOf(expr: Expr): LivePlace | undefined {
  switch (expr.type) {
    case 'compare': {
      const { left, op, mask, right } = expr;
      const isPlace = left.type === 'name' && left.name === 'pc' && op === '==' && mask === undefined;
      return isPlace && right.type === 'number' ? { address: right.value, vcpu: undefined } : undefined;
    }
    case 'on': {
      const place = placeOf(expr.term);
      return place === undefined || (place.vcpu ?? expr.vcpu) !== expr.vcpu ? undefined : { ...place, vcpu: expr.vcpu };
    }
    case 'and': {
      const [one, other] = expr.terms;
      if (one === undefined || other === undefined || expr.terms.length > 2) return undefined;
      const place = placeOf(one) ?? placeOf(other);
      const vcpu = vcpuOf(one) ?? vcpuOf(other);
      return place === undefined || vcpu === undefined ? undefined : { ...place, vcpu };
    }
    default:
      return undefined;
  }
}

function vcpuOf(expr: Expr): number | undefined {
  if (expr.type !== 'compare' || expr.left.type !== 'name' || expr.left.name !== 'vcpu' || expr.op !== '==')
    return undefined;
  return expr.right.type === 'number' ? Number(expr.right.value) : undefined;
}

/** Does it say anything of the event itself, not of the state alone? */
function isAboutEvents(expr: Expr): boolean {
  switch (expr.type) {
    case 'and':
    case 'or':
      return expr.terms.some(isAboutEvents);
    case 'not':
    case 'on':
      return isAboutEvents(expr.term);
    case 'compare':
      return expr.left.type === 'name';
    case 'truth':
      return expr.operand.type === 'name';
    case 'edge':
      return false;
    case 'if':
    case 'access':
    case 'text':
      return true;
  }
}
