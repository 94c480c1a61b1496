/**
 * Which vCPU did it. Most lines name none; this gives each line's action an actor where something proves one, and
 * leaves the rest to nobody. What counts as proof:
 *
 * 1. The machine has one vCPU.
 * 2. A write that the plugin printed before its effect, or a read that it printed after (accesses.ts, claims.ts).
 * 3. An acknowledged LPI or SPI is offered to one PE only, the one whose IRS candidate is then recomputed.
 * 4. A timer that the main loop fires is the one with the earliest deadline (timers.ts).
 * 5. A PPI that rises was low, and one that is acknowledged or falls was high (inputs.ts).
 * 6. The thread that prints is a vCPU's (printers.ts). Where threads are told, each has an action of its own.
 *
 * An action stays `OPEN` while a later line may still prove it (docket.ts); the window (window.ts) decides how long
 * that is. Nothing here changes state of the trace.
 */
import { interruptOf } from '../../../trace/interrupts.ts';
import { NO_THREAD } from '../prefix.ts';
import { NOBODY, type TraceLine } from '../trace-line.ts';
import { Accesses } from './accesses.ts';
import { Action, type ActionKind, isByPrinter, isTimerWrite, nextAfter, ROLE } from './action.ts';
import { Claims } from './claims.ts';
import { Docket } from './docket.ts';
import { Inputs } from './inputs.ts';
import { type Machine, MOST_VCPUS } from './machine.ts';
import { Printers } from './printers.ts';
import { Timers } from './timers.ts';

/**
 * In a log that does not begin with the machine's creation, a write may have been cut off whose effect still follows.
 * It follows at once; after so many actions and own lines none is left.
 */
const TORN_START = 256;

export class Attributor {
  readonly machine: Machine;
  readonly printers = new Printers();
  readonly #docket = new Docket();
  readonly #claims = new Claims(this.#docket);
  readonly #accesses = new Accesses(this.#docket, this.#claims);
  readonly #timers: Timers;
  readonly #inputs: Inputs;
  /** The action that the next effect line may continue. */
  #current: Action | undefined;
  #thread = NO_THREAD;
  /** The current actions of the other threads. */
  readonly #others = new Map<number, Action>();
  /** The log names the vCPU of input changes, so timer actions that nothing else proves may wait for that. */
  #namesInputs = false;
  /** Counts actions, own lines and input changes. */
  #serial = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.#timers = new Timers(machine);
    this.#inputs = new Inputs(this.#docket, this.#accesses, machine);
    this.#docket.listen(this.#claims, this.#accesses, this.#timers, this.#inputs);
  }

  /** The lines from here on are of this thread. The caller bounds the number of threads. */
  turnTo(thread: number): void {
    if (this.#current !== undefined) this.#others.set(this.#thread, this.#current);
    this.#current = this.#others.get(thread);
    this.#others.delete(thread);
    this.#thread = thread;
    this.printers.turnTo(thread);
  }

  /** The vCPU whose thread prints the present line; NOBODY where nothing proves one. */
  get printer(): number {
    return this.#thread === NO_THREAD ? NOBODY : this.printers.vcpu;
  }

  /** The line can only be printed by the vCPU that it names. */
  spokeAs(vcpu: number, { time }: TraceLine): void {
    if (this.#thread !== NO_THREAD && vcpu !== NOBODY) this.printers.spokeAs(vcpu, time);
  }

  /** An action whose first line is this one, decided as far as it can be now; its key, timer and command as in Action. */
  start(kind: ActionKind, keyLo = 0, keyHi = 0, timer = -1, command = ''): Action {
    this.#leave();
    const action = new Action(kind, ++this.#serial);
    action.keyLo = keyLo;
    action.keyHi = keyHi;
    action.timer = timer;
    action.command = command;
    this.#timers.saw(kind);
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
  ownLine(vcpu: number): void {
    this.#accesses.ownLine(vcpu, ++this.#serial);
  }

  /** A register write that the plugin printed: its effects follow. */
  write(vcpu: number, encoding: number, lo: number, hi: number): void {
    this.ownLine(vcpu);
    this.#accesses.write(vcpu, encoding, lo, hi);
  }

  /** A register read that the plugin printed: its effects stand before it. */
  read(vcpu: number, encoding: number, lo: number, hi: number): void {
    this.#accesses.read(vcpu, encoding, lo, hi, ++this.#serial);
  }

  /** The PE that an acknowledged LPI or SPI was offered to. */
  offeredTo(action: Action, pe: number, line: TraceLine): void {
    const isShared = action.kind === 'acknowledge' && interruptOf(action.keyLo)?.type !== 'ppi';
    if (isShared) this.spokeAs(pe, line);
    if (isShared && action.isOpen) this.#docket.decide(action, pe);
  }

  /** A PPI's input changed within this action. */
  inputChanged(action: Action, ppi: number, level: number): void {
    action.ppi = ppi;
    action.level = level;
    action.changedAt = ++this.#serial;
    this.#inputs.changed(action, this.#isTrusted);
  }

  /**
   * The vCPU whose input changed, as GICv3 and GICv2 lines print it: it is the one whose timer does so, if a timer does.
   * Undefined: the line starts nothing and continues nothing.
   */
  inputNamed(vcpu: number): Action | undefined {
    this.#namesInputs = true;
    const action = this.continued(ROLE.ppiLine);
    if (action?.isOpen === true && vcpu >= 0) this.#docket.decide(action, vcpu);
    return action;
  }

  timerControl(action: Action, value: number): void {
    this.#timers.control(action, value);
  }

  deadline(action: Action, timer: number, lo: number, hi: number): void {
    this.#timers.deadline(action, timer, lo, hi);
  }

  timerDisabled(action: Action, timer: number): void {
    this.#timers.disabled(action, timer);
  }

  /** The machine was created: all its timers are off and all inputs low. */
  created(count: number): void {
    for (let vcpu = 0; vcpu < Math.min(count, MOST_VCPUS); vcpu++) {
      this.#timers.wasReset(vcpu);
      this.#inputs.created(vcpu);
    }
  }

  wasReset(vcpu: number): void {
    this.ownLine(vcpu);
    this.#timers.wasReset(vcpu);
    this.#inputs.wasReset(vcpu);
  }

  /** There is no room to wait for a proof. */
  giveUp(action: Action): void {
    this.#docket.giveUp(action);
  }

  /** A line could not be read: what it said may have changed anything that proofs are made of. */
  lost(): void {
    this.finish();
    this.#claims.clear();
    this.#accesses.distrust();
    this.#timers.forgetAll();
    this.#inputs.doubtAll(++this.#serial);
  }

  /** The end of the log: what is open stays nobody's. */
  finish(): void {
    this.#leave();
    for (const action of this.#others.values()) this.#close(action);
    this.#others.clear();
    this.#docket.giveUpAll();
  }

  /** Whether the plugin's outstanding writes are all known. */
  get #isTrusted(): boolean {
    return this.machine.isFromStart || this.#serial > TORN_START;
  }

  #decideAtStart(action: Action): void {
    const { only } = this.machine;
    if (only >= 0) {
      action.actor = only;
      return;
    }
    const printer = isByPrinter(action.kind) ? this.printer : NOBODY;
    if (printer !== NOBODY) {
      this.#docket.decide(action, printer);
      return;
    }
    switch (action.kind) {
      case 'own':
      case 'access':
      case 'device':
        return;
      case 'timer-fires':
        action.actor = this.#timers.whoFires(action);
        if (action.actor === NOBODY) this.#docket.wait(action, undefined);
        return;
      case 'acknowledge':
      case 'ppi-input':
        this.#docket.wait(action, undefined);
        return;
      default:
        this.#accesses.explain(action, this.#isTrusted);
        if (this.#namesInputs && action.actor === NOBODY && isTimerWrite(action.kind))
          this.#docket.wait(action, undefined);
    }
  }

  /** The current action prints no more. What no later line can prove is given up at once. */
  #leave(): void {
    const action = this.#current;
    this.#current = undefined;
    if (action !== undefined) this.#close(action);
  }

  #close(action: Action): void {
    if (!action.isOpen) return;
    if (isTimerWrite(action.kind) && action.candidates === undefined) this.#docket.giveUp(action);
    if (action.kind !== 'timer-fires' && action.kind !== 'ppi-input') return;
    const waitsForAcknowledge = action.ppi >= 0 && action.level === 1 && action.candidates?.length !== 0;
    if (!waitsForAcknowledge) this.#docket.giveUp(action);
  }
}
