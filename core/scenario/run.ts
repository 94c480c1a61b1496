/**
 * One run of a scenario: the machine, the events that user space and the host make, and what was expected of it.
 *
 * Use: make one, give it a sink with `record` if it is to be recorded, `begin`, then `advance` in pieces of virtual
 * time until it is `done`, then read `outcome`. Deterministic: the same scenario, profile and seed give the same run.
 */
import { formatResult } from '../kvm/errno.ts';
import { LockDeadlock } from '../kvm/v5/irs/locks.ts';
import { type Thread } from '../machine/thread.ts';
import { type HaltReason } from '../machine/events.ts';
import { type SavedTables } from '../machine/irs-actions.ts';
import { Machine } from '../machine/machine.ts';
import { type SavedRegisters } from '../machine/host-actions.ts';
import { actionName, perform } from './actions.ts';
import { GuestViews } from './guest-views.ts';
import { declareTables } from './record/tables.ts';
import { type Scenario } from './load.ts';
import { Recorder } from './recorder.ts';
import { type PackedSink } from './record/scribe.ts';
import { readRegister } from './registers.ts';
import { type Action, type ScenarioEvent } from './schema.ts';
import { type Path, type Position } from './source.ts';

/** One thing that was expected, and what was found. */
export interface Check extends Position {
  readonly ok: boolean;
  /** What it is about: `KVM_IRQ_LINE`, `X5 at done`. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  /** Virtual nanoseconds. */
  readonly time: number;
  /** Position of the last event before it was checked; −1 when there was none, or nothing is recorded. */
  readonly seq: number;
}

/** A place in the guest's program, of one vCPU or of all. */
export interface GuestPlace {
  readonly address: bigint;
  readonly vcpu: number | undefined;
}

/** An expectation about the record as a whole, in the condition language; whoever can search traces decides it. */
export type RecordExpectation = Position & { readonly condition: string } & (
    | { readonly kind: 'sequence'; readonly index: number }
    | { readonly kind: 'never' }
    | { readonly kind: 'count'; readonly count: number }
  );

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
  readonly #checks: Check[] = [];
  readonly #saved = new Map<string, SavedRegisters>();
  readonly #tables = new Map<string, SavedTables>();
  readonly #timed: Watched[];
  /** Labels by address, per vCPU. */
  readonly #labels: Map<bigint, string[]>[] = [];
  readonly #reached = new Map<string, number>();
  readonly #met = new Set<number>();
  /** Addresses at which `onPlace` is called, per vCPU. */
  readonly #places: Set<bigint>[] = [];
  #halted: HaltReason | undefined;
  /** Called when the VM's vCPUs exist, before they are set up. */
  onCreated: (() => void) | undefined;
  /** Called before a vCPU executes the instruction at a place of `watchPlaces`. */
  onPlace: ((thread: Thread, address: bigint) => void) | undefined;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.machine = new Machine(scenario.config);
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
      if (result !== 0) this.#check(['vm'], 'setting up the VM', '0', formatResult(result));
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
    return this.#checks;
  }

  /** Replaces the places at which `onPlace` is called. After `begin`, or from within a call of the machine. */
  watchPlaces(places: readonly GuestPlace[]): void {
    for (const { core, index } of this.machine.threads) {
      const wanted = new Set(
        places.filter(({ vcpu }) => vcpu === undefined || vcpu === index).map(({ address }) => address),
      );
      for (const address of this.#places[index] ?? [])
        if (!wanted.has(address) && this.#labels[index]?.has(address) !== true) core.breakpoints.delete(address);
      for (const address of wanted) core.breakpoints.add(address);
      this.#places[index] = wanted;
    }
    // One that runs looks again before its next instruction.
    this.machine.interrupt();
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
      checks: this.#checks,
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
      this.#check(path, name, formatResult(action.result ?? 0), formatResult(result));
      if (action.value === undefined) return;
      const wanted = Array.isArray(action.value) ? action.value : [action.value];
      this.#check(path, `value of ${name}`, hexes(wanted), hexes((words ?? []).slice(0, wanted.length)));
    } catch (error) {
      // A thread that deadlocks in a call of user space ends the run as one in the guest does.
      if (error instanceof LockDeadlock) this.machine.stop();
      else if (!(error instanceof RangeError)) throw error;
      this.#check(path, name, 'an action that is possible', error.message);
    }
  }

  // --- labels -----------------------------------------------------------------------------------------------------

  #watchLabels(): void {
    const { scenario, machine } = this;
    const { events, expect } = scenario.data;
    const names = new Set([
      ...events.flatMap(({ when }) => (when === undefined ? [] : [when.label])),
      ...expect.at.map(({ label }) => label),
    ]);
    for (const { core, index } of machine.threads) {
      const labels = new Map<bigint, string[]>();
      for (const name of names) {
        const address = scenario.guest.labelOf(name, index);
        if (address === undefined) continue;
        labels.set(address, [...(labels.get(address) ?? []), name]);
        core.breakpoints.add(address);
      }
      this.#labels[index] = labels;
    }
    machine.onBreakpoint = (thread, address) => this.#arrive(thread, address);
  }

  #arrive(thread: Thread, address: bigint): void {
    if (this.#places[thread.index]?.has(address) === true) this.onPlace?.(thread, address);
    for (const label of this.#labels[thread.index]?.get(address) ?? []) {
      const own = this.#count(`${label}:${thread.index}`);
      const all = this.#count(label);
      this.machine.emit({ kind: 'guest.label', label, pc: address, count: own }, thread.vcpu.place);
      this.#expectAt(thread, label, own, all);
      for (const [index, event] of this.scenario.data.events.entries()) {
        const { when } = event;
        if (when === undefined || !isMeant(when, label, thread.index, own, all, when.every)) continue;
        this.#perform({ event, path: ['events', index] });
      }
    }
  }

  #count(key: string): number {
    const count = (this.#reached.get(key) ?? 0) + 1;
    this.#reached.set(key, count);
    return count;
  }

  #expectAt(thread: Thread, label: string, own: number, all: number): void {
    for (const [index, wanted] of this.scenario.data.expect.at.entries()) {
      if (!isMeant(wanted, label, thread.index, own, all, false)) continue;
      this.#met.add(index);
      this.machine.save();
      this.#views?.update();
      const path = ['expect', 'at', index];
      for (const [name, value] of Object.entries(wanted.registers)) {
        const found = readRegister(this.machine, thread.index, name);
        this.#check(
          [...path, 'registers', name],
          `${name} of vCPU ${thread.index} at ${label}`,
          hex(value),
          found === undefined ? 'no such register' : hex(found),
        );
      }
      this.#expectState(wanted.state, [...path, 'state'], ` at ${label}`);
    }
  }

  #expectState(wanted: Readonly<Record<string, bigint>>, path: Path, when: string): void {
    const { layout, state } = this.machine.journal;
    for (const [name, value] of Object.entries(wanted)) {
      const slot = layout.find(name);
      this.#check(
        [...path, name],
        `${name}${when}`,
        hex(value),
        slot === undefined ? 'no such slot' : hex(state.read(slot)),
      );
    }
  }

  #end(halted: HaltReason): true {
    const { data, source } = this.scenario;
    this.#halted = halted;
    this.machine.save();
    this.#views?.update();
    this.machine.emit({ kind: 'machine.halt', reason: halted }, {});
    if (data.expect.halted !== undefined)
      this.#check(['expect', 'halted'], 'why the run ended', data.expect.halted, halted);
    for (const [index, { label, nth = 1 }] of data.expect.at.entries())
      if (!this.#met.has(index))
        this.#checks.push({
          ...source.locate(['expect', 'at', index]),
          ok: false,
          what: `reaching ${label}`,
          expected: `at least ${nth} times`,
          found: String(this.#reached.get(label) ?? 0),
          time: this.time,
          seq: this.events - 1,
        });
    this.#expectState(data.expect.end, ['expect', 'end'], ' at the end');
    return true;
  }

  #check(path: Path, what: string, expected: string, found: string): void {
    const position = this.scenario.source.locate(path);
    const { time, events } = this;
    this.#checks.push({ ...position, ok: expected === found, what, expected, found, time, seq: events - 1 });
  }
}

/** What a scenario expects of its record, to be asked when it is finished. */
export function expectationsOf({ source, data }: Pick<Scenario, 'source' | 'data'>): RecordExpectation[] {
  const at = (...path: Path): Position => source.locate(['expect', ...path]);
  const { sequence, never, counts } = data.expect;
  return [
    ...sequence.map((condition, index) => ({ ...at('sequence', index), condition, kind: 'sequence' as const, index })),
    ...never.map((condition, index) => ({ ...at('never', index), condition, kind: 'never' as const })),
    ...counts.map(({ of: condition, is: count }, index) => ({
      ...at('counts', index),
      condition,
      kind: 'count' as const,
      count,
    })),
  ];
}

/** Is this the arrival that somebody waits for? */
function isMeant(
  wanted: { readonly label: string; readonly vcpu?: number | undefined; readonly nth?: number | undefined },
  label: string,
  vcpu: number,
  own: number,
  all: number,
  every: boolean,
): boolean {
  if (wanted.label !== label || (wanted.vcpu !== undefined && wanted.vcpu !== vcpu)) return false;
  return every || (wanted.nth ?? 1) === (wanted.vcpu === undefined ? all : own);
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const hexes = (values: readonly bigint[]): string => values.map(hex).join(' ');
