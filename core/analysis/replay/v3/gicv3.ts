/**
 * Drives a physical GICv3 with a recording of QEMU, and compares acknowledges, register reads, best interrupts, signals,
 * SGI targets and translations of messages (gicv3-behaviour §17).
 *
 * Stimuli: writes to the frames and to ICC registers, line changes, acknowledges, ITS commands and messages, resets.
 * The register plugin repeats what the device's own lines say; of its lines only those registers count that the
 * device does not print.
 */
import { interruptOf } from '../../../trace/interrupts.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { BEFORE, Beginning } from '../beginning.ts';
import { type Recording, type ReplayMachine } from '../replay.ts';
import { Records } from '../records.ts';
import { tellsTwoStates, TWO_STATES } from '../security.ts';
import { type Tally } from '../tally.ts';
import { FIRST_SPI } from '../flat/bank.ts';
import { type Best, NO_BEST, SPURIOUS } from './cpu-interface.ts';
import { type Cpu } from './cpu.ts';
import { PhysicalGic } from './gic.ts';
import { ItsReplay } from './its-replay.ts';
import { KvmLayerReplay } from './kvm/kvm-layer.ts';
import { ICC_ROWS } from './registers.ts';
import { VirtualReplay } from './virtual.ts';

const REASON = {
  vcpu: 'the recording does not tell which vCPU',
  register: 'the emulator has no such register',
  secure: 'an access from Secure state',
} as const;
const LEARNED = 'LPI priorities and enable bits, which are in guest memory';
/** Printed by the plugin alone. */
const PLUGIN_ONLY: ReadonlySet<string> = new Set(['ICC_SRE_EL1']);
const FIRST_LPI = 8192;
const GICD_CTLR = 0;
/** Priority of an interrupt that is taken before a candidate tells it. */
const UNTOLD = 0xa0;

export class GicV3Replay implements ReplayMachine {
  readonly #tally: Tally;
  readonly #gic: PhysicalGic;
  readonly #records: Records;
  readonly #its: ItsReplay;
  readonly #virtual: VirtualReplay;
  readonly #kvm: KvmLayerReplay;
  /** CPUs that were reset with nothing between: all of them are a reset of the machine. */
  readonly #reset = new Set<number>();
  /** SGIs that are on their way, as `intid cpu`. */
  readonly #sent = new Set<string>();
  /** The group that the last ICC_SGI*R write of each CPU names, where the plugin tells. */
  readonly #sgiGroup = new Map<number, 0 | 1>();

  readonly #beginning: Beginning;
  /** Its CPU interfaces end interrupts in two steps. */
  readonly #splitsEnd: boolean;

  constructor({ vcpus, names }: Recording, tally: Tally) {
    this.#beginning = new Beginning(tally);
    this.#splitsEnd = names.has('gicv3_icc_dir_write');
    this.#tally = tally;
    this.#gic = new PhysicalGic(vcpus);
    this.#records = new Records(tally);
    this.#its = new ItsReplay(this.#gic, this.#beginning, tally);
    this.#virtual = new VirtualReplay(tally);
    this.#kvm = new KvmLayerReplay(vcpus, tally);
  }

  end(): void {
    this.#records.input(() => {});
    this.#kvm.end();
  }

  take(event: TraceEvent): void {
    if (event.kind === 'vcpu.reset') {
      this.#records.input(() => this.#cpuReset(event));
      return;
    }
    this.#reset.clear();
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
        return this.#line(event);
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

  #setup(event: EventOf<'gic.setup'>): void {
    if (event.what !== 'maintenance interrupt') this.#records.input(() => this.#its.command(event));
    else if (event.vcpu !== undefined) this.#virtual.maintenance(event.vcpu, event);
  }

  /** CNTVOFF_EL2 tells which VM a hypervisor loads. */
  #timer({ vcpu, timer, what, value }: EventOf<'timer.write'>): void {
    if (vcpu !== undefined && value !== undefined && timer === 'CNTV' && what === 'offset')
      this.#kvm.offset(vcpu, value);
  }

  #cpu({ vcpu }: TraceEvent): Cpu | undefined {
    return vcpu === undefined ? undefined : this.#gic.cpus[vcpu];
  }

  #cpuReset(event: TraceEvent): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return;
    cpu.interface.reset();
    this.#reset.add(cpu.index);
    if (this.#reset.size === this.#gic.cpus.length) {
      this.#gic.reset();
      this.#its.reset();
    }
  }

  // --- CPU interface --------------------------------------------------------------------------------------------

  #access(event: EventOf<'register.access'>): void {
    const { register, op, value, source } = event;
    const cpu = this.#cpu(event);
    const isPlugin = source?.startsWith('gicplug_') === true;
    if (isPlugin && cpu !== undefined && /^ICC_A?SGI[01]R_EL1$/.test(register))
      this.#sgiGroup.set(cpu.index, register === 'ICC_SGI1R_EL1' ? 1 : 0);
    if (isPlugin ? !PLUGIN_ONLY.has(register) : !/^IC[CHV]_/.test(register)) return;
    if (cpu === undefined || value === undefined) return this.#tally.unsupported(REASON.vcpu);
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
    if (read === undefined) this.#tally.unsupported(REASON.register);
    else this.#tally.compare(event, event.register, value, BigInt(read(this.#gic, cpu)), () => this.#describe(cpu));
  }

  #write(cpu: Cpu, event: EventOf<'register.access'>, value: bigint): void {
    const { register } = event;
    this.#records.input(() => {
      if (/^ICC_A?SGI[01]R_EL1$/.test(register)) this.#generate(cpu, value);
      else ICC_ROWS.get(register)?.write?.(cpu, Number(BigInt.asUintN(32, value)));
    });
  }

  #acknowledge(event: EventOf<'irq.acknowledge'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return this.#tally.unsupported(REASON.vcpu);
    const register = event.cause ?? 'ICC_IAR1_EL1';
    const recorded = event.intid === undefined ? spuriousOf(event) : (interruptOf(event.intid)?.number ?? SPURIOUS);
    const group = register.includes('IAR0') ? 0 : 1;
    const isReal = recorded !== SPURIOUS;
    if (isReal) this.#beginning.interrupt(() => this.#begun());
    if (recorded >= FIRST_LPI) this.#learn(cpu, recorded);
    this.#records.input(() => {
      const emulated = this.#gic.answer(cpu, group);
      const isNews = isReal && emulated !== recorded && this.#beginning.isFirst(`taken ${cpu.index} ${recorded}`);
      if (isNews) {
        this.#gic.learnBest(cpu, { intid: recorded, group, priority: UNTOLD });
        this.#tally.unsupported(BEFORE);
      } else this.#tally.compare(event, register, BigInt(recorded), BigInt(emulated), () => this.#describe(cpu));
      if (recorded < 1020 || recorded >= FIRST_LPI) this.#gic.acknowledge(cpu, recorded);
    });
  }

  /** The recording is a part: SGIs may be of any group, and LPIs be enabled. */
  #begun(): void {
    this.#gic.takesAnyGroup = true;
    this.#gic.forgetPriorities();
    for (const cpu of this.#gic.cpus) cpu.hasLpis = true;
    this.#its.begun();
  }

  #learnBest(cpu: Cpu, best: Best): void {
    this.#beginning.interrupt(() => this.#begun());
    if (!this.#beginning.isPart || coded(this.#gic.best(cpu)) === coded(best)) return;
    const { intid } = best;
    const isNews = this.#beginning.isFirst(`best ${cpu.index} ${intid}`) || this.#its.takeUnplaced(intid);
    if (isNews) this.#gic.learnBest(cpu, best);
    else if (!this.#beginning.isFirst(`edge ${intid}`) || !this.#gic.learnEdge(cpu, intid)) return;
    this.#beginning.learned();
  }

  #learnInterface(cpu: Cpu): void {
    this.#beginning.interrupt(() => this.#begun());
    if (this.#beginning.isPart && this.#gic.learnInterface(cpu, this.#splitsEnd)) this.#beginning.learned();
  }

  /** An LPI that was acknowledged is enabled; its priority is at least the mask's. */
  #learn(cpu: Cpu, intid: number): void {
    if (this.#gic.answer(cpu, 1) === intid || !cpu.pendingLpis.has(intid)) return;
    if (this.#gic.learn(intid, 0)) this.#tally.infer(LEARNED);
  }

  #end(event: EventOf<'irq.drop'> | EventOf<'irq.deactivate'>): void {
    const cpu = this.#cpu(event);
    const number = event.intid === undefined ? undefined : interruptOf(event.intid)?.number;
    if (cpu === undefined || number === undefined) return;
    this.#records.input(() => {
      if (event.kind === 'irq.deactivate') this.#gic.deactivate(cpu, number);
      else this.#gic.end(cpu, event.detail?.['register'] === 'ICC_EOIR0_EL1' ? 0 : 1, number);
    });
    this.#records.steps(cpu.index);
  }

  // --- SGIs -----------------------------------------------------------------------------------------------------

  #generate(cpu: Cpu, value: bigint): void {
    // The emulator sent SGIs that the recording does not show.
    for (const _ of this.#sent) this.#tally.absent('SGI targets');
    this.#sent.clear();
    const { intid, targets } = this.#gic.sgi(cpu, value, this.#sgiGroup.get(cpu.index) ?? 1);
    for (const target of targets) this.#sent.add(`${intid} ${target.index}`);
    this.#sgiGroup.delete(cpu.index);
  }

  /** Each arrival is a step of its own: the targets compute one after the other. */
  #sgiArrives(event: EventOf<'irq.pend'>): void {
    const cpu = this.#cpu(event);
    const intid = interruptOf(event.intid)?.number;
    if (cpu === undefined || intid === undefined) return this.#tally.unsupported(REASON.vcpu);
    this.#records.input(() => {
      const wasSent = this.#sent.delete(`${intid} ${cpu.index}`);
      this.#tally.compare(event, 'SGI targets', 1n, wasSent ? 1n : 0n, () => this.#describe(cpu));
      cpu.bank.latch[intid] = 1;
    });
  }

  // --- lines and frames -----------------------------------------------------------------------------------------

  #line(event: EventOf<'irq.line'>): void {
    const number = interruptOf(event.intid)?.number;
    const cpu = this.#cpu(event);
    if (number === undefined) return;
    this.#records.input(() => {
      const bank = number >= FIRST_SPI ? this.#gic.distributor.spis : cpu?.bank;
      bank?.setLine(number, event.level);
    });
  }

  #mmio(event: EventOf<'mmio.access'>): void {
    const { source = '', op, offset, size, value, detail, register } = event;
    if (detail?.['rejected'] === true || value === undefined) return;
    const at = Number(offset);
    const isSecure = detail?.['secure'] === true;
    if (isSecure || (source === 'gicv3_dist_read' && tellsTwoStates(at, value))) this.#tally.recordsAnother(TWO_STATES);
    if (isSecure) return this.#tally.unsupported(REASON.secure);
    if (source.startsWith('gicv3_its_')) return this.#records.input(() => this.#its.access(event));
    const isDistributor = source.startsWith('gicv3_dist_');
    const cpu = this.#cpu(event);
    const frame = isDistributor ? this.#gic.distributor : cpu;
    if (frame === undefined) return this.#tally.unsupported(REASON.vcpu);
    if (op === 'write') {
      if (isDistributor && at === GICD_CTLR) this.#beginning.setUp();
      this.#records.input(() => frame.write(at, size, value));
      return;
    }
    const emulated = frame.read(at, size);
    if (emulated === undefined) return this.#tally.unsupported(REASON.register);
    if (emulated !== value && this.#beginning.isFirst(`read ${source} ${cpu?.index} ${at}`)) {
      frame.adopt(at, size, value);
      return this.#beginning.learned();
    }
    this.#tally.compare(event, register, value, emulated);
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  #candidate(event: EventOf<'irq.hppi'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return this.#tally.unsupported(REASON.vcpu);
    if (event.unit === 'virtual CPU interface') return this.#virtual.best(cpu.index, event);
    const { priority } = event;
    const intid = event.intid === undefined ? 0 : (interruptOf(event.intid)?.number ?? 0);
    const group = event.unit.endsWith('group 0') ? 0 : 1;
    const best: Best = priority === NO_BEST.priority ? NO_BEST : { intid, group, priority };
    const recorded = coded(best);
    this.#records.take(cpu.index, {
      event,
      register: 'best interrupt',
      recorded,
      emulated: () => {
        if (best !== NO_BEST) this.#learnBest(cpu, best);
        const mine = coded(this.#gic.best(cpu));
        const isUnlearned = mine !== recorded && intid >= FIRST_LPI && cpu.pendingLpis.has(intid);
        if (!isUnlearned || !this.#gic.learn(intid, priority)) return mine;
        this.#tally.infer(LEARNED);
        return coded(this.#gic.best(cpu));
      },
      context: () => this.#describe(cpu),
      takeOver: () => this.#gic.takeOver(cpu, best),
    });
  }

  #signal(event: EventOf<'irq.signal'>): void {
    const cpu = this.#cpu(event);
    if (cpu === undefined) return this.#tally.unsupported(REASON.vcpu);
    if (event.detail?.['virtual'] === true) return this.#virtual.signals(cpu.index, event);
    const isOn = event.irq || event.fiq;
    if (isOn) this.#learnInterface(cpu);
    // What is signalled was told before the recording began.
    if (isOn && this.#gic.best(cpu) === NO_BEST && this.#beginning.isFirst(`signal ${cpu.index}`))
      return this.#tally.unsupported(BEFORE);
    this.#records.take(cpu.index, {
      event,
      register: 'signals',
      recorded: (event.irq ? 1n : 0n) | (event.fiq ? 2n : 0n),
      emulated: () => this.#gic.signals(cpu),
      context: () => this.#describe(cpu),
      takeOver: () => {
        // An end of interrupt is missing, or what lets it pass.
        if (isOn) cpu.interface.active.fill(0);
        if (isOn) this.#gic.learnInterface(cpu, this.#splitsEnd);
      },
    });
  }

  #describe(cpu: Cpu): string {
    const { intid, group, priority } = this.#gic.best(cpu);
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
