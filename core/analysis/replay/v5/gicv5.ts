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
import { highWord, lowWord, Words } from '../../../gic/v5/words.ts';
import { Journal } from '../../../state/journal.ts';
import { Layout } from '../../../state/layout.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { type Recording, type ReplayMachine } from '../replay.ts';
import { type Tally } from '../tally.ts';
import { type Candidate, Irs, NONE } from './irs.ts';
import { IrsFrame } from './irs-frame.ts';
import { PhysicalPe } from './pe.ts';
import { bits, coded, effectOf, isDefective, merged, partOf, resultOf, same, VALID } from './values.ts';
import { type WaitingWrite, WaitingWrites } from './writes.ts';

const ACKNOWLEDGE = 'GICR CDIA';
const REASON = {
  vcpu: 'the recording does not tell which vCPU',
  register: 'the emulator has no such register',
  ppis: 'the recording holds no accesses to PPI registers',
  program: 'the recording holds no accesses to the CPU interface before the first signal',
} as const;
const MOVED = 'PPI wires whose vCPU later answers tell';
const ACTED = 'effects of writes whose vCPU later answers tell';

/** Answer of an acknowledge that has happened, until the line that reads it. */
type Answered = bigint;

interface Cpu {
  readonly pe: PhysicalPe;
  readonly writes: WaitingWrites;
  answered: Answered | undefined;
  /** The next candidate and signal lines follow from a wire or the IRS, not from this PE's own write. */
  isDisturbed: boolean;
}

/** An acknowledge by a PE that only the reading line will name. */
interface Orphan {
  readonly intid: number;
  readonly winners: readonly Candidate[];
}

export class GicV5Replay implements ReplayMachine {
  readonly #journal = new Journal(new Layout());
  readonly #recording: Recording;
  readonly #tally: Tally;
  readonly #irs = new Irs();
  readonly #frame = new IrsFrame(this.#irs);
  readonly #cpus: readonly Cpu[];
  readonly #words = new Words();
  /** Comparisons that failed and may fit after the next line of a memory-mapped access. */
  #held: (() => boolean)[] = [];
  #orphans: Orphan[] = [];
  #movements = 0;
  /** Effects of writes that wait, by what they are, whose PE no line names. */
  readonly #unowned = new Map<string, number>();
  /** Acknowledges and drops cannot be told apart by vCPU at all: several vCPUs, no accesses. */
  readonly #isBlind: boolean;

  constructor(recording: Recording, tally: Tally) {
    this.#recording = recording;
    this.#tally = tally;
    this.#isBlind = !recording.hasAccesses && recording.vcpus > 1;
    this.#cpus = Array.from({ length: recording.vcpus }, (_, index) => {
      const pe = new PhysicalPe(this.#journal, index);
      pe.isProgrammed = recording.hasAccesses;
      const writes = new WaitingWrites((write) => this.#carryOut(cpu, write));
      const cpu: Cpu = { pe, writes, answered: undefined, isDisturbed: false };
      return cpu;
    });
    this.#frame.pes = recording.vcpus;
  }

  take(event: TraceEvent): void {
    if (event.detail?.['domain'] !== undefined) return;
    this.#apply(event);
    this.#journal.clear();
  }

  end(): void {
    for (const { writes } of this.#cpus) writes.settle();
    this.#release();
  }

  #apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'register.access':
        return this.#access(event);
      case 'mmio.access':
        return this.#mmio(event);
      case 'irq.hppi':
        return event.unit === 'IRS' ? this.#irsCandidate(event) : this.#ppiCandidate(event);
      case 'irq.signal':
        return this.#signal(event);
      case 'irq.state':
        return this.#state(event);
      case 'irq.taken':
      case 'vcpu.idle':
        return this.#cpu(event)?.writes.settle();
      case 'vcpu.reset':
        this.#release();
        return this.#reset(event);
      case 'gic.setup':
        return this.#setup(event);
      case 'irq.acknowledge':
        this.#release();
        return this.#acknowledge(event);
      case 'irq.drop':
        this.#release();
        return this.#drop(event);
      case 'irq.deactivate':
        this.#release();
        return this.#deactivate(event);
      case 'irq.line':
        this.#release();
        return this.#line(event);
      case 'irq.configure':
        this.#release();
        return this.#configure(event);
      case 'irq.pend':
        this.#release();
        return this.#change(event.intid, { pending: event.pending || isDefective(event) });
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
    if (register === ACKNOWLEDGE) this.#answer(cpu, event, value);
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
  #carryOut({ pe }: Cpu, { register, value }: WaitingWrite): void {
    const { cpuif } = pe;
    const unowned = this.#unowned.get(effectOf(register, value)) ?? 0;
    if (unowned > 0) this.#unowned.set(effectOf(register, value), unowned - 1);
    if (register === 'GIC CDEOI') cpuif.drop();
    else if (register === 'GIC CDDI') cpuif.deactivate(lowWord(value), 0);
    else if (register === 'GIC CDRCFG') cpuif.icsr.value = this.#irs.configuration(lowWord(value));
    else {
      const row = guestRegister(register);
      if (row?.write !== undefined) cpuif.write(row, lowWord(value), highWord(value));
    }
  }

  // --- acknowledge, drop, deactivate ----------------------------------------------------------------------------

  #acknowledge(event: EventOf<'irq.acknowledge'>): void {
    const cpu = this.#cpu(event);
    const intid = event.intid ?? 0;
    const isShared = intid !== 0 && splitIntid(intid)?.type !== 'ppi';
    if (cpu === undefined) {
      if (this.#recording.hasAccesses) {
        if (isShared) this.#orphans.push({ intid, winners: this.#cpus.map(({ pe }) => pe.winner) });
      } else this.#tally.unsupported(REASON.vcpu);
      if (isShared) this.#activate(intid);
      return;
    }
    cpu.writes.settle();
    if (this.#isBlind) {
      // Of the two candidates only the one of the IRS is known.
      if (isShared) this.#tally.compare(event, ACKNOWLEDGE, BigInt(intid), BigInt(cpu.pe.irs.intid));
      else this.#tally.unsupported(REASON.ppis);
      if (isShared) this.#activate(intid);
      return;
    }
    const recorded = intid === 0 ? 0n : VALID | BigInt(intid);
    cpu.answered = this.#emulated(cpu, recorded);
    if (!this.#recording.hasAccesses)
      this.#tally.compare(event, ACKNOWLEDGE, recorded, cpu.answered, () => cpu.pe.describe());
    this.#taken(cpu.pe, recorded);
  }

  /** The line that reads the answer: the acknowledge has happened at its own line, if that named this PE. */
  #answer(cpu: Cpu, event: EventOf<'register.access'>, recorded: bigint): void {
    const { pe } = cpu;
    if (cpu.answered === undefined) {
      const at = this.#orphans.findIndex(({ intid }) => (VALID | BigInt(intid)) === recorded);
      const [orphan] = at < 0 ? [] : this.#orphans.splice(at, 1);
      cpu.answered = orphan === undefined ? this.#emulated(cpu, recorded) : resultOf(orphan.winners[pe.index] ?? NONE);
      this.#taken(pe, recorded);
    }
    this.#tally.compare(event, ACKNOWLEDGE, recorded, cpu.answered, () => pe.describe());
    cpu.answered = undefined;
  }

  /** What the emulator acknowledges, with unsure wires as the recorded answer proves them. */
  #emulated(cpu: Cpu, recorded: bigint): bigint {
    const { pe } = cpu;
    this.#resolve(cpu, () => resultOf(pe.winner) === recorded);
    return resultOf(pe.winner);
  }

  /** The recorded interrupt is taken, whatever the emulator would have. */
  #taken(pe: PhysicalPe, recorded: bigint): void {
    if (recorded === 0n) return;
    const intid = lowWord(recorded);
    const parts = splitIntid(intid);
    if (parts === undefined) return;
    if (parts.type === 'ppi') pe.take(intid, this.#priorityOf(pe, intid, parts.number));
    else {
      pe.take(intid, this.#irs.interrupt(intid).priority);
      this.#activate(intid);
    }
  }

  #priorityOf(pe: PhysicalPe, intid: number, ppi: number): number {
    const { recordedPpi } = pe;
    return recordedPpi?.intid === intid ? recordedPpi.priority : pe.priorityOf(ppi);
  }

  #activate(intid: number): void {
    this.#irs.activate(intid);
    this.#offer();
  }

  #drop(event: TraceEvent): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return this.#happened('GIC CDEOI');
    cpu.writes.claim(({ register }) => register === 'GIC CDEOI');
    cpu.pe.cpuif.drop();
  }

  /** An effect of a write that waits, on a PE that the line does not name. With as many effects as PEs that wait, all have acted. */
  #happened(effect: string): void {
    const fits = ({ register, value }: WaitingWrite): boolean => effectOf(register, value) === effect;
    const waiting = this.#cpus.filter(({ writes }) => writes.has(fits));
    const count = (this.#unowned.get(effect) ?? 0) + 1;
    this.#unowned.set(effect, count);
    if (count >= waiting.length) for (const { writes } of waiting) writes.settle();
  }

  #deactivate(event: EventOf<'irq.deactivate'>): void {
    const { intid } = event;
    const isPpi = splitIntid(intid)?.type === 'ppi';
    const effect = `GIC CDDI ${intid}`;
    const cpu = this.#cpu(event);
    // That of a shared interrupt does not depend on the PE.
    if (cpu === undefined && isPpi) return this.#happened(effect);
    cpu?.writes.claim(({ register, value }) => effectOf(register, value) === effect);
    if (isPpi) cpu?.pe.cpuif.deactivate(intid, 0);
    else this.#change(intid, { active: false });
  }

  // --- inputs ---------------------------------------------------------------------------------------------------

  #line(event: EventOf<'irq.line'>): void {
    const { intid, level } = event;
    const number = intid & 0xff_ffff;
    if (splitIntid(intid)?.type !== 'ppi') {
      this.#irs.wire(intid, level);
      this.#offer();
      return;
    }
    const cpu = this.#cpu(event);
    if (cpu === undefined) this.#movedSomewhere(number, level);
    else {
      cpu.pe.unsure.delete(number);
      cpu.pe.setLine(number, level);
      cpu.isDisturbed = true;
    }
  }

  /** A PPI's wire moved on a PE that the line does not name: on one where it was not at this level. */
  #movedSomewhere(ppi: number, level: boolean): void {
    if (this.#isBlind) return;
    const movement = ++this.#movements;
    const may = this.#cpus.filter(({ pe }) => pe.line(ppi) !== level || pe.unsure.has(ppi));
    const [only] = may;
    if (only !== undefined && may.length === 1) {
      only.pe.setLine(ppi, level);
      only.pe.unsure.delete(ppi);
      this.#tally.infer(MOVED);
      return;
    }
    // As many movements as PEs where it can have happened: it happened on all.
    const earlier = may.filter(({ pe }) => pe.unsure.has(ppi) && pe.line(ppi) !== level);
    if (may.length > 0 && new Set(earlier.map(({ pe }) => pe.unsure.get(ppi))).size === may.length - 1)
      for (const { pe } of may) {
        pe.setLine(ppi, level);
        pe.unsure.delete(ppi);
        this.#tally.infer(MOVED);
      }
    else for (const { pe } of may) pe.unsure.set(ppi, movement);
  }

  /** Decides what the recording left open so that a recorded answer of this PE fits. */
  #resolve({ pe, writes }: Cpu, fits: () => boolean): void {
    if (fits()) return;
    // A write that waits has taken effect: its line was one that names no PE.
    if (writes.has(() => true)) {
      writes.settle();
      this.#tally.infer(ACTED);
      if (fits()) return;
    }
    const movement = pe.resolve(fits);
    if (movement === undefined) return;
    this.#tally.infer(MOVED);
    // One movement is one PE's.
    for (const { pe: other } of this.#cpus)
      for (const [ppi, of] of other.unsure) if (of === movement) other.unsure.delete(ppi);
  }

  #configure(event: EventOf<'irq.configure'>): void {
    const value = Number(event.value);
    switch (event.what) {
      case 'priority':
        return this.#change(event.intid, { priority: value });
      case 'enabled':
        return this.#change(event.intid, { enabled: value !== 0 || isDefective(event) });
      case 'handling':
        return this.#change(event.intid, { level: value !== 0 });
      case 'target':
        return this.#change(event.intid, { target: value });
      default:
        return;
    }
  }

  #change(intid: number, change: Parameters<Irs['update']>[1]): void {
    this.#irs.update(intid, change);
    this.#offer();
  }

  /** The IRS offers its candidates to the PEs. */
  #offer(): void {
    for (const { pe } of this.#cpus) pe.irs = this.#irs.candidate(pe.index);
  }

  #setup(event: EventOf<'gic.setup'>): void {
    const { what, detail } = event;
    if (what === 'IRS created') {
      const number = (name: string): number => Number(detail?.[name] ?? 0);
      this.#frame.pes = number('CPUs');
      this.#frame.spiBase = number('SPI base');
      this.#frame.spiRange = number('SPIs of this IRS');
      this.#frame.spis = number('SPIs');
    }
    // Its argument is compared by the read of ICC_ICSR_EL1; without accesses here.
    if (what === 'interrupt configuration read') this.#cpu(event)?.writes.settle();
  }

  #reset(event: TraceEvent): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return;
    cpu.writes.settle();
    cpu.pe.reset();
    cpu.answered = undefined;
  }

  #mmio(event: EventOf<'mmio.access'>): void {
    const { register, op, size, offset, value } = event;
    if (event.detail?.['rejected'] === true || value === undefined) return;
    if (op === 'write') {
      this.#frame.write(register, merged(this.#frame.stored(register), size, offset, value));
      this.#offer();
      this.#release();
      return;
    }
    const emulated = this.#frame.read(register);
    if (emulated === undefined) this.#tally.unsupported(REASON.register);
    else this.#tally.compare(event, register, value, partOf(emulated, size, offset));
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  #ppiCandidate(event: EventOf<'irq.hppi'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) {
      this.#tally.unsupported(REASON.vcpu);
      return;
    }
    const { pe } = cpu;
    const recorded: Candidate = { intid: event.intid ?? 0, priority: event.priority };
    if (!this.#recording.hasAccesses) {
      pe.recordedPpi = recorded;
      return;
    }
    if (!cpu.isDisturbed) cpu.writes.settle();
    this.#resolve(cpu, () => same(pe.bestPpi, recorded));
    this.#tally.compare(event, 'PPI candidate', coded(recorded), coded(pe.bestPpi), () => pe.describe());
  }

  #irsCandidate(event: EventOf<'irq.hppi'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return;
    const { pe } = cpu;
    cpu.isDisturbed = true;
    const recorded: Candidate = { intid: event.intid ?? 0, priority: event.priority };
    const fits = (): boolean => {
      if (!same(pe.irs, recorded) && this.#irs.prefer(pe.index, recorded.intid)) {
        this.#tally.infer('ties among SPIs and LPIs');
        this.#offer();
      }
      return same(pe.irs, recorded);
    };
    this.#later(fits, () =>
      this.#tally.compare(event, 'IRS candidate', coded(recorded), coded(pe.irs), () => pe.describe()),
    );
  }

  #signal(event: EventOf<'irq.signal'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined || this.#isBlind) {
      this.#tally.unsupported(REASON.vcpu);
      return;
    }
    const { pe } = cpu;
    if (!cpu.isDisturbed) cpu.writes.settle();
    cpu.isDisturbed = false;
    if (!pe.isProgrammed) {
      if (!event.irq) return this.#tally.unsupported(REASON.program);
      // A signal proves the enable bit and a mask that lets it through; drivers set both once.
      pe.isProgrammed = true;
      pe.cpuif.writePcr(0x1f);
      pe.cpuif.writeCr0(1);
      pe.cpuif.reevaluate('el2write');
    }
    const recorded = (event.irq ? 1n : 0n) | (event.fiq ? 2n : 0n) | (event.nmi ? 4n : 0n);
    const fits = (): boolean => pe.signal === recorded;
    this.#resolve(cpu, fits);
    this.#later(fits, () => this.#tally.compare(event, 'signals', recorded, pe.signal, () => pe.describe()));
  }

  #state(event: EventOf<'irq.state'>): void {
    const { intid, level, pending, active } = event;
    const state = this.#irs.interrupt(intid);
    const recorded = bits(level, pending, active);
    const emulated = (): bigint => bits(state.wire, state.pending, state.active);
    this.#later(
      () => emulated() === recorded,
      () => this.#tally.compare(event, 'SPI state', recorded, emulated()),
    );
  }

  /** Compares now if it fits, else after the next memory-mapped access, whose effects may stand before it. */
  #later(fits: () => boolean, compare: () => boolean): void {
    if (fits()) compare();
    else
      this.#held.push(() => {
        fits();
        return compare();
      });
  }

  #release(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (const compare of held) compare();
  }
}
