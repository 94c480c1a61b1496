/**
 * Random lives of a VM: stimuli that user space, guests, time and a scheduler can cause, in any order, and a life
 * that carries out those that fit the state of their vCPU.
 */
import fc from 'fast-check';
import { Host } from '../../../core/kvm/host.ts';
import { type HostFacts, REFERENCE_HOST } from '../../../core/kvm/host-facts.ts';
import { profileByName } from '../../../core/kvm/profiles.ts';
import { GROUP, PMU_ATTRIBUTE, UserWords, VCPU_GROUP } from '../../../core/kvm/uapi.ts';
import { VGIC_V5 } from '../../../core/kvm/v5/model.ts';
import { sysregAttribute } from '../../../core/kvm/v5/userspace-registers.ts';
import { VcpuVgicV5 } from '../../../core/kvm/v5/vcpu-vgic.ts';
import { VmVgicV5 } from '../../../core/kvm/v5/vm-vgic.ts';
import { type Vcpu } from '../../../core/kvm/vcpu.ts';
import { FEATURE } from '../../../core/kvm/vcpu-slots.ts';
import { type Vm } from '../../../core/kvm/vm.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';
import { type Recorded, recordedOf } from './recorded.ts';

const VCPUS = 3;

export type Stimulus =
  | { readonly op: 'write'; readonly vcpu: number; readonly name: string; readonly value: bigint }
  | { readonly op: 'insn'; readonly vcpu: number; readonly name: string; readonly operand: bigint }
  | {
      readonly op: 'timer';
      readonly vcpu: number;
      readonly timer: 'CNTV' | 'CNTP';
      readonly ahead: bigint;
      readonly control: bigint;
    }
  | { readonly op: 'line'; readonly vcpu: number; readonly level: number }
  | { readonly op: 'pmu'; readonly vcpu: number; readonly flags: number }
  | { readonly op: 'exit' | 'wfi'; readonly vcpu: number }
  | { readonly op: 'put' | 'endWait' | 'reset'; readonly vcpu: number }
  | { readonly op: 'enter'; readonly vcpu: number; readonly hostWork: boolean }
  | { readonly op: 'load'; readonly vcpu: number; readonly cpu: number }
  | { readonly op: 'restore'; readonly vcpu: number; readonly name: string; readonly value: bigint }
  | { readonly op: 'advance'; readonly ticks: bigint }
  | { readonly op: 'wire'; readonly cpu: number; readonly ppi: number; readonly level: boolean };

const vcpu = fc.nat(VCPUS - 1);
const bits = fc.oneof(
  fc.subarray([3, 23, 26, 27, 28, 30]).map((ppis) => ppis.reduce((sum, ppi) => sum | (1n << BigInt(ppi)), 0n)),
  fc.constant(0xffff_ffff_ffff_ffffn),
);
const priority = fc.constantFrom(0n, 8n, 0x10n, 0x1fn).map((value) => value * 0x0101_0101_0101_0101n);
const on = <T extends object>(record: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> => fc.record<T>(record);
const is = <T extends string>(op: T): fc.Arbitrary<T> => fc.constant(op);

const write = (name: fc.Arbitrary<string>, value: fc.Arbitrary<bigint>): fc.Arbitrary<Stimulus> =>
  on({ op: is('write'), vcpu, name, value });

const stimulus: fc.Arbitrary<Stimulus> = fc.oneof(
  { weight: 5, arbitrary: on({ op: is('enter'), vcpu, hostWork: fc.constantFrom(false, false, false, true) }) },
  { weight: 3, arbitrary: on({ op: is('exit'), vcpu }) },
  { weight: 2, arbitrary: on({ op: is('load'), vcpu, cpu: fc.nat(1) }) },
  { weight: 2, arbitrary: on({ op: is('put'), vcpu }) },
  { weight: 2, arbitrary: on({ op: is('wfi'), vcpu }) },
  { weight: 2, arbitrary: on({ op: is('endWait'), vcpu }) },
  { weight: 5, arbitrary: on({ op: is('line'), vcpu, level: fc.constantFrom(1, 1, 1, 0) }) },
  { weight: 4, arbitrary: write(fc.constantFrom('ICC_PPI_ENABLER0_EL1'), bits) },
  {
    weight: 4,
    arbitrary: write(
      fc.constantFrom('SPENDR0', 'CPENDR0', 'SACTIVER0', 'CACTIVER0').map((n) => `ICC_PPI_${n}_EL1`),
      bits,
    ),
  },
  {
    weight: 3,
    arbitrary: write(
      fc.constantFrom(0, 2, 3, 8).map((n) => `ICC_PPI_PRIORITYR${n}_EL1`),
      priority,
    ),
  },
  { weight: 3, arbitrary: write(fc.constant('ICC_PCR_EL1'), fc.constantFrom(0x1fn, 0x1fn, 0x10n, 0n)) },
  { weight: 3, arbitrary: write(fc.constant('ICC_CR0_EL1'), fc.constantFrom(1n, 1n, 1n, 0n)) },
  { weight: 1, arbitrary: write(fc.constant('ICC_APR_EL1'), fc.constantFrom(0n, 1n, 0x1_0000n)) },
  {
    weight: 10,
    arbitrary: on({
      op: is('insn'),
      vcpu,
      name: fc.constantFrom('GICR CDIA', 'GICR CDIA', 'GIC CDEOI', 'GICR CDNMIA'),
      operand: fc.constant(0n),
    }),
  },
  {
    weight: 4,
    arbitrary: on({
      op: is('insn'),
      vcpu,
      name: fc.constant('GIC CDDI'),
      operand: fc.constantFrom(3, 3, 23, 26, 27, 30).map((ppi) => 0x2000_0000n + BigInt(ppi)),
    }),
  },
  {
    weight: 3,
    arbitrary: on({
      op: is('timer'),
      vcpu,
      timer: fc.constantFrom<'CNTV' | 'CNTP'>('CNTV', 'CNTP'),
      ahead: fc.constantFrom(0n, 2n, 5n, 50n),
      control: fc.constantFrom(1n, 1n, 3n, 0n),
    }),
  },
  { weight: 2, arbitrary: on({ op: is('advance'), ticks: fc.constantFrom(1n, 3n, 10n) }) },
  { weight: 2, arbitrary: on({ op: is('pmu'), vcpu, flags: fc.nat(1) }) },
  { weight: 1, arbitrary: on({ op: is('reset'), vcpu }) },
  {
    weight: 1,
    arbitrary: on({ op: is('wire'), cpu: fc.nat(1), ppi: fc.constantFrom(3, 23, 26), level: fc.boolean() }),
  },
);

const restore: fc.Arbitrary<Stimulus> = fc.oneof(
  on({
    op: is('restore'),
    vcpu,
    name: fc.constantFrom('ENABLER0', 'SACTIVER0', 'SPENDR0').map((name) => `ICC_PPI_${name}_EL1`),
    value: bits,
  }),
  on({ op: is('restore'), vcpu, name: fc.constant('ICC_PPI_PRIORITYR3_EL1'), value: priority }),
  on({ op: is('restore'), vcpu, name: fc.constant('ICC_APR_EL1'), value: fc.constantFrom(0n, 0x1_0000n) }),
);

export interface LifePlan {
  readonly vhe: boolean;
  readonly hostPmu: boolean;
  readonly guestPmu: boolean;
  readonly vcpus: number;
  readonly restores: readonly Stimulus[];
  readonly eager: number;
  readonly stimuli: readonly Stimulus[];
}

export const lifePlan: fc.Arbitrary<LifePlan> = fc.record({
  vhe: fc.constantFrom(true, true, true, false),
  hostPmu: fc.constantFrom(true, true, false),
  guestPmu: fc.boolean(),
  vcpus: fc.integer({ min: 1, max: VCPUS }),
  restores: fc.array(restore, { maxLength: 6 }),
  /** Guests that begin by enabling everything, one bit per vCPU. */
  eager: fc.nat(2 ** VCPUS - 1),
  stimuli: fc.array(stimulus, { minLength: 20, maxLength: 60, size: 'max' }),
});

export class RandomLife {
  readonly journal = new Journal(new Layout());
  readonly host: Host;
  readonly vm: Vm;
  readonly vgic: VmVgicV5;
  /** What the observer saw since it was last emptied. */
  readonly events: Recorded[] = [];
  /** Journal position after the changes that events own so far. */
  owned = 0;

  constructor(plan: LifePlan, profile: string) {
    const facts: HostFacts = {
      ...REFERENCE_HOST,
      vhe: plan.vhe,
      v3Compat: !plan.vhe,
      pmu: plan.hostPmu,
    };
    this.host = new Host(this.journal, facts, { profile: profileByName(profile), reserveVcpus: VCPUS });
    this.host.observe((event, place) => {
      this.owned = this.journal.count;
      this.events.push(recordedOf(event, place));
    });
    this.vm = this.host.createVm();
    const hasPmu = plan.hostPmu && plan.guestPmu;
    for (let id = 0; id < plan.vcpus; id++) {
      this.vm.createVcpu(id);
      this.vm.vcpu(id)?.init(hasPmu ? FEATURE.PMU : 0);
    }
    this.vm.createDevice(VGIC_V5.deviceType);
    this.vm.deviceAttr('set', GROUP.CTRL, 0n, new UserWords());
    if (hasPmu)
      for (const each of this.vm.vcpus)
        each.attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(PMU_ATTRIBUTE.INIT), new UserWords());
    const vgic = this.vm.gics.get(VGIC_V5.deviceType);
    if (!(vgic instanceof VmVgicV5)) throw new Error('no vGICv5');
    this.vgic = vgic;
  }

  gic(each: Vcpu): VcpuVgicV5 {
    const gic = each.gicOf(VGIC_V5);
    if (!(gic instanceof VcpuVgicV5)) throw new Error('no vGICv5');
    return gic;
  }

  /** What a guest does first that wants every interrupt: as stimuli, so that models of the life see them. */
  static prologue(plan: LifePlan): Stimulus[] {
    return Array.from({ length: plan.vcpus }, (_, index) => index)
      .filter((index) => (plan.eager >> index) & 1)
      .flatMap((index) =>
        (
          [
            ['ICC_PPI_PRIORITYR0_EL1', 0x1010_1010_1010_1010n],
            ['ICC_PPI_PRIORITYR3_EL1', 0x0808_0808_0808_0808n],
            ['ICC_PCR_EL1', 0x1fn],
            ['ICC_CR0_EL1', 1n],
            ['ICC_PPI_ENABLER0_EL1', 0xffff_ffff_ffff_ffffn],
          ] as const
        ).map(([name, value]) => ({ op: 'write' as const, vcpu: index, name, value })),
      );
  }

  /** Brings the vCPU of a guest operation into the guest, as a scheduler would: the other thread makes room. */
  prepare(s: Stimulus): void {
    if (s.op !== 'write' && s.op !== 'insn' && s.op !== 'timer' && s.op !== 'wfi') return;
    const each = this.vm.vcpu(s.vcpu);
    if (each === undefined || each.inGuest) return;
    if (each.cpu === undefined) {
      const other = this.host.cpu(each.index % 2).vcpu;
      if (other !== undefined) this.perform({ op: 'put', vcpu: other.index });
      if (!this.#loaded(each)) return;
    }
    if (each.slots.inWfi.flag) each.endWait();
    for (let attempt = 0; attempt < 3 && each.enter() !== 'entered'; attempt++);
  }

  /** First run and load where needed and possible. */
  #loaded(each: Vcpu, cpu = each.index % 2): boolean {
    if (each.cpu !== undefined) return true;
    if (this.host.cpu(cpu).vcpu !== undefined) return false;
    if (each.firstRun() !== 0) return false;
    each.load(this.host.cpu(cpu));
    return true;
  }

  /** Carries out a stimulus; false when it does not fit the state. Returns the result of a `GICR`. */
  perform(s: Stimulus): bigint | boolean {
    if (s.op === 'advance') {
      this.host.advance(s.ticks);
      return true;
    }
    if (s.op === 'wire') {
      this.host.setPhysicalPpi(s.cpu, s.ppi, s.level);
      return true;
    }
    const each = this.vm.vcpu(s.vcpu);
    if (each === undefined) return false;
    switch (s.op) {
      case 'line':
        return this.vm.irqLine({ irq: 0x0200_0003 + (each.id << 16), level: s.level }) === 0;
      case 'pmu':
        each.pmu.set(s.flags, 1, true);
        return true;
      case 'restore': {
        const attr = sysregAttribute(each, s.name);
        return this.vm.deviceAttr('set', GROUP.CPU_SYSREGS, attr, new UserWords(s.value)) === 0;
      }
      case 'enter':
        if (each.inGuest || each.slots.inWfi.flag || !this.#loaded(each)) return false;
        return each.enter({ hostWork: s.hostWork }) === 'entered';
      case 'load':
        if (each.cpu !== undefined || each.vm.gic === undefined) return false;
        return this.#loaded(each, s.cpu);
      case 'put':
        if (each.cpu === undefined) return false;
        if (each.inGuest) each.exit('preempted');
        each.put();
        return true;
      case 'endWait':
        if (!each.slots.inWfi.flag || each.cpu === undefined) return false;
        each.endWait();
        return true;
      case 'reset':
        if (each.inGuest || each.slots.inWfi.flag) return false;
        each.reset();
        return true;
      default:
        if (!each.inGuest) return false;
        return this.#inGuest(each, s);
    }
  }

  #inGuest(each: Vcpu, s: Extract<Stimulus, { op: 'exit' | 'wfi' | 'write' | 'insn' | 'timer' }>): bigint | boolean {
    switch (s.op) {
      case 'exit':
        each.exit('test');
        return true;
      case 'wfi':
        each.trapWfi();
        return true;
      case 'write':
        each.sysreg('write', s.name, s.value);
        return true;
      case 'insn':
        return each.instruction(s.name, s.operand).value;
      case 'timer': {
        const now = this.host.counter.value;
        each.sysreg('write', `${s.timer}_CVAL_EL0`, now + s.ahead);
        if (each.inGuest) each.sysreg('write', `${s.timer}_CTL_EL0`, s.control);
        return true;
      }
    }
  }
}
