/**
 * SGIs on their way: what the emulator sends for a write of ICC_SGI*R, held against the arrivals that the recorder saw
 * (gicv3-behaviour §7, §17). Each arrival is a step of its own: the targets compute one after the other.
 */
import { type Tally } from '../tally.ts';
import { type Cpu } from './cpu.ts';
import { type PhysicalGic } from './gic.ts';

const GENERATE = /^ICC_A?SGI[01]R_EL1$/;

export const generatesSgi = (register: string): boolean => GENERATE.test(register);

export class SgiReplay {
  readonly #gic: PhysicalGic;
  readonly #tally: Tally;
  /** SGIs that are on their way, as `intid cpu`. */
  readonly #sent = new Set<string>();
  /** The group that the last ICC_SGI*R write of each CPU names, where the plugin tells. */
  readonly #group = new Map<number, 0 | 1>();

  constructor(gic: PhysicalGic, tally: Tally) {
    this.#gic = gic;
    this.#tally = tally;
  }

  /** The plugin tells which register the write is of, and so the group. */
  named({ index }: Cpu, register: string): void {
    this.#group.set(index, register === 'ICC_SGI1R_EL1' ? 1 : 0);
  }

  generate(cpu: Cpu, value: bigint): void {
    // The emulator sent SGIs that the recording does not show.
    for (const _ of this.#sent) this.#tally.absent('SGI targets');
    this.#sent.clear();
    const { intid, targets } = this.#gic.sgi(cpu, value, this.#group.get(cpu.index) ?? 1);
    for (const target of targets) this.#sent.add(`${intid} ${target.index}`);
    this.#group.delete(cpu.index);
  }

  /** One arrives: was it sent here? */
  arrives({ index }: Cpu, intid: number): boolean {
    return this.#sent.delete(`${intid} ${index}`);
  }
}
