/**
 * The architected timers of one vCPU (kvm-vgic-v5 §19): saved registers, ownership and mapping at the first run,
 * what load and put do with them, the emulated physical timer, and the background timer of a sleeping vCPU.
 *
 * A timer is direct (its registers are in the hardware of the CPU where the vCPU is loaded, its interrupt is injected
 * by the hardware) or emulated (its registers stay in memory, a host timer watches its deadline). Invariant: a direct
 * timer is either loaded or saved, never both. `control` holds the status bit as hardware showed it at the save.
 */
import { type Cell, type CellClaim } from '../state/cell.ts';
import { EINVAL, type Result } from './errno.ts';
import { type HardwareTimer, type HostCpu, TIMER_ENABLE, TIMER_IMASK, TIMER_ISTATUS } from './host-cpu.ts';
import { SoftTimer, TimerContext, TIMERS, type TimerSpec } from './timer-context.ts';
import { type Vcpu } from './vcpu.ts';

export class VcpuTimers {
  readonly vcpu: Vcpu;
  readonly enabled: Cell;
  readonly contexts: readonly TimerContext[];
  /** Those whose registers the hardware holds while the vCPU is loaded: virtual first, then physical. */
  readonly direct: readonly TimerContext[];
  readonly emulated: readonly TimerContext[];
  readonly background: SoftTimer;
  readonly #notNested: readonly TimerContext[];
  readonly #softTimers: readonly SoftTimer[];

  constructor(vcpu: Vcpu, claim: CellClaim) {
    this.vcpu = vcpu;
    this.enabled = claim.flag('timersEnabled');
    const changed = (): void => vcpu.vm.host.softTimers.changed(this);
    this.contexts = TIMERS.map((spec) => new TimerContext(claim, spec, changed));
    this.#notNested = this.contexts.filter(({ spec }) => !spec.nested);
    const [virtual, physical] = [this.context('vtimer'), this.context('ptimer')];
    this.direct = vcpu.vm.host.facts.vhe ? [virtual, physical] : [virtual];
    this.emulated = vcpu.vm.host.facts.vhe ? [] : [physical];
    this.background = new SoftTimer(claim, 'background', changed);
    this.#softTimers = [...this.contexts.map(({ soft }) => soft), this.background];
  }

  /** The timers that this vCPU has, in the order of the first run. */
  get own(): readonly TimerContext[] {
    return this.vcpu.isNested ? this.contexts : this.#notNested;
  }

  context(owner: TimerSpec['owner']): TimerContext {
    const context = this.contexts.find(({ spec }) => spec.owner === owner);
    if (context === undefined) throw new Error(`no timer ${owner}`);
    return context;
  }

  isDirect(context: TimerContext): boolean {
    return this.direct.includes(context);
  }

  /** The identifier that the VM gives this timer's PPI. */
  intid(context: TimerContext): number {
    return this.vcpu.vm.timerPpis[context.spec.uapi].lo;
  }

  // --- first run ------------------------------------------------------------------------------------------------

  /** Owners, operations and mappings (first-run step 7); a failure leaves the owners set so far. */
  enable(): Result {
    if (this.enabled.flag) return 0;
    const { vcpu } = this;
    const { gic } = vcpu;
    const vmGic = vcpu.vm.gic;
    if (gic !== undefined && vmGic !== undefined) {
      for (const context of this.own) {
        const intid = this.intid(context);
        if (gic.setOwner(intid, context.spec.owner) !== 0) return -EINVAL;
        if (intid !== vmGic.ppiIntid(context.spec.ppi)) return -EINVAL;
      }
      vcpu.vm.timersImmutable.flag = true;
      vcpu.vm.emit({ kind: 'vm.timersImmutable' });
      for (const context of this.own) gic.setOperations(this.intid(context), 'timer');
      for (const context of this.direct) gic.mapHostPpi(this.intid(context), context.spec.ppi);
    }
    this.enabled.flag = true;
    vcpu.emit({ kind: 'vcpu.timersEnabled' });
    return 0;
  }

  // --- scheduling -----------------------------------------------------------------------------------------------

  load(cpu: HostCpu): void {
    if (!this.enabled.flag) return;
    for (const context of this.direct) {
      this.#announce(context, this.shouldFire(context, cpu));
      if (this.vcpu.vm.gic?.disablesHostTimers) cpu.setHostPpiDisabled(context.spec.ppi, true, 'load');
    }
    this.#cancel(this.background, 'background');
    for (const context of this.direct) this.#restore(context, cpu);
    for (const context of this.emulated) this.#emulate(context);
  }

  put(cpu: HostCpu): void {
    if (!this.enabled.flag) return;
    for (const context of this.direct) this.#save(context, cpu);
    // The background timer covers an emulated timer while the vCPU sleeps; the next load starts it again.
    for (const context of this.emulated) this.#cancel(context.soft, 'ptimer');
    if (this.vcpu.slots.blocking.flag && this.own.some((context) => context.canFire))
      this.#start(this.background, 'background', this.#earliestDeadline() ?? this.#now);
    if (this.vcpu.vm.gic?.disablesHostTimers)
      for (const context of this.direct) cpu.setHostPpiDisabled(context.spec.ppi, false, 'put');
  }

  /** vCPU reset: controls 0, outputs low, mapped interrupts cleared. The vCPU is not loaded at this moment. */
  reset(): void {
    const { gic } = this.vcpu;
    for (const context of this.own) context.control.set(0);
    this.vcpu.emit({ kind: 'vcpu.reset' });
    if (this.enabled.flag) {
      for (const context of this.own) this.#announce(context, false);
      if (gic !== undefined) for (const context of this.direct) gic.resetMapped(this.intid(context));
    }
    for (const context of this.emulated) this.#cancel(context.soft, 'ptimer');
  }

  // --- level ----------------------------------------------------------------------------------------------------

  /** Is the timer's condition met and its output not masked? A loaded timer is asked in hardware. */
  shouldFire(context: TimerContext, cpu: HostCpu | undefined): boolean {
    const hardware = context.loaded.flag && cpu !== undefined ? hardwareTimer(context, cpu) : undefined;
    if (hardware !== undefined) {
      const control = hardware.readControl(this.#now);
      return (control & (TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS)) === (TIMER_ENABLE | TIMER_ISTATUS);
    }
    return context.canFire && context.compare.value <= this.#now;
  }

  /** The output of the timer that drives this identifier; false when none does. */
  outputOf(intid: number): boolean {
    const context = this.byIntid(intid);
    return context !== undefined && this.shouldFire(context, this.vcpu.cpu);
  }

  /** The timer that drives this identifier, if it is one of this vCPU's. */
  byIntid(intid: number): TimerContext | undefined {
    return this.own.find((context) => this.intid(context) === intid);
  }

  // --- guest accesses -------------------------------------------------------------------------------------------

  /** A write to a direct timer's registers: it reaches the hardware at once. */
  writeDirect(context: TimerContext, what: 'control' | 'compare', value: bigint, cpu: HostCpu): void {
    const hardware = hardwareTimer(context, cpu);
    if (what === 'compare') hardware.compare.value = value;
    else hardware.writeControl(Number(value & 3n));
    this.#reportWrite(context, what, value, true);
    cpu.updateTimerLines();
  }

  /** A trapped write to an emulated timer's registers, after the exit. */
  writeEmulated(context: TimerContext, what: 'control' | 'compare', value: bigint): void {
    this.#cancel(context.soft, 'ptimer');
    if (what === 'compare') context.compare.value = value;
    else context.control.set(Number(value & BigInt(TIMER_ENABLE | TIMER_IMASK)));
    this.#reportWrite(context, what, value, false);
    this.#emulate(context);
  }

  read(context: TimerContext, what: 'control' | 'compare', cpu: HostCpu | undefined): bigint {
    const hardware = context.loaded.flag && cpu !== undefined ? hardwareTimer(context, cpu) : undefined;
    if (what === 'compare') return (hardware ?? context).compare.value;
    if (hardware !== undefined) return BigInt(hardware.readControl(this.#now));
    const control = context.control.lo & ~TIMER_ISTATUS;
    return BigInt(control | (context.compare.value <= this.#now ? TIMER_ISTATUS : 0));
  }

  // --- host timers ----------------------------------------------------------------------------------------------

  nextSoftDeadline(): bigint | undefined {
    let next: bigint | undefined;
    for (const timer of this.#softTimers) {
      if (!timer.armed.flag) continue;
      const deadline = timer.deadline.value;
      if (next === undefined || deadline < next) next = deadline;
    }
    return next;
  }

  /** Lets the host timers fire whose deadline the counter has reached. */
  fireSoftTimers(): void {
    const now = this.#now;
    for (const context of this.emulated) {
      if (!context.soft.armed.flag || context.soft.deadline.value > now) continue;
      context.soft.cancel();
      this.vcpu.emit({ kind: 'host.softTimer', timer: 'ptimer' });
      this.#announce(context, true);
    }
    if (!this.background.armed.flag || this.background.deadline.value > now) return;
    this.background.cancel();
    this.vcpu.emit({ kind: 'host.softTimer', timer: 'background' });
    const deadline = this.#earliestDeadline();
    if (deadline !== undefined && deadline > now) this.#start(this.background, 'background', deadline);
    else this.vcpu.emit({ kind: 'vcpu.wake' });
  }

  // --- inside ---------------------------------------------------------------------------------------------------

  get #now(): bigint {
    return this.vcpu.vm.host.counter.value;
  }

  /** Tells the interrupt controller the level of an output; a hardware-injected one needs no telling. */
  #announce(context: TimerContext, level: boolean): void {
    const { vcpu } = this;
    const { gic } = vcpu.vm;
    const direct = this.isDirect(context);
    if (context.level.flag !== level) {
      context.level.flag = level;
      vcpu.emit({ kind: 'timer.level', ppi: context.spec.ppi, level, direct });
    }
    if (gic === undefined || (direct && gic.hardwareTimers)) return;
    gic.inject(vcpu, this.intid(context), level, context.spec.owner);
  }

  /**
   * Brings an emulated timer's output up to date and watches its deadline if that lies ahead. The level is injected
   * whether or not it changed, so a line that was set by other means is corrected here.
   */
  #emulate(context: TimerContext): void {
    const fires = this.shouldFire(context, undefined);
    this.#announce(context, fires);
    if (!fires && context.canFire) this.#start(context.soft, 'ptimer', context.compare.value);
  }

  #restore(context: TimerContext, cpu: HostCpu): void {
    if (context.loaded.flag) return;
    const hardware = hardwareTimer(context, cpu);
    hardware.compare.value = context.compare.value;
    hardware.writeControl(context.control.lo);
    context.loaded.flag = true;
    this.vcpu.emit({ kind: 'timer.restored', timer: context.spec.register });
    cpu.updateTimerLines();
  }

  #save(context: TimerContext, cpu: HostCpu): void {
    if (!context.loaded.flag) return;
    const hardware = hardwareTimer(context, cpu);
    context.control.set(hardware.readControl(this.#now));
    context.compare.value = hardware.compare.value;
    hardware.control.set(0);
    context.loaded.flag = false;
    this.vcpu.emit({ kind: 'timer.saved', timer: context.spec.register });
    cpu.updateTimerLines();
  }

  #earliestDeadline(): bigint | undefined {
    return this.own
      .filter((context) => context.canFire)
      .map((context) => context.compare.value)
      .reduce<bigint | undefined>((next, each) => (next === undefined || each < next ? each : next), undefined);
  }

  #start(timer: SoftTimer, name: 'ptimer' | 'background', deadline: bigint): void {
    timer.start(deadline);
    this.vcpu.emit({ kind: 'timer.soft', timer: name, deadline });
  }

  #cancel(timer: SoftTimer, name: 'ptimer' | 'background'): void {
    if (!timer.armed.flag) return;
    timer.cancel();
    this.vcpu.emit({ kind: 'timer.soft', timer: name, deadline: undefined });
  }

  #reportWrite(context: TimerContext, what: 'control' | 'compare', value: bigint, direct: boolean): void {
    const register = `${context.spec.register}_${what === 'control' ? 'CTL' : 'CVAL'}_EL0`;
    this.vcpu.emit({ kind: 'timer.write', register, value, direct });
  }
}

function hardwareTimer(context: TimerContext, cpu: HostCpu): HardwareTimer {
  return context.spec.owner === 'vtimer' ? cpu.virtualTimer : cpu.physicalTimer;
}
