/**
 * The physical machine under KVM: its CPUs, its counter, the device types it registers, and its VMs.
 *
 * Deterministic: time is the counter, which moves only through `advance`; nothing here knows a clock. All state is
 * in the journal's slots; the objects hold no state of their own, so taking back the journal takes back the machine.
 * VMs and vCPUs are pools of objects: which of them exist is itself a slot.
 */
import { type SlotId } from '../state/brand.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { type Journal } from '../state/journal.ts';
import { ENODEV, type Result } from './errno.ts';
import { type Observer } from './events.ts';
import { type GicModel } from './gic-model.ts';
import { HostCpu } from './host-cpu.ts';
import { type HostFacts } from './host-facts.ts';
import { GIC_MODELS } from './models.ts';
import { NOWHERE, placeAt } from './place.ts';
import { MAINLINE, type Profile } from './profiles.ts';
import { SoftTimers } from './soft-timers.ts';
import { type VcpuTimers } from './timers.ts';
import { HostIrs } from './v5/irs/host-irs.ts';
import { Vm } from './vm.ts';

export interface HostOptions {
  readonly profile?: Profile;
  readonly models?: readonly GicModel[];
  /** Slots of the first VM are claimed for this many vCPUs at once, so that the layout never grows later. */
  readonly reserveVcpus?: number;
}

export interface Probe {
  /** 0, or -ENODEV when KVM does not start on this host. */
  readonly result: Result;
  /** Device types that KVM_CREATE_DEVICE then knows. */
  readonly deviceTypes: readonly number[];
}

export class Host {
  readonly journal: Journal;
  readonly facts: HostFacts;
  readonly profile: Profile;
  readonly cpus: readonly HostCpu[];
  /** The system counter; virtual and physical counter of a guest read the same. */
  readonly counter: Cell;
  /** Reports an event; undefined while nobody observes, so callers pay nothing for it. */
  emit: Observer | undefined;
  readonly models: readonly GicModel[];
  /** The host's IRS, where KVM uses it (profiles with `irs`). */
  readonly irs: HostIrs | undefined;
  /** Told of the slot of each table entry of a VM when it is claimed: type (2 LPI, 3 SPI), number, slot. */
  onIstEntry: ((type: number, number: number, slot: SlotId) => void) | undefined;
  /** The armed host timers of all vCPUs. */
  readonly softTimers: SoftTimers;
  readonly #vms: Vm[] = [];
  readonly #vmCount: Cell;

  constructor(journal: Journal, facts: HostFacts, options: HostOptions = {}) {
    this.journal = journal;
    this.facts = facts;
    this.profile = options.profile ?? MAINLINE;
    this.models = options.models ?? GIC_MODELS;
    this.softTimers = new SoftTimers(journal, () => this.#timers());
    const claim = new CellClaim(journal, 'host.');
    this.counter = claim.cell('counter');
    this.#vmCount = claim.cell('vms', 16);
    this.cpus = Array.from({ length: facts.cpus }, (_, index) => new HostCpu(this, index));
    this.irs = this.usesIrs ? new HostIrs(this) : undefined;
    if (options.reserveVcpus !== undefined) this.#pooledVm(0).reserve(options.reserveVcpus);
  }

  /** Reports every action to `observer` from now on; undefined ends it. */
  observe(observer: Observer | undefined): void {
    this.emit = observer;
    for (const cpu of this.cpus)
      if (cpu.v5 !== undefined)
        cpu.v5.interface.observer = observer === undefined ? undefined : (event) => observer(event, cpu.place());
  }

  /** Does this kernel use the host's IRS for virtual SPIs and LPIs? */
  get usesIrs(): boolean {
    return this.facts.gic === 'v5' && this.profile.irs !== undefined;
  }

  /** What KVM finds at start (kvm-vgic-v5 §3). */
  probe(): Probe {
    const { gic, v3Compat, pkvm, nestedVirt } = this.facts;
    const startable = gic === 'v3' || v3Compat || !(pkvm || nestedVirt);
    return startable
      ? { result: 0, deviceTypes: this.offeredModels().map((model) => model.deviceType) }
      : { result: -ENODEV, deviceTypes: [] };
  }

  offeredModels(): GicModel[] {
    // The probe stops there, so a vGICv3 by the compatibility interface is not offered either (kvm-vgic-v5-spi §3.1).
    if (this.usesIrs && this.facts.irs?.vmTableInUse === true) return [];
    return this.models.filter((model) => model.offered(this.facts));
  }

  /** KVM_CREATE_VM. */
  createVm(): Vm {
    const index = this.#vmCount.lo;
    const vm = this.#pooledVm(index);
    this.#vmCount.set(index + 1);
    vm.create();
    return vm;
  }

  /** The VM with this number, if it exists. */
  vm(index: number): Vm | undefined {
    return index < this.#vmCount.lo ? this.#vms[index] : undefined;
  }

  get vms(): readonly Vm[] {
    return this.#vms.slice(0, this.#vmCount.lo);
  }

  /** @throws RangeError when the host has no such CPU. */
  cpu(index: number): HostCpu {
    const cpu = this.cpus[index];
    if (cpu === undefined) throw new RangeError(`no physical CPU ${index}; the host has ${this.cpus.length}`);
    return cpu;
  }

  /** Level of the wire of a physical PPI that is not a timer. */
  setPhysicalPpi(cpu: number, ppi: number, level: boolean): void {
    this.cpu(cpu).setPhysical(ppi, level);
  }

  setRunnableTasks(cpu: number, count: number): void {
    this.cpu(cpu).runnableTasks.set(count);
    this.emit?.({ kind: 'host.tasks', runnable: count }, placeAt(undefined, undefined, cpu));
  }

  /**
   * Moves the counter forward by `ticks` and lets what falls due on the way happen in order: a hardware timer's line
   * moves at its compare value, a host timer fires at the first counter value that reaches its deadline.
   */
  advance(ticks: bigint): void {
    const end = this.counter.value + ticks;
    while (this.counter.value < end) {
      const due = this.nextDeadline();
      const now = this.counter.value;
      const next = due === undefined || due > end ? end : due <= now ? now + 1n : due;
      this.counter.moveOn(Number(next & 0xffff_ffffn), Number(next >> 32n));
      this.emit?.({ kind: 'host.counter', counter: next }, NOWHERE);
      for (const cpu of this.cpus) cpu.updateTimerLines();
      this.softTimers.fire(next);
    }
  }

  /** The earliest counter value at which a timer line or host timer will move; undefined: never. May lie in the past. */
  nextDeadline(): bigint | undefined {
    let { next } = this.softTimers;
    const now = this.counter.value;
    for (const { virtualTimer, physicalTimer } of this.cpus) {
      next = earlier(next, virtualTimer.deadline(now));
      next = earlier(next, physicalTimer.deadline(now));
    }
    return next;
  }

  *#timers(): Iterable<VcpuTimers> {
    for (const vm of this.vms) for (const { timers } of vm.vcpus) yield timers;
  }

  #pooledVm(index: number): Vm {
    return (this.#vms[index] ??= new Vm(this, index));
  }
}

function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return b === undefined || (a !== undefined && a <= b) ? a : b;
}
