/** What a run was expected to show at its moments, and what was found: each expectation with its place in the file. */
import { type Machine } from '../machine/machine.ts';
import { readRegister } from './registers.ts';
import { type Path, type Position, type Source } from './source.ts';

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

type Values = Readonly<Record<string, bigint>>;

export class Checks {
  readonly #machine: Machine;
  readonly #source: Source;
  /** Position of the last event. */
  readonly #last: () => number;
  readonly #list: Check[] = [];

  constructor(machine: Machine, source: Source, last: () => number) {
    this.#machine = machine;
    this.#source = source;
    this.#last = last;
  }

  /** In order. */
  get list(): readonly Check[] {
    return this.#list;
  }

  add(path: Path, what: string, expected: string, found: string, ok = expected === found): void {
    const time = Number(this.#machine.now);
    this.#list.push({ ...this.#source.locate(path), ok, what, expected, found, time, seq: this.#last() });
  }

  /** Registers of a vCPU, by name. */
  registers(wanted: Values, vcpu: number, path: Path, when: string): void {
    for (const [name, value] of Object.entries(wanted)) {
      const found = readRegister(this.#machine, vcpu, name);
      this.add([...path, name], `${name} of vCPU ${vcpu}${when}`, hex(value), hexOr(found, 'no such register'));
    }
  }

  /** Slots, by path. */
  state(wanted: Values, path: Path, when: string): void {
    const { layout, state } = this.#machine.journal;
    for (const [name, value] of Object.entries(wanted)) {
      const slot = layout.find(name);
      const found = slot === undefined ? undefined : state.read(slot);
      this.add([...path, name], `${name}${when}`, hex(value), hexOr(found, 'no such slot'));
    }
  }
}

export const hex = (value: bigint): string => `0x${value.toString(16)}`;
const hexOr = (value: bigint | undefined, otherwise: string): string => (value === undefined ? otherwise : hex(value));
