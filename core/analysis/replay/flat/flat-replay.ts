/**
 * What the replays of GICv2 and GICv3 do alike: resets, lines, signals, and what a recording that begins in the middle
 * shows of how the controller was set up (gicv3-behaviour §13, §16, §17). The driver of each model adds its registers.
 */
import { interruptOf } from '../../../trace/interrupts.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { BEFORE, Beginning } from '../beginning.ts';
import { Records } from '../records.ts';
import { type Tally } from '../tally.ts';
import { type Bank, FIRST_SPI, type Urgent } from './bank.ts';

interface FlatCpu {
  readonly index: number;
  readonly bank: Bank;
  readonly interface: {
    /** Nothing is active. */
    idle(): void;
  };
}

/** A physical GICv2 or GICv3. */
interface FlatGic<Cpu, Best> {
  readonly cpus: readonly Cpu[];
  readonly spis: Bank;
  reset(): void;
  /** Whether an interrupt waits for this CPU, before mask and running priority. */
  hasBest(cpu: Cpu): boolean;
  /** Bit 0: IRQ, bit 1: FIQ. */
  signals(cpu: Cpu): bigint;
  learnBest(cpu: Cpu, best: Best): void;
  learnEdge(cpu: Cpu, intid: number): boolean;
  learnInterface(cpu: Cpu, splitsEnd: boolean): boolean;
  forgetPriorities(): void;
}

export abstract class FlatReplay<Cpu extends FlatCpu, Best extends Urgent, Gic extends FlatGic<Cpu, Best>> {
  protected readonly tally: Tally;
  protected readonly gic: Gic;
  protected readonly records: Records;
  protected readonly beginning: Beginning;
  /** CPU interfaces end interrupts in two steps. */
  protected splitsEnd = false;
  /** CPUs that were reset with nothing between: all of them are a reset of the machine. */
  readonly #reset = new Set<number>();

  constructor(gic: Gic, tally: Tally) {
    this.gic = gic;
    this.tally = tally;
    this.records = new Records(tally);
    this.beginning = new Beginning(tally);
  }

  end(): void {
    this.records.input(() => {});
  }

  take(event: TraceEvent): void {
    if (event.kind === 'vcpu.reset') return this.records.input(() => this.#resetCpu(event));
    this.#reset.clear();
    this.apply(event);
  }

  /** Everything but resets. */
  protected abstract apply(event: TraceEvent): void;
  /** One CPU starts again, the machine around it may not. */
  protected abstract cpuReset(cpu: Cpu): void;
  /** The state behind a difference, in words. */
  protected abstract describe(cpu: Cpu): string;

  protected cpu({ vcpu }: TraceEvent): Cpu | undefined {
    return vcpu === undefined ? undefined : this.gic.cpus[vcpu];
  }

  /** The number of the interrupt that the event names. */
  protected numberOf({ intid }: { readonly intid?: number }): number | undefined {
    return intid === undefined ? undefined : interruptOf(intid)?.number;
  }

  #resetCpu(event: TraceEvent): void {
    const cpu = this.cpu(event);
    if (cpu === undefined) return;
    this.cpuReset(cpu);
    this.#reset.add(cpu.index);
    if (this.#reset.size === this.gic.cpus.length) this.machineReset();
  }

  protected machineReset(): void {
    this.gic.reset();
  }

  protected line(event: EventOf<'irq.line'>): void {
    const number = this.numberOf(event);
    const cpu = this.cpu(event);
    if (number === undefined) return;
    this.records.input(() => {
      const bank = number >= FIRST_SPI ? this.gic.spis : cpu?.bank;
      bank?.setLine(number, event.level);
    });
  }

  protected signal(cpu: Cpu, event: EventOf<'irq.signal'>): void {
    const isOn = event.irq || event.fiq;
    if (isOn) this.#learnInterface(cpu);
    // What is signalled was told before the recording began.
    if (isOn && !this.gic.hasBest(cpu) && this.beginning.isFirst(`signal ${cpu.index}`))
      return this.tally.unsupported(BEFORE);
    this.records.take(cpu.index, {
      event,
      register: 'signals',
      recorded: (event.irq ? 1n : 0n) | (event.fiq ? 2n : 0n),
      emulated: () => this.gic.signals(cpu),
      context: () => this.describe(cpu),
      takeOver: () => {
        if (!isOn) return;
        // An end of interrupt is missing, or what lets it pass.
        cpu.interface.idle();
        this.gic.learnInterface(cpu, this.splitsEnd);
      },
    });
  }

  // --- a recording that begins in the middle --------------------------------------------------------------------

  /** An interrupt waits, or is taken, and the recording does not show how the distributor was set up. */
  protected interruptShown(): void {
    this.beginning.interrupt(() => this.begun());
  }

  /** The recording is a part. */
  protected begun(): void {
    this.gic.forgetPriorities();
  }

  /** It shows that this interrupt is a CPU's best one; `isKnown`: the emulator has it so. */
  protected learnBest(cpu: Cpu, best: Best, isKnown: () => boolean): void {
    this.interruptShown();
    if (!this.beginning.isPart || isKnown()) return;
    const { intid } = best;
    if (this.beginning.isFirst(`best ${cpu.index} ${intid}`) || this.isUnplaced(intid)) this.gic.learnBest(cpu, best);
    else if (!this.beginning.isFirst(`edge ${intid}`) || !this.gic.learnEdge(cpu, intid)) return;
    this.beginning.learned();
  }

  /** Whether the interrupt was sent to nowhere that the recording shows; true once. */
  protected isUnplaced(_intid: number): boolean {
    return false;
  }

  #learnInterface(cpu: Cpu): void {
    this.interruptShown();
    if (this.beginning.isPart && this.gic.learnInterface(cpu, this.splitsEnd)) this.beginning.learned();
  }
}
