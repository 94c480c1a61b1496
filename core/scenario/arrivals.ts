/**
 * Where somebody waits for the guest: labels of its programs, counted as they are reached, and plain places. Both are
 * breakpoints of the cores; an address may be several.
 */
import { type Machine } from '../machine/machine.ts';
import { type Thread } from '../machine/thread.ts';
import { type Guest } from './guest.ts';

/** A place in the guest's program, of one vCPU or of all. */
export interface GuestPlace {
  readonly address: bigint;
  readonly vcpu: number | undefined;
}

/** A vCPU is at a label. */
export interface Arrival {
  readonly thread: Thread;
  readonly label: string;
  readonly address: bigint;
  /** How often this vCPU has been there, and how often any has. */
  readonly own: number;
  readonly all: number;
}

/** Which arrival is meant. */
export interface Wanted {
  readonly label: string;
  /** Absent: any. */
  readonly vcpu?: number | undefined;
  /** Absent: the first. */
  readonly nth?: number | undefined;
}

export class Arrivals {
  /** Called before a vCPU executes the instruction at a place of `watchPlaces`. */
  onPlace: ((thread: Thread, address: bigint) => void) | undefined;
  readonly #machine: Machine;
  /** Labels by address, per vCPU. */
  readonly #labels: Map<bigint, string[]>[] = [];
  /** Addresses at which `onPlace` is called, per vCPU. */
  readonly #places: Set<bigint>[] = [];
  readonly #reached = new Map<string, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Calls `onLabel` from now on before a vCPU executes the instruction at one of these labels. */
  watchLabels(guest: Guest, names: ReadonlySet<string>, onLabel: (arrival: Arrival) => void): void {
    for (const { core, index } of this.#machine.threads) {
      const labels = new Map<bigint, string[]>();
      for (const name of names) {
        const address = guest.labelOf(name, index);
        if (address === undefined) continue;
        labels.set(address, [...(labels.get(address) ?? []), name]);
        core.breakpoints.add(address);
      }
      this.#labels[index] = labels;
    }
    this.#machine.onBreakpoint = (thread, address) => {
      if (this.#places[thread.index]?.has(address) === true) this.onPlace?.(thread, address);
      for (const label of this.#labels[thread.index]?.get(address) ?? []) {
        const own = this.#count(`${label}:${thread.index}`);
        onLabel({ thread, label, address, own, all: this.#count(label) });
      }
    };
  }

  /** Replaces the places at which `onPlace` is called. */
  watchPlaces(places: readonly GuestPlace[]): void {
    for (const { core, index } of this.#machine.threads) {
      const wanted = new Set(
        places.filter(({ vcpu }) => vcpu === undefined || vcpu === index).map(({ address }) => address),
      );
      for (const address of this.#places[index] ?? [])
        if (!wanted.has(address) && this.#labels[index]?.has(address) !== true) core.breakpoints.delete(address);
      for (const address of wanted) core.breakpoints.add(address);
      this.#places[index] = wanted;
    }
    // One that runs looks again before its next instruction.
    this.#machine.interrupt();
  }

  /** How often a label was reached, by any vCPU. */
  times(label: string): number {
    return this.#reached.get(label) ?? 0;
  }

  #count(key: string): number {
    const count = (this.#reached.get(key) ?? 0) + 1;
    this.#reached.set(key, count);
    return count;
  }
}

/** Is the vCPU where somebody waits for it, whichever time it is? */
export function isThere(wanted: Wanted, { thread, label }: Arrival): boolean {
  return wanted.label === label && (wanted.vcpu === undefined || wanted.vcpu === thread.index);
}

/** Is this the very arrival that somebody waits for? */
export function isMeant(wanted: Wanted, arrival: Arrival): boolean {
  const times = wanted.vcpu === undefined ? arrival.all : arrival.own;
  return isThere(wanted, arrival) && (wanted.nth ?? 1) === times;
}
