/**
 * Drives physical GICv5 PEs and an IRS with a recording of QEMU, and compares acknowledges, register reads, candidates,
 * signals and SPI states (gicv5-cpuif-behaviour §16, gicv5-spi-lpi-behaviour §9).
 *
 * Stimuli: register writes and GIC instructions, commands and wires of the IRS, PPI wires, resets. All else is expected.
 * A write waits for its effect (writes.ts); a line of a memory-mapped access stands after its effects, so a candidate
 * that does not fit is looked at again after the next such line.
 */
import { splitIntid } from '../../../gic/intid.ts';
import { guestRegister } from '../../../gic/v5/guest-registers.ts';
import { deactivate, dropPriority } from '../../../gic/v5/handling.ts';
import { type Candidate } from '../../../gic/v5/irs/candidates.ts';
import { highWord, lowWord, Words } from '../../../gic/v5/words.ts';
import { Journal } from '../../../state/journal.ts';
import { Layout } from '../../../state/layout.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { REASON } from '../reasons.ts';
import { type Recording, type ReplayMachine } from '../replay.ts';
import { type Tally } from '../tally.ts';
import { ACKNOWLEDGE, Acknowledges } from './acknowledges.ts';
import { Doubts } from './doubts.ts';
import { IrsReplay, RELEASING } from './irs-replay.ts';
import { PhysicalPe } from './pe.ts';
import { coded, effectOf, resultOf, same } from './values.ts';
import { type WaitingWrite, WaitingWrites } from './writes.ts';

/** Lines of one action after its first. */
const FOLLOWING: ReadonlySet<string> = new Set(['irq.hppi', 'irq.signal']);

interface Cpu {
  readonly pe: PhysicalPe;
  readonly writes: WaitingWrites;
  /** Answer of an acknowledge that has happened, until the line that reads it. */
  answered: bigint | undefined;
  /** The next candidate and signal lines follow from a wire or the IRS, not from this PE's own write. */
  isDisturbed: boolean;
}

export class GicV5Replay implements ReplayMachine {
  readonly #journal = new Journal(new Layout());
  readonly #tally: Tally;
  readonly #irs: IrsReplay;
  readonly #cpus: readonly Cpu[];
  readonly #words = new Words();
  readonly #doubts: Doubts;
  readonly #acknowledges: Acknowledges;

  constructor(recording: Recording, tally: Tally) {
    this.#tally = tally;
    this.#cpus = Array.from({ length: recording.vcpus }, (_, index) => {
      const pe = new PhysicalPe(this.#journal, index);
      const writes = new WaitingWrites((write) => this.#carryOut(cpu, write));
      const cpu: Cpu = { pe, writes, answered: undefined, isDisturbed: false };
      return cpu;
    });
    this.#doubts = new Doubts(this.#cpus, tally);
    this.#irs = new IrsReplay(recording, tally, () => {
      for (const { pe } of this.#cpus) pe.irs = this.#irs.irs.candidate(pe.index);
    });
    this.#acknowledges = new Acknowledges(this.#cpus, this.#irs, this.#doubts, tally);
  }

  take(event: TraceEvent): void {
    if (event.detail?.['domain'] !== undefined) return;
    if (RELEASING.has(event.kind)) this.#irs.release();
    if (!FOLLOWING.has(event.kind)) this.#doubts.begin();
    this.#apply(event);
    this.#journal.clear();
  }

  end(): void {
    for (const { writes } of this.#cpus) writes.settle();
    this.#irs.release();
  }

  #apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'register.access':
        return this.#access(event);
      case 'mmio.access':
        return this.#irs.mmio(event);
      case 'irq.hppi':
        return event.unit === 'IRS' ? this.#irsCandidate(event) : this.#ppiCandidate(event);
      case 'irq.signal':
        return this.#signal(event);
      case 'irq.state':
        return this.#irs.state(event);
      case 'irq.taken':
      case 'vcpu.idle':
        return this.#cpu(event)?.writes.settle();
      case 'vcpu.reset':
        return this.#reset(event);
      case 'gic.setup':
        return this.#setup(event);
      case 'irq.acknowledge':
        return this.#acknowledges.happens(this.#cpu(event), event);
      case 'irq.drop':
        return this.#drop(event);
      case 'irq.deactivate':
        return this.#deactivate(event);
      case 'irq.line':
        return this.#line(event);
      case 'irq.configure':
        return this.#irs.configure(event);
      case 'irq.pend':
        return this.#irs.pend(event);
      default:
        return;
    }
  }

  #cpu(event: TraceEvent): Cpu | undefined {
    return event.vcpu === undefined ? undefined : this.#cpus[event.vcpu];
  }

  // --- accesses of the guest ------------------------------------------------------------------------------------

  #access(event: EventOf<'register.access'>): void {
    const cpu = this.#cpu(event);
    const { register, op, value } = event;
    if (cpu === undefined || value === undefined) return;
    cpu.writes.settle();
    if (register === ACKNOWLEDGE) this.#acknowledges.answer(cpu, event, value);
    else if (op === 'read') this.#read(cpu, event, value);
    else cpu.writes.add({ register, value });
  }

  #read(cpu: Cpu, event: EventOf<'register.access'>, value: bigint): void {
    const { register } = event;
    if (!register.startsWith('ICC_')) return;
    const emulated = this.#registerValue(cpu.pe, register);
    if (emulated === undefined) this.#tally.unsupported(REASON.register);
    else this.#tally.compare(event, register, value, emulated, () => cpu.pe.describe());
  }

  #registerValue(pe: PhysicalPe, register: string): bigint | undefined {
    if (register === 'ICC_HPPIR_EL1') return resultOf(pe.winner);
    const row = guestRegister(register);
    if (row?.read === undefined) return undefined;
    pe.cpuif.read(row, this.#words);
    return this.#words.value;
  }

  /** A write takes effect. */
  #carryOut({ pe }: Cpu, write: WaitingWrite): void {
    const { cpuif } = pe;
    const { register, value } = write;
    this.#doubts.isCarriedOut(write);
    if (register === 'GIC CDEOI') dropPriority(cpuif);
    else if (register === 'GIC CDDI') deactivate(cpuif, lowWord(value), 0);
    else if (register === 'GIC CDRCFG') cpuif.icsr.value = this.#irs.irs.configuration(lowWord(value));
    else {
      const row = guestRegister(register);
      if (row?.write !== undefined) cpuif.write(row, lowWord(value), highWord(value));
    }
  }

  // --- drop, deactivate -----------------------------------------------------------------------------------------

  #drop(event: TraceEvent): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return this.#doubts.happened('GIC CDEOI');
    cpu.writes.claim(({ register }) => register === 'GIC CDEOI');
    dropPriority(cpu.pe.cpuif);
  }

  #deactivate(event: EventOf<'irq.deactivate'>): void {
    const { intid } = event;
    const isPpi = splitIntid(intid)?.type === 'ppi';
    const effect = `GIC CDDI ${intid}`;
    const cpu = this.#cpu(event);
    // That of a shared interrupt does not depend on the PE.
    if (cpu === undefined && isPpi) return this.#doubts.happened(effect);
    cpu?.writes.claim(({ register, value }) => effectOf(register, value) === effect);
    if (!isPpi) this.#irs.deactivate(intid);
    else if (cpu !== undefined) deactivate(cpu.pe.cpuif, intid, 0);
  }

  // --- inputs ---------------------------------------------------------------------------------------------------

  #line(event: EventOf<'irq.line'>): void {
    const { intid, level } = event;
    const number = intid & 0xff_ffff;
    if (splitIntid(intid)?.type !== 'ppi') {
      this.#irs.wire(intid, level);
      return;
    }
    const cpu = this.#cpu(event);
    if (cpu === undefined) this.#doubts.moved(number, level);
    else {
      this.#doubts.movedOn(cpu.pe, number, level);
      cpu.isDisturbed = true;
    }
  }

  #setup(event: EventOf<'gic.setup'>): void {
    this.#irs.setup(event);
    // Its argument is compared by the read of ICC_ICSR_EL1.
    if (event.what === 'interrupt configuration read') this.#cpu(event)?.writes.settle();
  }

  #reset(event: TraceEvent): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return;
    cpu.writes.settle();
    cpu.pe.reset();
    cpu.answered = undefined;
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  #ppiCandidate(event: EventOf<'irq.hppi'>): void {
    const cpu = this.#cpu(event);
    const recorded: Candidate = { intid: event.intid ?? 0, priority: event.priority };
    if (cpu === undefined) return this.#ofNobody('PPI candidate', coded(recorded), (pe) => coded(pe.bestPpi));
    const { pe } = cpu;
    if (!cpu.isDisturbed) cpu.writes.settle();
    this.#doubts.resolve(cpu, () => same(pe.bestPpi, recorded));
    this.#tally.compare(event, 'PPI candidate', coded(recorded), coded(pe.bestPpi), () => pe.describe());
  }

  /** A line that names no PE: of those where a wire may just have moved, is there one that gives this? */
  #ofNobody(what: string, recorded: bigint, emulated: (pe: PhysicalPe) => bigint): void {
    const left = this.#doubts.considered((pe) => emulated(pe) === recorded);
    // Writes that wait may explain it later.
    if (left === undefined || left.length === 0) this.#tally.unsupported(REASON.vcpu);
    else this.#tally.agree(what);
  }

  #irsCandidate(event: EventOf<'irq.hppi'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return;
    cpu.isDisturbed = true;
    this.#irs.candidate(event, cpu.pe.index, () => cpu.pe.describe());
  }

  #signal(event: EventOf<'irq.signal'>): void {
    const cpu = this.#cpu(event);
    const recorded = (event.irq ? 1n : 0n) | (event.fiq ? 2n : 0n) | (event.nmi ? 4n : 0n);
    if (cpu === undefined) return this.#ofNobody('signals', recorded, (pe) => pe.signal);
    const { pe } = cpu;
    if (!cpu.isDisturbed) cpu.writes.settle();
    cpu.isDisturbed = false;
    const fits = (): boolean => pe.signal === recorded;
    this.#doubts.resolve(cpu, fits);
    this.#irs.later(fits, () => this.#tally.compare(event, 'signals', recorded, pe.signal, () => pe.describe()));
  }
}
