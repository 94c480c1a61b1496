/**
 * Drives a physical GICv3 with a recording of QEMU, and compares acknowledges, register reads, best interrupts, signals,
 * SGI targets and translations of messages (gicv3-behaviour §17).
 *
 * Stimuli: writes to the frames and to ICC registers, line changes, acknowledges, ITS commands and messages, resets.
 * The register plugin repeats what the device's own lines say; of its lines only those registers count that the
 * device does not print.
 */
import { FIRST_LPI } from '../../../gic/intid.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { BEFORE } from '../beginning.ts';
import { type Recording, type ReplayMachine } from '../replay.ts';
import { tellsTwoStates, TWO_STATES } from '../security.ts';
import { type Tally } from '../tally.ts';
import { FlatReplay } from '../flat/flat-replay.ts';
import { REASON } from '../reasons.ts';
import { type Best, NO_BEST, SPURIOUS } from './cpu-interface.ts';
import { type Cpu } from './cpu.ts';
import { PhysicalGic } from './gic.ts';
import { ItsReplay } from './its-replay.ts';
import { KvmLayerReplay } from './kvm/kvm-layer.ts';
import { ICC_ROWS } from './registers.ts';
import { generatesSgi, SgiReplay } from './sgi-replay.ts';
import { VirtualReplay } from './virtual.ts';

const SECURE = 'an access from Secure state';
const LEARNED = 'LPI priorities and enable bits, which are in guest memory';
/** Printed by the plugin alone. */
const PLUGIN_ONLY: ReadonlySet<string> = new Set(['ICC_SRE_EL1']);
const GICD_CTLR = 0;
/** Priority of an interrupt that is taken before a candidate tells it. */
const UNTOLD = 0xa0;

export class GicV3Replay extends FlatReplay<Cpu, Best, PhysicalGic> implements ReplayMachine {
  readonly #its: ItsReplay;
  readonly #sgis: SgiReplay;
  readonly #virtual: VirtualReplay;
  readonly #kvm: KvmLayerReplay;

  constructor({ vcpus, names }: Recording, tally: Tally) {
    super(new PhysicalGic(vcpus), tally);
    this.splitsEnd = names.has('gicv3_icc_dir_write');
    this.#its = new ItsReplay(this.gic, this.beginning, tally);
    this.#sgis = new SgiReplay(this.gic, tally);
    this.#virtual = new VirtualReplay(tally);
    this.#kvm = new KvmLayerReplay(vcpus, tally);
  }

  override end(): void {
    super.end();
    this.#kvm.end();
  }

  protected override apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'register.access':
        return this.#access(event);
      case 'mmio.access':
        return this.#mmio(event);
      case 'irq.acknowledge':
        return this.#acknowledge(event);
      case 'irq.drop':
      case 'irq.deactivate':
        return this.#end(event);
      case 'irq.line':
        return this.line(event);
      case 'irq.pend':
        return event.cause === 'SGI' ? this.#sgiArrives(event) : undefined;
      case 'irq.inject':
        return this.#its.injected(event);
      case 'gic.setup':
        return this.#setup(event);
      case 'irq.hppi':
        return this.#candidate(event);
      case 'irq.signal':
        return this.#signal(event);
      case 'timer.write':
        return this.#timer(event);
      default:
        return;
    }
  }

  protected override cpuReset(cpu: Cpu): void {
    cpu.interface.reset();
  }

  protected override machineReset(): void {
    super.machineReset();
    this.#its.reset();
  }

  #setup(event: EventOf<'gic.setup'>): void {
    if (event.what !== 'maintenance interrupt') this.records.input(() => this.#its.command(event));
    else if (event.vcpu !== undefined) this.#virtual.maintenance(event.vcpu, event);
  }

  /** CNTVOFF_EL2 tells which VM a hypervisor loads. */
  #timer({ vcpu, timer, what, value }: EventOf<'timer.write'>): void {
    if (vcpu !== undefined && value !== undefined && timer === 'CNTV' && what === 'offset')
      this.#kvm.offset(vcpu, value);
  }

  // --- CPU interface --------------------------------------------------------------------------------------------

  #access(event: EventOf<'register.access'>): void {
    const { register, op, value, source } = event;
    const cpu = this.cpu(event);
    const isPlugin = source?.startsWith('gicplug_') === true;
    if (isPlugin && cpu !== undefined && generatesSgi(register)) this.#sgis.named(cpu, register);
    if (isPlugin ? !PLUGIN_ONLY.has(register) : !/^IC[CHV]_/.test(register)) return;
    if (cpu === undefined || value === undefined) return this.tally.unsupported(REASON.vcpu);
    if (!register.startsWith('ICC_')) {
      this.#virtual.access(cpu.index, event, value);
      this.#kvm.access(cpu.index, event, value);
      return;
    }
    if (op === 'read') this.#read(cpu, event, value);
    else this.#write(cpu, event, value);
  }

  #read(cpu: Cpu, event: EventOf<'register.access'>, value: bigint): void {
    const read = ICC_ROWS.get(event.register)?.read;
    if (read === undefined) this.tally.unsupported(REASON.register);
    else this.tally.compare(event, event.register, value, BigInt(read(this.gic, cpu)), () => this.describe(cpu));
  }

  #write(cpu: Cpu, event: EventOf<'register.access'>, value: bigint): void {
    const { register } = event;
    this.records.input(() => {
      if (generatesSgi(register)) this.#sgis.generate(cpu, value);
      else ICC_ROWS.get(register)?.write?.(cpu, Number(BigInt.asUintN(32, value)));
    });
  }

  #acknowledge(event: EventOf<'irq.acknowledge'>): void {
    const cpu = this.cpu(event);
    if (cpu === undefined) return this.tally.unsupported(REASON.vcpu);
    const register = event.cause ?? 'ICC_IAR1_EL1';
    const recorded = this.numberOf(event) ?? spuriousOf(event);
    const group = register.includes('IAR0') ? 0 : 1;
    const isReal = recorded !== SPURIOUS;
    if (isReal) this.interruptShown();
    if (recorded >= FIRST_LPI) this.#learn(cpu, recorded);
    this.records.input(() => {
      const emulated = this.gic.answer(cpu, group);
      const isNews = isReal && emulated !== recorded && this.beginning.isFirst(`taken ${cpu.index} ${recorded}`);
      if (isNews) {
        this.gic.learnBest(cpu, { intid: recorded, group, priority: UNTOLD });
        this.tally.unsupported(BEFORE);
      } else this.tally.compare(event, register, BigInt(recorded), BigInt(emulated), () => this.describe(cpu));
      if (recorded < 1020 || recorded >= FIRST_LPI) this.gic.acknowledge(cpu, recorded);
    });
  }

  /** SGIs may be of any group, and LPIs be enabled. */
  protected override begun(): void {
    super.begun();
    this.gic.takesAnyGroup = true;
    for (const cpu of this.gic.cpus) cpu.hasLpis = true;
    this.#its.begun();
  }

  protected override isUnplaced(intid: number): boolean {
    return this.#its.takeUnplaced(intid);
  }

  /** An LPI that was acknowledged is enabled; its priority is at least the mask's. */
  #learn(cpu: Cpu, intid: number): void {
    if (this.gic.answer(cpu, 1) === intid || !cpu.pendingLpis.has(intid)) return;
    if (this.gic.learn(intid, 0)) this.tally.infer(LEARNED);
  }

  #end(event: EventOf<'irq.drop'> | EventOf<'irq.deactivate'>): void {
    const cpu = this.cpu(event);
    const number = this.numberOf(event);
    if (cpu === undefined || number === undefined) return;
    this.records.input(() => {
      if (event.kind === 'irq.deactivate') this.gic.deactivate(cpu, number);
      else this.gic.end(cpu, event.detail?.['register'] === 'ICC_EOIR0_EL1' ? 0 : 1, number);
    });
    this.records.steps(cpu.index);
  }

  #sgiArrives(event: EventOf<'irq.pend'>): void {
    const cpu = this.cpu(event);
    const intid = this.numberOf(event);
    if (cpu === undefined || intid === undefined) return this.tally.unsupported(REASON.vcpu);
    this.records.input(() => {
      const wasSent = this.#sgis.arrives(cpu, intid);
      this.tally.compare(event, 'SGI targets', 1n, wasSent ? 1n : 0n, () => this.describe(cpu));
      cpu.bank.latch[intid] = 1;
    });
  }

  // --- frames ---------------------------------------------------------------------------------------------------

  #mmio(event: EventOf<'mmio.access'>): void {
    const { source = '', op, offset, size, value, detail, register } = event;
    if (detail?.['rejected'] === true || value === undefined) return;
    const at = Number(offset);
    const isSecure = detail?.['secure'] === true;
    if (isSecure || (source === 'gicv3_dist_read' && tellsTwoStates(at, value))) this.tally.recordsAnother(TWO_STATES);
    if (isSecure) return this.tally.unsupported(SECURE);
    if (source.startsWith('gicv3_its_')) return this.records.input(() => this.#its.access(event));
    const isDistributor = source.startsWith('gicv3_dist_');
    const cpu = this.cpu(event);
    const frame = isDistributor ? this.gic.distributor : cpu;
    if (frame === undefined) return this.tally.unsupported(REASON.vcpu);
    if (op === 'write') {
      if (isDistributor && at === GICD_CTLR) this.beginning.setUp();
      this.records.input(() => frame.write(at, size, value));
      return;
    }
    const emulated = frame.read(at, size);
    if (emulated === undefined) return this.tally.unsupported(REASON.register);
    if (emulated !== value && this.beginning.isFirst(`read ${source} ${cpu?.index} ${at}`)) {
      frame.adopt(at, size, value);
      return this.beginning.learned();
    }
    this.tally.compare(event, register, value, emulated);
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  #candidate(event: EventOf<'irq.hppi'>): void {
    const cpu = this.cpu(event);
    if (cpu === undefined) return this.tally.unsupported(REASON.vcpu);
    if (event.unit === 'virtual CPU interface') return this.#virtual.best(cpu.index, event);
    const { priority } = event;
    const intid = this.numberOf(event) ?? 0;
    const group = event.unit.endsWith('group 0') ? 0 : 1;
    const best: Best = priority === NO_BEST.priority ? NO_BEST : { intid, group, priority };
    const recorded = coded(best);
    this.records.take(cpu.index, {
      event,
      register: 'best interrupt',
      recorded,
      emulated: () => {
        if (best !== NO_BEST) this.learnBest(cpu, best, () => coded(this.gic.best(cpu)) === recorded);
        const mine = coded(this.gic.best(cpu));
        const isUnlearned = mine !== recorded && intid >= FIRST_LPI && cpu.pendingLpis.has(intid);
        if (!isUnlearned || !this.gic.learn(intid, priority)) return mine;
        this.tally.infer(LEARNED);
        return coded(this.gic.best(cpu));
      },
      context: () => this.describe(cpu),
      takeOver: () => this.gic.takeOver(cpu, best),
    });
  }

  #signal(event: EventOf<'irq.signal'>): void {
    const cpu = this.cpu(event);
    if (cpu === undefined) return this.tally.unsupported(REASON.vcpu);
    if (event.detail?.['virtual'] === true) return this.#virtual.signals(cpu.index, event);
    this.signal(cpu, event);
  }

  protected override describe(cpu: Cpu): string {
    const { intid, group, priority } = this.gic.best(cpu);
    const best =
      priority === NO_BEST.priority ? 'none' : `${intid}, group ${group}, priority 0x${priority.toString(16)}`;
    return `CPU ${cpu.index}: best ${best}; ${cpu.interface.describe()}`;
  }
}

/** The number that a spurious acknowledge returned. */
function spuriousOf({ detail }: TraceEvent): number {
  const value = detail?.['value'];
  return typeof value === 'string' ? Number(value) : SPURIOUS;
}

/** Priority in bits 39:32, group in bit 24, number below. */
function coded({ intid, group, priority }: Best): bigint {
  return (BigInt(priority) << 32n) | (BigInt(group) << 24n) | BigInt(intid);
}
