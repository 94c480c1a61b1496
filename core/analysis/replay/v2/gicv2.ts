/**
 * Drives a physical GICv2 with a recording of QEMU, and compares GICC_IAR answers, frame reads, best interrupts and
 * signals (gicv3-behaviour §13, §16, §17). Every input is printed before what is computed from it.
 *
 * An access to the distributor does not say which CPU makes it. Words that each CPU has of its own are taken to be of the
 * CPU that was last seen to set itself up (powered on, reading its target byte, writing its interface); where a later
 * record shows otherwise the other CPU had made the write. The sender of an SGI is what its acknowledge names.
 */
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { tellsTwoStates, TWO_STATES } from '../security.ts';
import { type Recording, type ReplayMachine } from '../replay.ts';
import { type Tally } from '../tally.ts';
import { Doubts } from './doubts.ts';
import { FIRST_SPI, type Urgent } from '../flat/bank.ts';
import { FlatReplay } from '../flat/flat-replay.ts';
import { REASON } from '../reasons.ts';
import { PhysicalGicV2, SPURIOUS, type V2Cpu } from './gic.ts';
import { GICC_ROWS } from './registers.ts';

const SENDER = 'senders of SGIs, which acknowledges name';
const WRITER = 'CPUs that accessed words of their own, which later answers tell';
const GICD_CTLR = 0;
const SGIR = 0xf00;
const TARGETS = 0x800;
const IAR = 0xc;
const SGIS = 16;

export class GicV2Replay extends FlatReplay<V2Cpu, Urgent, PhysicalGicV2> implements ReplayMachine {
  readonly #doubts: Doubts;
  /** Answers of acknowledges until the access that returns them. */
  readonly #answers = new Map<number, { readonly intid: number; readonly sender: number }>();
  /** The CPU that is taken to access its own words. */
  #writer: V2Cpu | undefined;

  constructor({ vcpus }: Recording, tally: Tally) {
    super(new PhysicalGicV2(vcpus), tally);
    this.#writer = this.gic.cpus[0];
    this.#doubts = new Doubts(() => tally.infer(WRITER));
  }

  protected override apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'mmio.access':
        return event.source?.startsWith('gic_dist_') === true ? this.#distributor(event) : this.#interface(event);
      case 'irq.acknowledge':
        return this.#acknowledge(event);
      case 'irq.drop':
      case 'irq.deactivate':
        return this.#end(event);
      case 'irq.line':
        return this.line(event);
      case 'irq.hppi':
        return this.#candidate(event);
      case 'irq.signal':
        return this.#signal(event);
      default:
        return;
    }
  }

  protected override cpuReset(cpu: V2Cpu): void {
    this.#writer = cpu;
  }

  protected override machineReset(): void {
    super.machineReset();
    this.#writer = this.gic.cpus[0];
  }

  // --- CPU interface --------------------------------------------------------------------------------------------

  #acknowledge(event: EventOf<'irq.acknowledge'>): void {
    const cpu = this.cpu(event);
    if (cpu === undefined) return this.tally.unsupported(REASON.vcpu);
    if (event.detail?.['interface'] !== undefined && event.detail['interface'] !== 'cpu') return;
    const recorded = this.numberOf(event) ?? SPURIOUS;
    const isReal = recorded !== SPURIOUS;
    if (isReal) this.interruptShown();
    this.records.input(() => {
      const answer = this.#doubts.settle(cpu.index, () => this.gic.answer(cpu), recorded);
      const isNews = isReal && answer !== recorded && this.beginning.isFirst(`taken ${cpu.index} ${recorded}`);
      if (isNews) this.beginning.learned();
      const intid = isNews ? recorded : answer;
      this.#answers.set(cpu.index, { intid, sender: intid < SGIS ? this.gic.sender(cpu, intid) : 0 });
      // The sender is the one that the access names; until then the lowest.
      if (recorded < SPURIOUS - 3) this.gic.acknowledge(cpu, recorded, this.gic.sender(cpu, recorded));
    });
  }

  #interface(event: EventOf<'mmio.access'>): void {
    const cpu = this.cpu(event);
    const { op, offset, value, register } = event;
    if (cpu === undefined || value === undefined || !register.startsWith('GICC')) return;
    if (op === 'read' && Number(offset) === IAR) return this.#answered(cpu, event, value);
    const row = GICC_ROWS.get(Number(offset));
    if (op === 'write') {
      this.#writer = cpu;
      this.records.input(() => row?.write?.(cpu, Number(value)));
      return;
    }
    if (row === undefined) return this.tally.unsupported(REASON.register);
    const emulated = BigInt(row.read(this.gic, cpu));
    if (emulated !== value && this.beginning.isFirst(`interface ${cpu.index} ${offset}`)) {
      row.write?.(cpu, Number(value));
      return this.beginning.learned();
    }
    this.tally.compare(event, register, value, emulated, () => this.describe(cpu));
  }

  /** The access that returns an acknowledge's answer: with the sender, for an SGI. */
  #answered(cpu: V2Cpu, event: EventOf<'mmio.access'>, value: bigint): void {
    const answer = this.#answers.get(cpu.index);
    this.#answers.delete(cpu.index);
    if (answer === undefined) return this.tally.unsupported('an access whose acknowledge is not recorded');
    const { intid, sender } = answer;
    const named = Number((value >> 10n) & 7n);
    const isNews = this.beginning.isFirst(`sender ${cpu.index} ${intid}`);
    const isUnknown = intid < SGIS && (this.#doubts.takeSender(cpu.index, intid) || isNews);
    if (isUnknown) this.tally.infer(SENDER);
    const emulated = BigInt(intid | ((isUnknown ? named : sender) << 10));
    this.tally.compare(event, event.register, value, emulated, () => this.describe(cpu));
  }

  #end(event: EventOf<'irq.drop'> | EventOf<'irq.deactivate'>): void {
    const cpu = this.cpu(event);
    const number = this.numberOf(event);
    if (cpu === undefined || number === undefined) return;
    this.records.input(() => {
      if (event.kind === 'irq.deactivate') {
        this.#splits();
        this.gic.deactivate(cpu, number);
      } else this.gic.end(cpu, number);
    });
  }

  /** An interrupt is deactivated by itself: interfaces that were set up before end interrupts in two steps. */
  #splits(): void {
    if (!this.beginning.isPart || this.splitsEnd) return;
    this.splitsEnd = true;
    for (const cpu of this.gic.cpus) if (cpu.interface.isEnabled) cpu.interface.splitEnds();
  }

  // --- distributor ----------------------------------------------------------------------------------------------

  #distributor(event: EventOf<'mmio.access'>): void {
    const { op, size, value, register } = event;
    const offset = Number(event.offset);
    if (value === undefined) return;
    if (op === 'read') {
      if (tellsTwoStates(offset, value)) this.tally.recordsAnother(TWO_STATES);
      this.#identify(offset, size, value);
      const by = this.#writer;
      const read = (): bigint | undefined => (by === undefined ? undefined : this.gic.read(by, offset, size));
      const emulated = this.gic.isPrivateWord(offset) ? this.#readOfAny(offset, size, value) : read();
      if (emulated === undefined) this.tally.unsupported(REASON.register);
      else if (by !== undefined && emulated !== value && this.beginning.isFirst(`read ${by.index} ${offset}`)) {
        this.gic.adopt(by, offset, size, value);
        this.beginning.learned();
      } else this.tally.compare(event, register, value, emulated);
      return;
    }
    if (offset === GICD_CTLR) this.beginning.setUp();
    if (offset === SGIR) this.records.input(() => this.#send(Number(value)));
    else this.records.input(() => this.#write(offset, size, value));
  }

  /** A CPU's own target byte says which CPU reads it. */
  #identify(offset: number, size: number, value: bigint): void {
    if (offset < TARGETS || offset >= TARGETS + FIRST_SPI || size !== 4) return;
    const byte = Number(value & 0xffn);
    if (byte !== 0 && (byte & (byte - 1)) === 0) this.#writer = this.gic.cpus[31 - Math.clz32(byte)] ?? this.#writer;
  }

  /** A word of each CPU's own: of the CPU that is taken to read it, else of one whose word it is. */
  #readOfAny(offset: number, size: number, recorded: bigint): bigint | undefined {
    const by = this.#writer;
    if (by === undefined) return undefined;
    const mine = this.gic.read(by, offset, size);
    if (mine === recorded) return mine;
    const other = this.gic.cpus.find((cpu) => this.gic.read(cpu, offset, size) === recorded);
    if (other === undefined) return mine;
    this.#writer = other;
    this.tally.infer(WRITER);
    return recorded;
  }

  #write(offset: number, size: number, value: bigint): void {
    const by = this.#writer;
    if (by === undefined) return;
    if (this.gic.isPrivateWord(offset) && this.gic.cpus.length > 1)
      for (const cpu of this.gic.cpus)
        this.#doubts.write(cpu, cpu === by, () => this.gic.write(cpu, offset, size, value));
    else this.gic.write(by, offset, size, value);
  }

  /** GICD_SGIR: to a list, to all but the sender, to the sender. */
  #send(value: number): void {
    const sgi = value & 15;
    const filter = (value >>> 24) & 3;
    const isAlone = this.gic.cpus.length === 1;
    const sender = isAlone ? 0 : (this.#writer?.index ?? 0);
    for (const cpu of this.gic.cpus) {
      const isListed = filter === 0 && ((value >>> (16 + cpu.index)) & 1) === 1;
      const isTarget = isListed || (filter === 1 && cpu.index !== sender) || (filter === 2 && cpu.index === sender);
      if (!isTarget) continue;
      if (!isAlone) this.#doubts.sent(cpu, sgi, cpu.bank.latch[sgi] === 1);
      this.gic.sgi(cpu, sgi, sender);
    }
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  #candidate(event: EventOf<'irq.hppi'>): void {
    if (event.unit !== 'CPU interface') return;
    const cpu = this.cpu(event);
    if (cpu === undefined) return this.tally.unsupported(REASON.vcpu);
    const intid = this.numberOf(event) ?? SPURIOUS;
    const { priority } = event;
    const recorded = (priority << 10) | intid;
    const mine = (): number => {
      const best = this.gic.best(cpu);
      return (best.priority << 10) | best.intid;
    };
    const emulated = (): number => {
      if (intid !== SPURIOUS) this.learnBest(cpu, { intid, priority }, () => mine() === recorded);
      return mine();
    };
    this.records.take(cpu.index, {
      event,
      register: 'best interrupt',
      recorded: BigInt(recorded),
      emulated: () => BigInt(this.#doubts.settle(cpu.index, emulated, recorded)),
      context: () => this.describe(cpu),
      takeOver: () => this.gic.takeOver(cpu, { intid, priority }),
    });
  }

  #signal(event: EventOf<'irq.signal'>): void {
    if (event.detail?.['virtual'] === true) return;
    const cpu = this.cpu(event);
    if (cpu === undefined) return this.tally.unsupported(REASON.vcpu);
    this.signal(cpu, event);
  }

  protected override describe(cpu: V2Cpu): string {
    const { intid, priority } = this.gic.best(cpu);
    const { ctlr, pmr, runningPriority } = cpu.interface;
    return `CPU ${cpu.index}: best ${intid}, priority ${priority}; CTLR 0x${ctlr.toString(16)}, PMR 0x${pmr.toString(16)}, running ${runningPriority}`;
  }
}
