/**
 * The slots of a VM's GICv3 or GICv2 (kvm-vgic-v3 §2.2): SPIs, distributor, addresses, redistributor regions.
 * Which of the two models uses them, the VM's `irqchip` slot says; both share the same slots.
 *
 * SPIs and regions are pools that grow at first use; `reserve` claims them before a recording starts.
 */
import { DEFAULT_INTERFACE, type InterfaceSize } from '../../gic/v3/interface-size.ts';
import { type Cell, CellClaim } from '../../state/cell.ts';
import { UNSET } from '../frame.ts';
import { type HostFacts } from '../host-facts.ts';
import { type V3Behaviour } from '../profiles.ts';
import { type Vcpu } from '../vcpu.ts';
import { type Vm } from '../vm.ts';
import { type VgicFlavour } from './flavour.ts';
import { FIRST_LPI, FIRST_SPI, Irq } from './irq.ts';
import { LpiPool } from './lpi.ts';
import { VgicVcpu } from './vcpu-state.ts';

/** NR_IRQS when userspace names none (§3.3). */
export const DEFAULT_SPIS = 224;

/** A redistributor region: `count` 0 is the open-ended legacy one; `used` frames are given out. */
export class RedistRegion {
  readonly base: Cell;
  readonly count: Cell;
  readonly used: Cell;

  constructor(claim: CellClaim, index: number) {
    this.base = claim.cell(`region${index}.base`);
    this.count = claim.cell(`region${index}.count`, 16);
    this.used = claim.cell(`region${index}.used`, 16);
  }
}

/** Who reads the line of a device that answers by callback, and what it says. */
export type LineSampler = (executing: VgicVcpu, intid: number) => boolean;

/** Who is told of what happens in the machinery that the models share. */
export interface VgicListener {
  /** The guest has consumed the interrupt of a pin. */
  acknowledged(pin: number): void;
  /** The controller is initialised. */
  initialised(): void;
}

interface Model {
  readonly flavour: VgicFlavour;
  readonly listener: VgicListener;
}

export class VgicVm {
  readonly vm: Vm;
  readonly enabled: Cell;
  readonly nrSpis: Cell;
  readonly implRev: Cell;
  readonly activeSpis: Cell;
  readonly distBase: Cell;
  readonly cpuBase: Cell;
  readonly regionCount: Cell;
  readonly maintIntid: Cell;
  readonly propbaser: Cell;
  readonly groupsWritable: Cell;
  /** The distributor answers on the bus. */
  readonly distMapped: Cell;
  /** Pending state of physical interrupts of the host, 64 per slot. */
  readonly physicalPending: readonly Cell[];
  /** The vCPU whose thread executes in the kernel now; meaningful within one call only. */
  executing: VgicVcpu | undefined;
  /** LPIs, whose slots are claimed when they are first mapped. */
  readonly lpis: LpiPool;
  sampler: LineSampler;
  readonly #spis: Irq[] = [];
  readonly #regions: RedistRegion[] = [];
  readonly #vcpus: VgicVcpu[] = [];
  readonly #claim: CellClaim;
  readonly #irqClaim: CellClaim;
  readonly #hasPriorities: boolean;
  readonly #models = new Map<number, Model>();
  /** What was found last: the type of the VM's irqchip changes once, or not at all. */
  #found: { readonly type: number; readonly model: Model } | undefined;

  constructor(vm: Vm) {
    const claim = new CellClaim(vm.host.journal, `${vm.prefix}vgic.`);
    this.vm = vm;
    this.#hasPriorities = vm.host.profile.vgicV3.priorities;
    this.#claim = claim;
    this.#irqClaim = new CellClaim(vm.host.journal, `${vm.prefix}vgic.irq.`);
    this.lpis = new LpiPool(this.#irqClaim);
    this.enabled = claim.flag('enabled');
    this.nrSpis = claim.cell('nrSpis', 16);
    this.implRev = claim.cell('implRev', 8);
    this.activeSpis = claim.cell('activeSpis', 32);
    this.distBase = claim.cell('distBase', 64, { initial: UNSET });
    this.cpuBase = claim.cell('cpuBase', 64, { initial: UNSET });
    this.regionCount = claim.cell('regions', 16);
    this.maintIntid = claim.cell('maintIntid', 16);
    this.propbaser = claim.cell('GICR_PROPBASER');
    this.groupsWritable = claim.flag('v2GroupsUserWritable');
    this.distMapped = claim.flag('distributorMapped');
    this.physicalPending = Array.from({ length: 16 }, (_, n) => claim.cell(`physicalPending${n}`));
    this.sampler = (executing, intid) => executing.vcpu.timers.outputOf(intid);
  }

  // --- model ----------------------------------------------------------------------------------------------------

  register(deviceType: number, flavour: VgicFlavour, listener: VgicListener): void {
    this.#models.set(deviceType, { flavour, listener });
  }

  /** @throws Error when the VM's irqchip is not one of these models. */
  get flavour(): VgicFlavour {
    return this.#model.flavour;
  }

  get #model(): Model {
    const type = this.vm.irqchip.lo;
    if (type !== this.#found?.type) {
      const model = this.#models.get(type);
      if (model === undefined) throw new Error('the VM has no GICv3 or GICv2');
      this.#found = { type, model };
    }
    return this.#found.model;
  }

  get listener(): VgicListener {
    return this.#model.listener;
  }

  interfaceSize(facts: HostFacts): InterfaceSize {
    return facts.v3Interface ?? DEFAULT_INTERFACE;
  }

  get numLr(): number {
    return this.interfaceSize(this.vm.host.facts).listRegisters;
  }

  get hasTdir(): boolean {
    return this.vm.host.facts.v3TrapsDir ?? true;
  }

  get behaviour(): V3Behaviour {
    return this.vm.host.profile.vgicV3;
  }

  /** The priority that counts; one model, at one time, had none (kvm-vgic-v3 §1). */
  priorityOf(irq: Irq): number {
    return this.#hasPriorities ? irq.priority : 0;
  }

  // --- parts ----------------------------------------------------------------------------------------------------

  attach(vcpu: Vcpu): VgicVcpu {
    return (this.#vcpus[vcpu.index] ??= new VgicVcpu(this, vcpu));
  }

  /** Those that exist, by creation index. */
  get vcpus(): readonly VgicVcpu[] {
    const online = this.vm.online.lo;
    return this.#vcpus.length === online ? this.#vcpus : this.#vcpus.slice(0, online);
  }

  vcpu(index: number): VgicVcpu | undefined {
    return index >= 0 && index < this.vm.online.lo ? this.#vcpus[index] : undefined;
  }

  /** The first by creation with this affinity: Aff2 to Aff0 in bits 23:0, and Aff3. */
  vcpuByAffinity(low: number, aff3 = 0): VgicVcpu | undefined {
    return this.vcpus.find((vcpu) => vcpu.hasAffinity(low, aff3));
  }

  spi(intid: number): Irq {
    const n = intid - FIRST_SPI;
    for (let i = this.#spis.length; i <= n; i++)
      this.#spis.push(new Irq(this.#irqClaim, `spi${i + FIRST_SPI}`, i + FIRST_SPI));
    return this.#spis[n] as Irq; // claimed just above
  }

  /** Those that have slots, from 32 on. */
  get spis(): readonly Irq[] {
    return this.#spis;
  }

  reserveSpis(count: number): void {
    if (count > 0) this.spi(FIRST_SPI + count - 1);
  }

  /** The shared interrupt with this INTID, if the VM has it. */
  shared(intid: number): Irq | undefined {
    if (intid >= FIRST_LPI) return this.lpis.find(intid);
    if (!this.vm.initialized.flag || intid < FIRST_SPI || intid >= FIRST_SPI + this.nrSpis.lo) return undefined;
    return this.spi(intid);
  }

  /** Any interrupt, as `vcpu` sees it. */
  lookup(vcpu: VgicVcpu | undefined, intid: number): Irq | undefined {
    if (intid >= FIRST_SPI) return this.shared(intid);
    return vcpu?.allocated.flag ? vcpu.privates[intid] : undefined;
  }

  isSpi(intid: number): boolean {
    return intid >= FIRST_SPI && intid < FIRST_SPI + this.nrSpis.lo;
  }

  region(index: number): RedistRegion | undefined {
    return index < this.regionCount.lo ? this.#region(index) : undefined;
  }

  get regions(): readonly RedistRegion[] {
    return Array.from({ length: this.regionCount.lo }, (_, index) => this.#region(index));
  }

  addRegion(base: bigint, count: number): RedistRegion {
    const index = this.regionCount.lo;
    const region = this.#region(index);
    this.regionCount.set(index + 1);
    region.base.value = base;
    region.count.set(count);
    region.used.set(0);
    return region;
  }

  #region(index: number): RedistRegion {
    for (let i = this.#regions.length; i <= index; i++) this.#regions.push(new RedistRegion(this.#claim, i));
    return this.#regions[index] as RedistRegion; // claimed just above
  }
}

/** One state per VM, whichever models are registered. */
const STATES = new WeakMap<Vm, VgicVm>();

export function vgicOf(vm: Vm): VgicVm {
  let state = STATES.get(vm);
  if (state === undefined) STATES.set(vm, (state = new VgicVm(vm)));
  return state;
}
