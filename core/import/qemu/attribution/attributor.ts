/**
 * Which vCPU did it. Most lines name none; this gives each line's action an actor where something proves one, and
 * leaves the rest to nobody. What counts as proof:
 *
 * 1. The machine has one vCPU.
 * 2. A write that the plugin printed before: the next action of that kind, identifier and value belongs to a vCPU with
 *    such a write outstanding; if there is one such vCPU, it is proven; if several, the one whose next own line comes
 *    first had its action by then.
 * 3. A read that the plugin printed after: the acknowledge lies between the vCPU's previous own line and its read.
 * 4. An acknowledged LPI or SPI is offered to one PE only, the one whose IRS candidate is then recomputed.
 * 5. A timer that the main loop fires is the one with the earliest deadline (timer-book.ts).
 * 6. A PPI that rises was low: the only vCPU where it is not known to be high; or the one that acknowledges it or
 *    lowers it next (input-book.ts).
 *
 * An action stays `OPEN` while a later line may still prove it; the window (window.ts) decides how long that is.
 * Nothing here changes state of the trace.
 */
import { interruptOf } from '../../../trace/interrupts.ts';
import { NOBODY } from '../trace-line.ts';
import { Action, type ActionKind, Group, nextAfter, OPEN, ROLE } from './action.ts';
import { InputBook } from './input-book.ts';
import { type Machine, MOST_VCPUS } from './machine.ts';
import { Operation, operationOf } from './operation.ts';
import { TimerBook } from './timer-book.ts';

/**
 * In a log that does not begin with the machine's creation, a write may have been cut off whose effect still follows.
 * It follows at once; after so many lines none is left.
 */
const TORN_START = 256;

/**
 * Lines that not only the accesses that explain them print: an IRS recalls its candidates, and where input changes are
 * not recorded, their candidates stand alone. One vCPU with such a write is no proof; that the write must have had an
 * effect, and only one is there, is.
 */
const ALSO_BY_OTHERS: ReadonlySet<ActionKind> = new Set<ActionKind>(['signal', 'ppi-registers']);

/** Changes of a PPI's input that are looked back on when an earlier one is decided. */
const REMEMBERED_CHANGES = 64;

interface Own {
  /** Actions of this vCPU's own lines. */
  readonly action: Action;
  /** The access that its last own line printed, if its effect comes afterwards. */
  operation: Operation | undefined;
  /** Order of its last own line. */
  serial: number;
}

/** A vCPU that owns exactly one of several open actions. */
interface Claim {
  readonly vcpu: number;
  actions: Action[];
  /** One of them was given up, and may have been its own. */
  isSpoiled: boolean;
}

export class Attributor {
  readonly machine: Machine;
  readonly #timers = new TimerBook();
  readonly #inputs = new InputBook();
  readonly #own: Own[] = [];
  /** Open actions, oldest first. */
  #open: Action[] = [];
  #claims: Claim[] = [];
  /** The last changes of each PPI's input, on any vCPU, oldest first. */
  readonly #changes = new Map<number, Action[]>();
  /** The action that the next effect line may continue. */
  #current: Action | undefined;
  #serial = 0;
  /** Writes of timers that the log has shown. */
  readonly #recorded = { control: false, compare: false };

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** An action whose first line is this one, decided as far as it can be now. */
  start(kind: ActionKind, prepare?: (action: Action) => void): Action {
    this.#leave();
    const action = new Action(kind, ++this.#serial);
    prepare?.(action);
    if (kind === 'timer-control') this.#recorded.control = true;
    if (kind === 'timer-compare' || kind === 'timer-value') this.#recorded.compare = true;
    this.#current = action;
    this.#decideAtStart(action);
    return action;
  }

  /** The action that a line of this role continues, or undefined: then it starts one. */
  continued(role: number): Action | undefined {
    const current = this.#current;
    if (current === undefined || (current.expects & role) === 0) return undefined;
    current.expects = nextAfter(role, current.kind);
    return current;
  }

  /** A line under the lock that belongs to no action: the action before is complete. */
  apart(): void {
    this.#leave();
  }

  /** A line that a vCPU prints about itself: what it did before is done. */
  ownLine(vcpu: number): Action {
    this.#serial++;
    const own = this.#ownOf(vcpu);
    this.#operationIsOver(vcpu, own);
    own.serial = this.#serial;
    return own.action;
  }

  /** A register write that the plugin printed: its effects follow. */
  write(vcpu: number, encoding: number, lo: number, hi: number): Action {
    const action = this.ownLine(vcpu);
    const row = operationOf(encoding);
    if (row !== undefined) this.#ownOf(vcpu).operation = new Operation(row, lo, hi, this.#serial);
    return action;
  }

  /** A register read that the plugin printed: its effects stand before it. */
  read(vcpu: number, encoding: number, lo: number, hi: number): Action {
    const previous = this.#ownOf(vcpu).serial;
    const action = this.ownLine(vcpu);
    const row = operationOf(encoding);
    if (row === undefined) return action;
    const read = new Operation(row, lo, hi, this.#serial);
    if (row.causes === 'acknowledge' && (hi === 1 || (hi === 0 && lo === 0))) this.#claim(vcpu, read, previous);
    return action;
  }

  /** The PE that an acknowledged LPI or SPI was offered to. */
  offeredTo(action: Action, pe: number): void {
    if (action.kind === 'acknowledge' && action.isOpen && interruptOf(action.keyLo)?.type !== 'ppi')
      this.#decide(action, pe);
  }

  /** A PPI's input changed within this action. */
  inputChanged(action: Action, ppi: number, level: number): void {
    action.ppi = ppi;
    action.level = level;
    action.changedAt = ++this.#serial;
    this.#rememberChange(action);
    if (action.actor >= 0) this.#inputIs(action.actor, action);
    else if (action.isOpen && (action.kind === 'ppi-input' || action.kind === 'timer-fires')) this.#narrowInput(action);
    else this.#inputUnknown(action);
  }

  /** A timer's control register was written (the line that starts the action): what follows depends on what changes. */
  timerControl(action: Action, value: number): void {
    const { actor, timer } = action;
    if (actor < 0) {
      this.#timers.forget(this.#mayBe(action), timer);
      action.expects = ROLE.maskToggle | ROLE.timerOff;
      return;
    }
    const { enable, mask } = this.#timers.setting(actor, timer);
    this.#timers.control(actor, timer, value);
    const isEnabled = (value & 1) === 1;
    if (enable < 0) {
      // A deadline that follows may be the main loop's for another vCPU.
      const mayRecompute = this.machine.only >= 0 ? ROLE.deadline : 0;
      action.expects = ROLE.maskToggle | ROLE.timerOff | mayRecompute;
    } else if (enable !== (value & 1)) action.expects = isEnabled ? ROLE.deadline : ROLE.timerOff;
    else action.expects = mask === ((value >> 1) & 1) ? 0 : ROLE.maskToggle | ROLE.ppiLine | ROLE.timerLine;
  }

  deadline(action: Action, timer: number, lo: number, hi: number): void {
    if (action.actor >= 0) this.#timers.deadline(action.actor, timer, lo, hi);
    else this.#timers.forgetDeadline(this.#mayBe(action), timer);
  }

  timerDisabled(action: Action, timer: number): void {
    if (action.actor >= 0) this.#timers.disabled(action.actor, timer);
    else this.#timers.forget(this.#mayBe(action), timer);
  }

  /** The machine was created: all its timers are off and all inputs low. */
  created(count: number): void {
    for (let vcpu = 0; vcpu < Math.min(count, MOST_VCPUS); vcpu++) {
      this.#timers.reset(vcpu);
      this.#inputs.create(vcpu);
    }
  }

  wasReset(vcpu: number): void {
    this.ownLine(vcpu);
    this.#timers.reset(vcpu);
    this.#inputs.reset(vcpu);
  }

  /** Nothing more will come that could prove this action, or there is no room to wait. */
  giveUp(action: Action): void {
    if (!action.isOpen) return;
    action.actor = NOBODY;
    this.#close(action);
    if (action.candidates !== undefined) this.#mayBeDone(action, action.candidates);
    if (action.ppi >= 0) this.#inputUnknown(action);
    else if (action.kind === 'timer-fires') this.#timers.forgetDeadline(this.#mayBe(action), action.timer);
  }

  /** A line could not be read: what it said may have changed anything that proofs are made of. */
  lost(): void {
    this.#leave();
    for (const action of [...this.#open]) this.giveUp(action);
    this.#claims = [];
    for (const own of this.#own) if (own?.operation !== undefined) own.operation.isDone = true;
    this.#timers.forgetAll();
    this.#inputs.doubtAll(++this.#serial);
  }

  /** The end of the log: what is open stays nobody's. */
  finish(): void {
    this.#leave();
    for (const action of [...this.#open]) this.giveUp(action);
  }

  #ownOf(vcpu: number): Own {
    let own = this.#own[vcpu];
    if (own === undefined) {
      const action = new Action('own', 0);
      action.actor = vcpu;
      own = { action, operation: undefined, serial: 0 };
      this.#own[vcpu] = own;
    }
    return own;
  }

  /** Whether the plugin's outstanding writes are all known. */
  get #isTrusted(): boolean {
    return this.machine.isFromStart || this.#serial > TORN_START;
  }

  #decideAtStart(action: Action): void {
    const only = this.machine.only;
    if (only >= 0) {
      action.actor = only;
      return;
    }
    switch (action.kind) {
      case 'own':
      case 'device':
        return;
      case 'acknowledge':
        this.#wait(action, undefined);
        return;
      case 'timer-fires': {
        const vcpu = this.#whoFires(action);
        if (vcpu >= 0) action.actor = vcpu;
        else this.#wait(action, undefined);
        return;
      }
      case 'ppi-input':
        this.#wait(action, undefined);
        return;
      default:
        this.#decideByWrites(action);
    }
  }

  /**
   * Deadlines decide only in a log that records the writes of timers, else a deadline may be a write's effect; and a
   * timer that has fired has no next deadline.
   */
  #whoFires({ timer, keyLo, keyHi }: Action): number {
    const count = this.machine.vcpus;
    const isOver = keyLo === 0xffff_ffff && keyHi === 0xffff_ffff;
    if (count === undefined || !isOver || !this.#recorded.control || !this.#recorded.compare) return NOBODY;
    return this.#timers.whoFires(count, timer);
  }

  #decideByWrites(action: Action): void {
    const candidates: number[] = [];
    for (let vcpu = 0; vcpu < this.#own.length; vcpu++) {
      const operation = this.#own[vcpu]?.operation;
      if (operation !== undefined && !operation.isDone && operation.explains(action)) candidates.push(vcpu);
    }
    const [first] = candidates;
    if (first === undefined) return;
    if (!this.#isTrusted) this.#mayBeDone(action, candidates);
    else if (candidates.length === 1 && !ALSO_BY_OTHERS.has(action.kind)) this.#decide(action, first);
    else this.#wait(action, candidates);
  }

  /** The action may have been the effect of any of these writes: none of them can prove another one. */
  #mayBeDone(action: Action, candidates: readonly number[]): void {
    for (const vcpu of candidates) {
      const operation = this.#own[vcpu]?.operation;
      if (operation?.precedes(action)) operation.isDone = true;
    }
  }

  #wait(action: Action, candidates: number[] | undefined): void {
    action.actor = OPEN;
    action.candidates = candidates;
    this.#open.push(action);
  }

  /** The vCPU goes on: the access of its previous own line has had its effect. */
  #operationIsOver(vcpu: number, own: Own): void {
    const { operation } = own;
    if (operation === undefined) return;
    own.operation = undefined;
    if (operation.isDone) return;
    const mine = this.#open.filter((action) => action.candidates?.includes(vcpu) && operation.precedes(action));
    const [one] = mine;
    if (one !== undefined && mine.length === 1) this.#decide(one, vcpu);
    else if (one !== undefined) this.#claimOneOf(vcpu, mine);
    for (const action of mine) if (action.isOpen && !this.#hasWriter(action)) this.giveUp(action);
  }

  /** Whether a candidate's write is still outstanding, so that its next own line may prove something. */
  #hasWriter(action: Action): boolean {
    return (
      action.candidates?.some((vcpu) => {
        const operation = this.#own[vcpu]?.operation;
        return operation !== undefined && !operation.isDone && operation.precedes(action);
      }) ?? false
    );
  }

  /** Exactly one acknowledge between the vCPU's previous own line and this read is its own. */
  #claim(vcpu: number, read: Operation, previous: number): void {
    const mine = this.#open.filter((action) => action.serial > previous && read.explains(action));
    const [one] = mine;
    if (one === undefined) return;
    if (mine.length === 1) this.#decide(one, vcpu);
    else this.#claimOneOf(vcpu, mine);
  }

  /** As many vCPUs as like actions: all have acted, in an order that nothing shows. */
  #claimOneOf(vcpu: number, actions: Action[]): void {
    this.#claims.push({ vcpu, actions, isSpoiled: false });
    const same = this.#claims.filter(
      (claim) => claim.actions.length === actions.length && claim.actions.every((action) => actions.includes(action)),
    );
    if (same.length === actions.length && !same.some(({ isSpoiled }) => isSpoiled))
      this.#settle(
        new Group(
          same.map((claim) => claim.vcpu),
          actions,
        ),
      );
  }

  #settle(group: Group): void {
    const { vcpus, members } = group;
    for (const action of members) {
      action.group = group;
      action.candidates = [...vcpus];
      action.actor = NOBODY;
    }
    this.#open = this.#open.filter((action) => !members.includes(action));
    this.#claims = this.#claims.filter(({ actions }) => !actions.some((action) => members.includes(action)));
    const last = members.at(-1);
    if (last === undefined) return;
    if (last.kind === 'timer-control') for (const vcpu of vcpus) this.#timers.control(vcpu, last.timer, last.keyLo);
    const isSame = members.every(({ ppi, level }) => ppi === last.ppi && level === last.level);
    if (last.ppi >= 0 && isSame) for (const vcpu of vcpus) this.#inputIs(vcpu, last);
  }

  #decide(action: Action, vcpu: number): void {
    const wasOpen = action.isOpen;
    action.actor = vcpu;
    const operation = this.#own[vcpu]?.operation;
    if (wasOpen) this.#close(action);
    if (operation?.precedes(action)) {
      operation.isDone = true;
      this.#excludeWriter(vcpu, operation);
    }
    if (action.kind === 'acknowledge') this.#acknowledged(vcpu, action);
    if (action.ppi >= 0) this.#inputIs(vcpu, action);
  }

  /** A write has one action: others that it might have explained are someone else's. */
  #excludeWriter(vcpu: number, operation: Operation): void {
    for (const other of [...this.#open]) {
      if (!other.isOpen || !operation.precedes(other) || other.candidates?.includes(vcpu) !== true) continue;
      other.candidates = other.candidates.filter((candidate) => candidate !== vcpu);
      const [one] = other.candidates;
      if (one === undefined) this.giveUp(other);
      else if (other.candidates.length === 1 && !ALSO_BY_OTHERS.has(other.kind)) this.#decide(other, one);
    }
  }

  #close(action: Action): void {
    this.#open = this.#open.filter((other) => other !== action);
    this.#narrowClaims(action);
  }

  #narrowClaims(done: Action): void {
    this.#claims = this.#claims.filter(({ vcpu }) => vcpu !== done.actor);
    for (const claim of this.#claims) {
      if (!claim.actions.includes(done)) continue;
      claim.actions = claim.actions.filter((action) => action !== done);
      if (done.actor < 0) claim.isSpoiled = true;
    }
    const settled = this.#claims.find(({ actions, isSpoiled }) => actions.length === 1 && !isSpoiled);
    this.#claims = this.#claims.filter((claim) => claim.actions.length > 1 && claim !== settled);
    const [one] = settled?.actions ?? [];
    // Deciding one closes it and so comes back here for the next.
    if (settled !== undefined && one?.isOpen) this.#decide(one, settled.vcpu);
  }

  #narrowInput(action: Action): void {
    const count = this.machine.vcpus;
    if (count === undefined) return;
    let candidates: number[] = [];
    for (let vcpu = 0; vcpu < count; vcpu++)
      if (this.#inputs.level(vcpu, action.ppi) !== action.level) candidates.push(vcpu);
    if (action.level === 0) candidates = this.#whoLowers(action.ppi, candidates);
    action.candidates = candidates;
    const [one] = candidates;
    if (one !== undefined && candidates.length === 1) this.#decide(action, one);
  }

  /** A timer's output falls only by a write of its own vCPU, which the plugin printed before. */
  #whoLowers(ppi: number, candidates: number[]): number[] {
    const timer = TIMER_PPIS.indexOf(ppi);
    if (timer < 0 || !this.#isTrusted) return candidates;
    const writing = candidates.filter((vcpu) => {
      const operation = this.#own[vcpu]?.operation;
      return operation !== undefined && !operation.isDone && (operation.row.timers?.includes(timer) ?? false);
    });
    return writing.length > 0 ? writing : candidates;
  }

  /** The change of this action is this vCPU's. */
  #inputIs(vcpu: number, action: Action): void {
    const { ppi, level } = action;
    if (level === 0) this.#provedHigh(vcpu, ppi, action.changedAt - 0.5);
    const later = this.#changes.get(ppi)?.filter((other) => other.changedAt > action.changedAt) ?? [];
    if (!later.some(({ actor }) => actor === vcpu)) this.#inputs.set(vcpu, ppi, level, action.changedAt);
    // Later changes that may have been its own as well leave the present level open.
    for (const other of later)
      if (mayBeOf(other, vcpu)) this.#inputs.doubt(vcpu, ppi, other.level === 0, other.changedAt);
    if (level === 1) this.#excludeFromRises(vcpu, action);
  }

  #acknowledged(vcpu: number, action: Action): void {
    const interrupt = interruptOf(action.keyLo);
    if (interrupt?.type === 'ppi') this.#provedHigh(vcpu, interrupt.number, action.serial);
  }

  /** The input of this vCPU was high at a moment; if it was low before, one of the rises that wait was its own. */
  #provedHigh(vcpu: number, ppi: number, moment: number): void {
    if (this.#inputs.isKnownAfter(vcpu, ppi, moment)) return;
    const before = this.#inputs.level(vcpu, ppi);
    if (before === 1) return;
    const rises = this.#openRises(ppi).filter(
      (action) => action.changedAt < moment && (action.candidates?.includes(vcpu) ?? true),
    );
    const [one] = rises;
    if (before === 0 && one !== undefined && rises.length === 1) this.#decide(one, vcpu);
    this.#inputs.set(vcpu, ppi, 1, moment);
  }

  /** Without a fall in between, a vCPU has one rise. */
  #excludeFromRises(vcpu: number, own: Action): void {
    for (const action of this.#openRises(own.ppi)) {
      if (action === own || !action.isOpen || action.candidates === undefined) continue;
      if (this.#inputs.mayHaveFallenSince(vcpu, own.ppi, Math.min(action.changedAt, own.changedAt))) continue;
      action.candidates = action.candidates.filter((candidate) => candidate !== vcpu);
      const [one] = action.candidates;
      if (one !== undefined && action.candidates.length === 1) this.#decide(action, one);
    }
  }

  #rememberChange(action: Action): void {
    const changes = this.#changes.get(action.ppi);
    if (changes === undefined) this.#changes.set(action.ppi, [action]);
    else {
      if (changes.length === REMEMBERED_CHANGES) changes.shift();
      changes.push(action);
    }
  }

  #openRises(ppi: number): Action[] {
    return this.#open.filter((action) => action.ppi === ppi && action.level === 1);
  }

  #inputUnknown(action: Action): void {
    const { ppi, level, changedAt } = action;
    for (const vcpu of this.#mayBe(action)) this.#inputs.doubt(vcpu, ppi, level === 0, changedAt);
  }

  #mayBe(action: Action): Iterable<number> {
    return action.candidates ?? this.#all();
  }

  #all(): number[] {
    const count = this.machine.vcpus ?? this.machine.seen;
    return Array.from({ length: count }, (_, vcpu) => vcpu);
  }

  /** The current action prints no more. What no later line can prove is given up at once. */
  #leave(): void {
    const action = this.#current;
    this.#current = undefined;
    if (action === undefined || !action.isOpen) return;
    if (action.kind !== 'timer-fires' && action.kind !== 'ppi-input') return;
    const waitsForAcknowledge = action.ppi >= 0 && action.level === 1 && action.candidates?.length !== 0;
    if (!waitsForAcknowledge) this.giveUp(action);
  }
}

/** Whether an action without a proven vCPU may have been this one's. */
function mayBeOf({ actor, candidates }: Action, vcpu: number): boolean {
  return actor < 0 && (candidates?.includes(vcpu) ?? true);
}

/** PPI of each timer (gicv5-registers §8), in the order of the timers' numbers. */
const TIMER_PPIS: readonly number[] = [30, 27, 26, 29, 28, 20, 19];
