/**
 * One run of a scenario: the machine, the events that user space and the host make, and what was expected of it.
 *
 * Use: make one, give it a sink with `record` if it is to be recorded, `begin`, then `advance` in pieces of virtual
 * time until it is `done`, then read `outcome`. Deterministic: the same scenario, profile and seed give the same run.
 */
import { formatResult } from '../kvm/errno.ts';
import { LockDeadlock } from '../kvm/v5/irs/locks.ts';
import { NOWHERE } from '../kvm/place.ts';
import { type Thread } from '../machine/thread.ts';
import { type HaltReason } from '../machine/events.ts';
import { type SavedTables } from '../machine/irs-actions.ts';
import { Machine } from '../machine/machine.ts';
import { type SavedRegisters } from '../machine/host-actions.ts';
import { actionName, perform } from './actions.ts';
import { type Arrival, Arrivals, type GuestPlace, isMeant, isThere } from './arrivals.ts';
import { type Check, Checks, hex } from './checks.ts';
import { GuestViews } from './guest-views.ts';
import { declareTables } from './record/tables.ts';
import { type Scenario } from './load.ts';
import { Recorder } from './recorder.ts';
import { type PackedSink } from './record/scribe.ts';
import { type Action, type ScenarioEvent } from './schema.ts';
import { expectationsOf, type RecordExpectation } from './record-expectations.ts';
import { type Path } from './source.ts';

export interface Outcome {
  readonly halted: HaltReason;
  /** Virtual nanoseconds. */
  readonly time: number;
  readonly checks: readonly Check[];
  readonly about: readonly RecordExpectation[];
}

interface Watched {
  readonly event: ScenarioEvent;
  readonly path: Path;
}

/** Changes that no event owns yet, before they are made few. */
const MOST_UNOWNED = 1 << 16;

export class ScenarioRun {
  readonly scenario: Scenario;
  readonly machine: Machine;
  #recorder: Recorder | undefined;
  #views: GuestViews | undefined;
  readonly #checks: Checks;
  readonly #arrivals: Arrivals;
  readonly #saved = new Map<string, SavedRegisters>();
  readonly #tables = new Map<string, SavedTables>();
  readonly #timed: Watched[];
  readonly #met = new Set<number>();
  #halted: HaltReason | undefined;
  /** Called when the VM's vCPUs exist, before they are set up. */
  onCreated: (() => void) | undefined;
  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.machine = new Machine(scenario.config);
    this.#checks = new Checks(this.machine, scenario.source, () => this.events - 1);
    this.#arrivals = new Arrivals(this.machine);
    this.#timed = scenario.data.events
      .map((event, index) => ({ event, path: ['events', index] }))
      .filter(({ event }) => event.at !== undefined)
      .toSorted((a, b) => (a.event.at ?? 0) - (b.event.at ?? 0));
  }

  /** Records into a sink whose journal is the machine's; before `begin`. */
  record(sink: PackedSink): void {
    this.#recorder = new Recorder(this.machine, sink);
    declareTables(this.machine, sink);
  }

  /** Events recorded so far. */
  get events(): number {
    return this.#recorder?.count ?? 0;
  }

  /** Virtual nanoseconds. */
  get time(): number {
    return Number(this.machine.now);
  }

  get done(): boolean {
    return this.#halted !== undefined;
  }

  /**
   * Creates the VM, sets it up as the scenario says, and lets the vCPUs start.
   * @throws RangeError when the VM cannot be created
   */
  begin(): void {
    const { machine, scenario } = this;
    machine.create();
    this.onCreated?.();
    this.#views = new GuestViews(machine);
    this.#recorder?.declare(this.#views);
    this.#watchLabels();
    if (scenario.data.vm.setUp === 'automatic') {
      const result = machine.setUp();
      if (result !== 0) this.#checks.add(['vm'], 'setting up the VM', '0', formatResult(result));
    }
    this.#performDue();
    machine.start();
  }

  /** Runs for at most `ticks` of virtual time; true when the run has ended. */
  advance(ticks: number): boolean {
    const { machine, scenario } = this;
    const limit = BigInt(scenario.data.limit.time);
    const goal = machine.now + BigInt(ticks);
    const until = goal < limit ? goal : limit;
    // Plain instructions change registers without an event that would own the changes: what is in between shows nowhere.
    if (machine.journal.count > MOST_UNOWNED) machine.journal.compact();
    while (!this.done) {
      this.#performDue();
      if (machine.stopAsked) return this.#end('stopped');
      if (machine.now >= limit) return this.#end('limit');
      if (machine.now >= until) return false;
      const due = this.#timed[0]?.event.at;
      const next = due === undefined || BigInt(due) > until ? until : BigInt(due);
      const { halted } = machine.run(next);
      if (halted === 'stopped') return this.#end('stopped');
      if (halted === undefined || machine.now >= next) continue;
      if (due === undefined) return this.#end(halted);
      machine.skipTo(next);
    }
    return true;
  }

  /** What was checked so far, in order. */
  get checks(): readonly Check[] {
    return this.#checks.list;
  }

  /** Replaces the places at which `onPlace` is called. After `begin`, or from within a call of the machine. */
  watchPlaces(places: readonly GuestPlace[]): void {
    this.#arrivals.watchPlaces(places);
  }

  /** Called before a vCPU executes the instruction at a place of `watchPlaces`. */
  set onPlace(call: (thread: Thread, address: bigint) => void) {
    this.#arrivals.onPlace = call;
  }

  /** Ends the run where it is. */
  stop(): void {
    if (!this.done) this.#end('stopped');
  }

  /** @throws Error before the end. */
  get outcome(): Outcome {
    if (this.#halted === undefined) throw new Error('the run has not ended');
    return {
      halted: this.#halted,
      time: this.time,
      checks: this.checks,
      about: expectationsOf(this.scenario),
    };
  }

  // --- events -----------------------------------------------------------------------------------------------------

  #performDue(): void {
    for (let next = this.#timed[0]; next !== undefined && (next.event.at ?? 0) <= this.time; next = this.#timed[0]) {
      this.#timed.shift();
      this.#perform(next);
    }
  }

  #perform({ event, path }: Watched): void {
    const isList = event.do.length > 1;
    for (const [index, action] of event.do.entries())
      this.#act(action, isList ? [...path, 'do', index] : [...path, 'do']);
  }

  #act(action: Action, path: Path): void {
    const name = actionName(action);
    try {
      const { result, words } = perform({ machine: this.machine, saved: this.#saved, tables: this.#tables }, action);
      this.#checks.add(path, name, formatResult(action.result ?? 0), formatResult(result));
      if (action.value === undefined) return;
      const wanted = Array.isArray(action.value) ? action.value : [action.value];
      this.#checks.add(path, `value of ${name}`, hexes(wanted), hexes((words ?? []).slice(0, wanted.length)));
    } catch (error) {
      // A thread that deadlocks in a call of user space ends the run as one in the guest does.
      if (error instanceof LockDeadlock) this.machine.stop();
      else if (!(error instanceof RangeError)) throw error;
      this.#checks.add(path, name, 'an action that is possible', error.message);
    }
  }

  // --- labels -----------------------------------------------------------------------------------------------------

  #watchLabels(): void {
    const { guest, data } = this.scenario;
    const names = new Set([
      ...data.events.flatMap(({ when }) => (when === undefined ? [] : [when.label])),
      ...data.expect.at.map(({ label }) => label),
    ]);
    this.#arrivals.watchLabels(guest, names, (arrival) => this.#arrive(arrival));
  }

  #arrive(arrival: Arrival): void {
    const { thread, label, address, own } = arrival;
    this.machine.emit({ kind: 'guest.label', label, pc: address, count: own }, thread.vcpu.place);
    this.#expectAt(arrival);
    for (const [index, event] of this.scenario.data.events.entries()) {
      const { when } = event;
      if (when === undefined || !(when.every ? isThere(when, arrival) : isMeant(when, arrival))) continue;
      this.#perform({ event, path: ['events', index] });
    }
  }

  #expectAt(arrival: Arrival): void {
    const { thread, label } = arrival;
    for (const [index, wanted] of this.scenario.data.expect.at.entries()) {
      if (!isMeant(wanted, arrival)) continue;
      this.#met.add(index);
      this.machine.save();
      this.#views?.update();
      const path = ['expect', 'at', index];
      this.#checks.registers(wanted.registers, thread.index, [...path, 'registers'], ` at ${label}`);
      this.#checks.state(wanted.state, [...path, 'state'], ` at ${label}`);
    }
  }

  #end(halted: HaltReason): true {
    const { data } = this.scenario;
    this.#halted = halted;
    this.machine.save();
    this.#views?.update();
    this.machine.emit({ kind: 'machine.halt', reason: halted }, NOWHERE);
    if (data.expect.halted !== undefined)
      this.#checks.add(['expect', 'halted'], 'why the run ended', data.expect.halted, halted);
    for (const [index, { label, nth = 1 }] of data.expect.at.entries())
      if (!this.#met.has(index)) {
        const times = String(this.#arrivals.times(label));
        this.#checks.add(['expect', 'at', index], `reaching ${label}`, `at least ${nth} times`, times, false);
      }
    this.#checks.state(data.expect.end, ['expect', 'end'], ' at the end');
    return true;
  }
}

const hexes = (values: readonly bigint[]): string => values.map(hex).join(' ');
