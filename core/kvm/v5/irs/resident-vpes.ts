/**
 * On which physical CPU each VPE is resident. Follows from the CPUs' ICH_CONTEXTR_EL2, which the IRS writes through
 * `enter`; after the journal was taken back it is made from them again. Cost: a look-up is one map access, however
 * many CPUs there are.
 */
import { type Journal } from '../../../state/journal.ts';
import { type HostCpu } from '../../host-cpu.ts';

/** V in the high half of ICH_CONTEXTR_EL2 (gicv5-spi-lpi-behaviour §8.2). */
export const CONTEXT_V = 0x8000_0000;

export class ResidentVpes {
  readonly #journal: Journal;
  readonly #cpus: readonly HostCpu[];
  readonly #where = new Map<number, HostCpu>();
  #rewinds = -1;

  constructor(journal: Journal, cpus: readonly HostCpu[]) {
    this.#journal = journal;
    this.#cpus = cpus;
  }

  /** The CPU where this VPE of the VM is resident. */
  find(vmId: number, vpe: number): HostCpu | undefined {
    if (this.#rewinds !== this.#journal.rewinds) this.#rebuild();
    return this.#where.get(keyOf(vmId, vpe));
  }

  /** Writes a CPU's ICH_CONTEXTR_EL2. */
  enter(cpu: HostCpu, lo: number, hi: number): void {
    if (this.#rewinds !== this.#journal.rewinds) this.#rebuild();
    const { context } = cpu;
    if ((context.hi & CONTEXT_V) !== 0) this.#where.delete(keyOf(context.lo, context.hi));
    context.set(lo, hi);
    if ((hi & CONTEXT_V) !== 0) this.#where.set(keyOf(lo, hi), cpu);
  }

  #rebuild(): void {
    this.#rewinds = this.#journal.rewinds;
    this.#where.clear();
    for (const cpu of this.#cpus) {
      const { lo, hi } = cpu.context;
      if ((hi & CONTEXT_V) !== 0) this.#where.set(keyOf(lo, hi), cpu);
    }
  }
}

const keyOf = (vmId: number, vpe: number): number => (vmId & 0xffff) * 0x1_0000 + (vpe & 0xffff);
