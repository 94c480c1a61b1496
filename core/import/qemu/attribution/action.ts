/**
 * An action: the lines that one vCPU, or the emulator's main loop, prints while it holds the emulator's big lock.
 *
 * The device models run under that lock, so the lines of two actions never mix; only the register plugin's lines,
 * which vCPU threads print outside the lock, may stand between (checked on 600,000 recorded lines: no exception).
 * Therefore a line that its action must print next belongs to the action, and whoever is proven to have acted in one
 * line has acted in all of them.
 */
import { NOBODY } from '../trace-line.ts';

/** `actor` while evidence may still come. */
export const OPEN = -3;

/** What kinds of line effects are, as bits, to say what may follow what. */
export const ROLE = {
  ppiCandidate: 1,
  signal: 2,
  ppiLine: 4,
  timerLine: 8,
  deadline: 16,
  maskToggle: 32,
  irsCandidate: 64,
  spiState: 128,
  activate: 256,
  deactivate: 512,
  timerOff: 1024,
} as const;

export type ActionKind =
  /** The line names its vCPU, or there is none. */
  | 'own'
  | 'acknowledge'
  | 'drop'
  | 'deactivate'
  /** A GIC instruction on an SPI or LPI. */
  | 'command'
  /** A write of a PPI register: candidates are recomputed. */
  | 'ppi-registers'
  /** Signals recomputed and nothing else: a write of mask or enable, or the IRS recalling its candidates. */
  | 'signal'
  | 'timer-control'
  | 'timer-compare'
  | 'timer-value'
  | 'timer-offset'
  /** A timer's deadline, from the main loop. */
  | 'timer-fires'
  /** A PPI's input changed, with no line that says why. */
  | 'ppi-input'
  /** An access to memory, which prints nothing else. */
  | 'access'
  /** A device or the IRS: no vCPU is proven. */
  | 'device';

/** Actions of a vCPU that programs its timer. */
export const isTimerWrite = (kind: ActionKind): boolean =>
  kind === 'timer-control' || kind === 'timer-compare' || kind === 'timer-value' || kind === 'timer-offset';

/** Actions of the vCPU whose thread prints them; the signals of others are recomputed by whoever changes them. */
export const isByPrinter = (kind: ActionKind): boolean => kind !== 'own' && kind !== 'device' && kind !== 'signal';

const TIMER_TAIL = ROLE.deadline | ROLE.timerOff;

/** What may come first after the line that starts an action. */
const FIRST: Readonly<Record<ActionKind, number>> = {
  own: 0,
  acknowledge: ROLE.ppiCandidate | ROLE.activate | ROLE.irsCandidate | ROLE.signal,
  drop: ROLE.signal,
  deactivate: ROLE.ppiCandidate | ROLE.deactivate | ROLE.irsCandidate | ROLE.signal,
  command: ROLE.irsCandidate,
  'ppi-registers': ROLE.signal,
  signal: 0,
  // What follows depends on the bits that change: the attributor narrows this down.
  'timer-control': ROLE.maskToggle | TIMER_TAIL,
  'timer-compare': TIMER_TAIL,
  'timer-value': TIMER_TAIL,
  'timer-offset': TIMER_TAIL,
  'timer-fires': ROLE.ppiLine | ROLE.timerLine,
  'ppi-input': ROLE.ppiCandidate | ROLE.signal | ROLE.timerLine,
  access: 0,
  device: ROLE.spiState | ROLE.irsCandidate | ROLE.signal,
};

/** What may come after an effect line of an action. */
export function nextAfter(role: number, kind: ActionKind): number {
  switch (role) {
    case ROLE.ppiCandidate:
      return ROLE.signal;
    case ROLE.signal:
      return afterSignal(kind);
    case ROLE.ppiLine:
      return ROLE.ppiCandidate | ROLE.signal | ROLE.timerLine;
    case ROLE.timerLine:
      return kind === 'timer-offset' ? TIMER_TAIL : 0;
    case ROLE.deadline:
    case ROLE.timerOff:
    case ROLE.maskToggle:
      return ROLE.ppiLine | ROLE.timerLine;
    case ROLE.irsCandidate:
      return ROLE.signal;
    case ROLE.activate:
    case ROLE.deactivate:
    case ROLE.spiState:
      return ROLE.spiState | ROLE.irsCandidate | ROLE.signal;
    default:
      return 0;
  }
}

/** After its signals a timer action still prints the timer's line, a command that moves an interrupt the second PE. */
function afterSignal(kind: ActionKind): number {
  if (kind.startsWith('timer-') || kind === 'ppi-input') return ROLE.timerLine;
  return kind === 'command' || kind === 'device' ? ROLE.irsCandidate : 0;
}

/**
 * Lines that not only the accesses that explain them print: an IRS recalls its candidates, and where input changes are
 * not recorded, their candidates stand alone. One vCPU with such a write is no proof; that the write must have had an
 * effect, and only one is there, is.
 */
export const isAlsoByOthers = (kind: ActionKind): boolean => kind === 'signal' || kind === 'ppi-registers';

export class Action {
  readonly kind: ActionKind;
  /** Order of its first line. */
  readonly serial: number;
  /** vCPU, `NOBODY` (nothing proves one), or `OPEN`. */
  actor = NOBODY;
  /** While open, and afterwards if nobody was proven: the vCPUs that it may have been; undefined: any. */
  candidates: number[] | undefined;
  /** What tells it from other actions of its kind: an identifier, a value. */
  keyLo = 0;
  keyHi = 0;
  timer = -1;
  /** Name of the event that started a `command`. */
  command = '';
  /** The PPI whose input changed within the action, or -1. */
  ppi = -1;
  level = 0;
  /** Order of that change. */
  changedAt = 0;
  /** Set when several vCPUs did the same and only the order among them is not known. */
  group: Group | undefined;
  /** Roles that may come next. */
  expects: number;
  /** PE that the last IRS line was about. */
  pe = NOBODY;

  constructor(kind: ActionKind, serial: number) {
    this.kind = kind;
    this.serial = serial;
    this.expects = FIRST[kind];
  }

  get isOpen(): boolean {
    return this.actor === OPEN;
  }
}

/**
 * Several like actions of as many vCPUs, each of which is proven to have done one of them, though not which: two vCPUs
 * that deactivate the same PPI at the same moment. Before the last of them nobody can be named; with the last, all
 * have done it.
 */
export class Group {
  readonly vcpus: readonly number[];
  /** In order. */
  readonly members: readonly Action[];
  /** Lines seen so far, by event: how often in the same words. */
  readonly #lines = new Map<number, { readonly words: string; count: number }>();

  constructor(vcpus: readonly number[], members: readonly Action[]) {
    this.vcpus = vcpus;
    this.members = members;
  }

  /** Whether with this line of this member all members have printed the same: then it holds for all the vCPUs. */
  completes(member: Action, event: number, words: string): boolean {
    const before = this.#lines.get(event);
    if (before === undefined) this.#lines.set(event, { words, count: 1 });
    else if (before.words === words) before.count++;
    else before.count = Number.NEGATIVE_INFINITY;
    return member === this.members.at(-1) && this.#lines.get(event)?.count === this.members.length;
  }
}
