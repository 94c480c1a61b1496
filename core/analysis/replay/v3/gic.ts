/**
 * A physical GICv3 with one security state: distributor, redistributors, CPU interfaces (gicv3-behaviour §16, left
 * column). Every change acts at once, candidates are unlimited, equal priorities go to the lowest INTID.
 *
 * Priorities and enable bits of LPIs are in guest memory, which a recording does not show: they are learned from it.
 * Cost of a candidate: 32 private interrupts, the raised SPIs and the pending LPIs of one CPU.
 */
import { FIRST_LPI } from '../../../gic/intid.ts';
import { type Bank, FIRST_SPI, forgetPriorities, INTIDS } from '../flat/bank.ts';
import { type Best, NO_BEST, SPURIOUS } from './cpu-interface.ts';
import { Cpu } from './cpu.ts';
import { Distributor } from './distributor.ts';

export class PhysicalGic {
  readonly cpus: readonly Cpu[];
  readonly distributor: Distributor;
  /** Priorities of LPIs that are known to be enabled. */
  readonly #lpis = new Map<number, number>();
  /** The groups of SGIs are not known. */
  takesAnyGroup = false;

  constructor(cpus: number) {
    this.cpus = Array.from({ length: cpus }, (_, index) => new Cpu(index, index === cpus - 1));
    this.distributor = new Distributor(this.cpus);
  }

  get spis(): Bank {
    return this.distributor.spis;
  }

  /** The whole machine starts again. */
  reset(): void {
    this.distributor.reset();
    this.#lpis.clear();
    for (const cpu of this.cpus) cpu.reset();
  }

  // --- selection ------------------------------------------------------------------------------------------------

  /** The best interrupt of a CPU after enables, active state and group enables of the distributor (§17 rule 5). */
  best(cpu: Cpu): Best {
    const { bank } = cpu;
    const { distributor } = this;
    const groupOf = ({ group }: Bank, intid: number): number => group[intid] ?? 0;
    let best = NO_BEST;
    const own = bank.mostUrgent(best.priority, (intid) => distributor.enables(groupOf(bank, intid)));
    if (own !== undefined) best = { ...own, group: groupOf(bank, own.intid) };
    const spi = distributor.mostUrgent(cpu, best.priority);
    if (spi !== undefined) best = { ...spi, group: groupOf(distributor.spis, spi.intid) };
    if (!cpu.hasLpis || !distributor.enables(1)) return best;
    const lpi = this.#bestLpi(cpu);
    return lpi.priority < best.priority ? lpi : best;
  }

  hasBest(cpu: Cpu): boolean {
    return this.best(cpu) !== NO_BEST;
  }

  #bestLpi(cpu: Cpu): Best {
    let best = NO_BEST;
    for (const intid of cpu.pendingLpis) {
      const priority = this.#lpis.get(intid) ?? 0xff;
      if (priority < best.priority || (priority === best.priority && priority !== 0xff && intid < best.intid))
        best = { intid, group: 1, priority };
    }
    return best;
  }

  /** Bit 0: IRQ, bit 1: FIQ. */
  signals(cpu: Cpu): bigint {
    const best = this.best(cpu);
    if (!cpu.interface.isSignalled(best)) return 0n;
    return best.group === 0 ? 2n : 1n;
  }

  // --- inputs ---------------------------------------------------------------------------------------------------

  /** CPUs that an SGI reaches (§7); `register` decides which group it must be configured as (§16). */
  sgi(
    from: Cpu | undefined,
    value: bigint,
    group: 0 | 1,
  ): { readonly intid: number; readonly targets: readonly Cpu[] } {
    const intid = Number((value >> 24n) & 15n);
    const toAll = ((value >> 40n) & 1n) === 1n;
    const cluster =
      (((value >> 48n) & 0xffn) << 24n) | (((value >> 32n) & 0xffn) << 16n) | (((value >> 16n) & 0xffn) << 8n);
    const isListed = ({ affinity }: Cpu): boolean =>
      (affinity & ~0xffn) === cluster && (affinity & 0xffn) < 16n && ((value >> (affinity & 0xffn)) & 1n) === 1n;
    const targets = this.cpus.filter(
      (cpu) => (toAll ? cpu !== from : isListed(cpu)) && (this.takesAnyGroup || cpu.bank.group[intid] === group),
    );
    return { intid, targets };
  }

  /** The recording shows that an LPI is enabled, and its priority. True when that is news. */
  learn(intid: number, priority: number): boolean {
    if (intid < FIRST_LPI || this.#lpis.get(intid) === priority) return false;
    this.#lpis.set(intid, priority);
    return true;
  }

  /** The recording began in the middle, and shows that this interrupt is the best one: enabled, pending, set up so. */
  learnBest(cpu: Cpu, { intid, group, priority }: Best): void {
    this.distributor.enableAll();
    const bank = this.#bankOf(cpu, intid);
    if (bank === undefined) {
      if (intid < FIRST_LPI) return;
      this.#lpis.set(intid, priority);
      cpu.hasLpis = true;
      cpu.pendingLpis.add(intid);
      return;
    }
    bank.group[intid] = group;
    if (intid >= FIRST_SPI) this.distributor.retarget(intid, cpu);
    bank.learnReady(intid, priority);
  }

  /** One that is set up waits although its line is low: it is edge-triggered. False: it waits anyway. */
  learnEdge(cpu: Cpu, intid: number): boolean {
    return this.#bankOf(cpu, intid)?.learnEdge(intid) ?? false;
  }

  /** Whatever led here: this interrupt, or none, is the best one. */
  takeOver(cpu: Cpu, recorded: Best): void {
    if (recorded.priority !== NO_BEST.priority) this.learnBest(cpu, recorded);
    for (let mine = this.best(cpu); mine.priority !== NO_BEST.priority && mine.intid !== recorded.intid;) {
      // One that is more urgent does not wait.
      const bank = this.#bankOf(cpu, mine.intid);
      if (bank === undefined) cpu.pendingLpis.delete(mine.intid);
      else bank.silence(mine.intid);
      mine = this.best(cpu);
    }
  }

  forgetPriorities(): void {
    forgetPriorities([this.distributor.spis, ...this.cpus.map(({ bank }) => bank)]);
  }

  /** The recording began in the middle, and shows that a CPU interface lets interrupts pass. */
  learnInterface(cpu: Cpu, splitsEnd: boolean): boolean {
    if (cpu.interface.pmr !== 0) return false;
    cpu.interface.writePmr(0xff);
    cpu.interface.enabled[0] = cpu.interface.enabled[1] = true;
    cpu.interface.writeCtlr(splitsEnd ? 2 : 0);
    return true;
  }

  // --- CPU interface --------------------------------------------------------------------------------------------

  /** What IAR<group> returns; nothing changes. */
  answer(cpu: Cpu, group: 0 | 1): number {
    const best = this.best(cpu);
    return best.group === group && cpu.interface.isSignalled(best) ? best.intid : SPURIOUS;
  }

  /** The acknowledge of an interrupt that is recorded, whatever the emulator's answer. */
  acknowledge(cpu: Cpu, intid: number): void {
    if (intid >= FIRST_LPI) {
      cpu.interface.acknowledge({ intid, group: 1, priority: this.#lpis.get(intid) ?? 0 });
      cpu.pendingLpis.delete(intid);
      return;
    }
    const bank = this.#bankOf(cpu, intid);
    if (bank === undefined) return;
    cpu.interface.acknowledge({ intid, group: bank.group[intid] ?? 0, priority: bank.priority[intid] ?? 0 });
    bank.acknowledge(intid);
  }

  end(cpu: Cpu, group: 0 | 1, intid: number): void {
    if (intid >= INTIDS && intid < FIRST_LPI) return;
    if (cpu.interface.drop(group) && !cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  deactivate(cpu: Cpu, intid: number): void {
    if (cpu.interface.endsInTwoSteps) this.#deactivate(cpu, intid);
  }

  #deactivate(cpu: Cpu, intid: number): void {
    const bank = this.#bankOf(cpu, intid);
    if (bank !== undefined) bank.active[intid] = 0;
  }

  #bankOf(cpu: Cpu, intid: number): Bank | undefined {
    return intid < FIRST_SPI ? cpu.bank : intid < INTIDS ? this.distributor.spis : undefined;
  }
}
