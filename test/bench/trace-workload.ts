/**
 * A deterministic stand-in for a busy guest, in the proportions of the recording of Linux on GICv5 with two CPUs:
 * 32 events an interrupt, 4 state changes of it, 26 changes of state; one interrupt in 20 is an SPI. Per interrupt:
 * the timer's line and the PPI's pending state, two rounds of HPPI and signals, the exception, GICR CDIA and the
 * acknowledge, GSB ACK, GIC CDEOI and the drop, the timer masked, programmed and unmasked with register accesses,
 * GIC CDDI and the deactivation, WFI in half of the cases. Interrupt bits live in 64-bit registers, as the emulator
 * keeps them. Kernel addresses as PCs, real register and source names, times with jitter.
 */
import { intid } from '../../core/gic/intid.ts';
import { type SlotId, vcpuId } from '../../core/state/brand.ts';
import { HAS_ARG, HAS_VALUE } from '../../core/trace/columns.ts';
import { type KINDS, RUN_STATES } from '../../core/trace/kinds.ts';
import { type TraceWriter } from '../../core/trace/writer.ts';

interface Vcpu {
  readonly pending: SlotId;
  readonly active: SlotId;
  readonly enabled: SlotId;
  readonly pcr: SlotId;
  readonly apr: SlotId;
  readonly cval: SlotId;
  readonly ctl: SlotId;
  readonly deadline: SlotId;
  readonly line: SlotId;
  readonly hppi: SlotId;
  readonly signal: SlotId;
  readonly run: SlotId;
}

const PPI = 27;
const GUEST = RUN_STATES.indexOf('guest');
const HANDLER = RUN_STATES.indexOf('handler');
const IDLE = RUN_STATES.indexOf('idle');

export class Workload {
  readonly #writer: TraceWriter;
  readonly #vcpus: Vcpu[] = [];
  readonly #spi: SlotId;
  readonly #spiActive: SlotId;
  #seed = 12345;
  #time = 1000;
  #line = 0;
  readonly #type;
  readonly #name;

  constructor(writer: TraceWriter, vcpus: number) {
    this.#writer = writer;
    const { layout } = writer.journal;
    for (let v = 0; v < vcpus; v++) {
      const register = (name: string, initial = 0n): SlotId =>
        layout.claim({ path: `vcpu${v}.${name}`, width: 64, register: name, initial });
      const vcpu = {
        pending: register('ICC_PPI_HPEND0_EL1'),
        active: register('ICC_PPI_HACTIVE0_EL1'),
        enabled: register('ICC_PPI_ENABLER0_EL1'),
        pcr: register('ICC_PCR_EL1'),
        apr: register('ICC_APR_EL1'),
        cval: register('CNTV_CVAL_EL0'),
        ctl: register('CNTV_CTL_EL0'),
        deadline: layout.claim({ path: `vcpu${v}.timer.CNTV.deadline`, width: 64, initial: 0n }),
        line: layout.claim({ path: `vcpu${v}.timer.CNTV.line`, width: 1, initial: 0n }),
        hppi: layout.claim({ path: `vcpu${v}.hppi`, width: 32, initial: 0n }),
        signal: layout.claim({ path: `vcpu${v}.signal`, width: 3, initial: 0n }),
        run: layout.claim({ path: `vcpu${v}.runState`, width: 4, values: RUN_STATES, initial: 0n }),
      };
      this.#vcpus.push(vcpu);
      for (let n = 0; n < 64; n++) {
        const id = intid('ppi', n);
        writer.interruptField(id, vcpuId(v), 'pending', { slot: vcpu.pending, lsb: n, width: 1 });
        writer.interruptField(id, vcpuId(v), 'active', { slot: vcpu.active, lsb: n, width: 1 });
        writer.interruptField(id, vcpuId(v), 'enabled', { slot: vcpu.enabled, lsb: n, width: 1 });
      }
      for (let n = 0; n < 20; n++) register(`ICC_PPI_PRIORITYR${n}_EL1`);
    }
    this.#spi = layout.claim({ path: 'irs.spi.pending', width: 64, initial: 0n });
    this.#spiActive = layout.claim({ path: 'irs.spi.active', width: 64, initial: 0n });
    for (let n = 0; n < 64; n++) {
      writer.interruptField(intid('spi', n), undefined, 'pending', { slot: this.#spi, lsb: n, width: 1 });
      writer.interruptField(intid('spi', n), undefined, 'active', { slot: this.#spiActive, lsb: n, width: 1 });
    }
    const id = (kind: keyof typeof KINDS, origin: 'guest' | 'hardware' | 'device', source: string): number =>
      writer.typeId(kind, origin, source);
    this.#type = {
      line: id('timer.line', 'device', 'arm_gt_update_irq'),
      pend: id('irq.pend', 'hardware', 'gicv5_update_ppi_state'),
      hppi: id('irq.hppi', 'hardware', 'gicv5_recalc_ppi_hppi'),
      signal: id('irq.signal', 'hardware', 'gicv5_update_irq_fiq'),
      access: id('register.access', 'guest', 'gicplug_sysreg'),
      acknowledge: id('irq.acknowledge', 'guest', 'gicv5_gicr_cdia'),
      drop: id('irq.drop', 'guest', 'gicv5_cdeoi'),
      deactivate: id('irq.deactivate', 'guest', 'gicv5_cddi'),
      compare: id('timer.write', 'guest', 'arm_gt_cval_write'),
      control: id('timer.write', 'guest', 'arm_gt_ctl_write'),
      mask: id('timer.write', 'guest', 'arm_gt_imask_toggle'),
      deadline: id('timer.deadline', 'device', 'arm_gt_recalc'),
      taken: id('irq.taken', 'hardware', 'gicplug_irq_taken'),
      idle: id('vcpu.idle', 'guest', 'gicplug_wfi'),
      device: id('irq.line', 'device', 'gicv5_spi_state'),
    };
    this.#name = {
      cdia: writer.nameId('GICR CDIA'),
      cdeoi: writer.nameId('GIC CDEOI'),
      cddi: writer.nameId('GIC CDDI'),
      gsb: writer.nameId('GSB ACK'),
      ctl: writer.nameId('CNTV_CTL_EL0'),
      cval: writer.nameId('CNTV_CVAL_EL0'),
      pcr: writer.nameId('ICC_PCR_EL1'),
      ppi: writer.nameId('PPI'),
    };
  }

  /** Appends at least `count` events; returns how many there are in all. */
  run(count: number): number {
    while (this.#writer.count < count) this.#cycle(this.#random(this.#vcpus.length));
    return this.#writer.count;
  }

  #random(limit: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) | 0;
    return (this.#seed >>> 8) % limit;
  }

  #event(
    type: number,
    v: number,
    small: number,
    name: number,
    value: number | undefined,
    arg: number | undefined,
  ): void {
    this.#time += 200 + this.#random(3000);
    this.#line += 1 + (this.#random(4) === 0 ? 1 : 0);
    const flags = (value === undefined ? 0 : HAS_VALUE) | (arg === undefined ? 0 : HAS_ARG);
    const kernel = arg === -1;
    this.#writer.appendPacked(
      type,
      v,
      small,
      name,
      flags,
      value ?? 0,
      0,
      kernel ? 0x8012_0000 + this.#random(64) * 4 : (arg ?? 0),
      kernel ? 0xffff_8000 : 0,
      this.#time,
      this.#line,
    );
  }

  #bit(slot: SlotId, bit: number, on: boolean): void {
    const { journal } = this.#writer;
    const lo = journal.readLo(slot);
    const hi = journal.readHi(slot);
    if (bit < 32) journal.writeWords(slot, on ? lo | (1 << bit) : lo & ~(1 << bit), hi);
    else journal.writeWords(slot, lo, on ? hi | (1 << (bit - 32)) : hi & ~(1 << (bit - 32)));
  }

  #cycle(v: number): void {
    const vcpu = this.#vcpus[v];
    if (vcpu === undefined) return;
    const { journal } = this.#writer;
    const type = this.#type;
    const name = this.#name;
    const device = this.#random(20) === 0;
    const number = device ? this.#random(8) : PPI;
    const id = device ? intid('spi', number) : intid('ppi', PPI);
    const pending = device ? this.#spi : vcpu.pending;
    const active = device ? this.#spiActive : vcpu.active;
    const set = (slot: SlotId, lo: number, hi = 0): void => journal.writeWords(slot, lo, hi);
    const recompute = (wanted: number, times: number): void => {
      for (let i = 0; i < times; i++) {
        set(vcpu.hppi, wanted);
        this.#event(type.hppi, v, wanted === 0 ? 0xff : 0x40, name.ppi, undefined, wanted === 0 ? undefined : wanted);
        set(vcpu.signal, wanted === 0 ? 0 : 1);
        this.#event(type.signal, v, wanted === 0 ? 0 : 1, 0, undefined, undefined);
      }
    };
    const access = (register: number, op: number, value: number | undefined): void => {
      set(vcpu.run, this.#random(8) === 0 ? HANDLER : journal.readLo(vcpu.run));
      this.#event(type.access, v, op, register, value, -1);
    };
    const timerLine = (level: number): void => {
      set(vcpu.line, level);
      this.#event(type.line, this.#random(2) === 0 ? v : -1, 1 | (level << 3), 0, undefined, undefined);
    };

    if (!device) timerLine(1);
    this.#bit(pending, number, true);
    this.#event(device ? type.device : type.pend, device || this.#random(8) === 0 ? -1 : v, 1, 0, undefined, id);
    recompute(id, 2);
    set(vcpu.run, HANDLER);
    this.#event(type.taken, v, 0, 0, undefined, -1);
    this.#bit(pending, number, false);
    this.#bit(active, number, true);
    set(vcpu.apr, 1 << 8);
    this.#event(type.acknowledge, v, 0, 0, undefined, id);
    access(name.cdia, 2, id);
    access(name.gsb, 2, 0);
    access(name.cdeoi, 2, 0);
    set(vcpu.apr, 0);
    this.#event(type.drop, v, 0, 0, undefined, id);
    recompute(0, 1);
    for (const control of [5, 7, 5]) {
      access(name.ctl, 0, control ^ 2);
      access(name.ctl, 1, control);
      set(vcpu.ctl, control);
      this.#event(type.control, v, 1, 0, control, undefined);
      this.#event(type.mask, v, 1 | (4 << 3), 0, control >> 1, undefined);
      if (control === 7) timerLine(0);
    }
    const deadline = this.#random(1 << 24) * 64;
    set(vcpu.cval, deadline, this.#random(1 << 8));
    access(name.cval, 1, deadline);
    this.#event(type.compare, v, 1 | (1 << 3), 0, deadline, undefined);
    set(vcpu.deadline, deadline, 1);
    this.#event(type.deadline, v, 1, 0, deadline, undefined);
    const mask = this.#random(16) * 2 + 1;
    if (this.#random(4) === 0) {
      set(vcpu.pcr, mask);
      access(name.pcr, 1, mask);
    }
    access(name.cddi, 2, id);
    this.#bit(active, number, false);
    set(vcpu.run, GUEST);
    this.#event(type.deactivate, v, 0, 0, undefined, id);
    recompute(0, 1);
    if (this.#random(2) === 0) {
      set(vcpu.run, IDLE);
      this.#event(type.idle, v, 0, 0, undefined, -1);
    }
  }
}
