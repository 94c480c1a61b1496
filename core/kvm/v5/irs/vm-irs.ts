/**
 * A VM's part of the IRS layer: its identity on the host, its SPIs, the registers of its virtual IRS, its locks
 * (kvm-vgic-v5-spi §1, §3). What is done with them is in the modules of this folder, one per idea.
 *
 * Slots are claimed with the VM; those of SPIs at INIT, when their number is known, and for 32 of them before.
 */
import { type IstType, istTypeOf, NUMBER_MASK, SPI } from '../../../gic/v5/irs/iste.ts';
import { vdPendOperand } from '../../../gic/v5/irs/virtual-instructions.ts';
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { UNSET } from '../../frame.ts';
import { type KvmEvent } from '../../events.ts';
import { type Place } from '../../place.ts';
import { type IrsBehaviour } from '../../profiles.ts';
import { type Vcpu } from '../../vcpu.ts';
import { type Vm } from '../../vm.ts';
import { type HostIrs } from './host-irs.ts';
import { IrsRegisters } from './irs-state.ts';
import { Listeners } from './listeners.ts';
import { Locks } from './locks.ts';
import { Spi } from './spi.ts';
import { VirtualIts } from './virtual-its.ts';
import { type VmTables } from './vm-tables.ts';

export const DEFAULT_SPIS = 32;
/** No VM id. */
export const NO_ID = 0xffff;

/** Aligned 32-bit words of guest memory; undefined or false: no memory is there. */
export interface GuestMemory {
  load32(address: number): number | undefined;
  store32(address: number, value: number): boolean;
}

export class VmIrs {
  readonly vm: Vm;
  readonly host: HostIrs;
  readonly behaviour: IrsBehaviour;
  readonly locks: Locks;
  readonly registers: IrsRegisters;
  readonly listeners: Listeners;
  /** In a prototype's profile alone. */
  readonly its: VirtualIts | undefined;
  /** Id on the host, or `NO_ID`. */
  readonly vmId: Cell;
  /** 0 before NR_IRQS was set or INIT. */
  readonly nrSpis: Cell;
  /** Address of the virtual IRS; all ones before it is set. */
  readonly base: Cell;
  /** The SPI list: number + 1 of the first and last, and the length. */
  readonly first: Cell;
  readonly last: Cell;
  readonly length: Cell;
  readonly #claim: CellClaim;
  readonly #spis: Spi[] = [];

  constructor(vm: Vm, host: HostIrs, behaviour: IrsBehaviour) {
    const { journal } = vm.host;
    const claim = new CellClaim(journal, vm.prefix);
    this.vm = vm;
    this.host = host;
    this.behaviour = behaviour;
    this.#claim = new CellClaim(journal, vm.index === 0 ? '' : vm.prefix);
    this.locks = new Locks(claim, (event) => this.emit(event));
    this.registers = new IrsRegisters(this.#claim);
    this.listeners = new Listeners(this, claim);
    this.vmId = claim.cell('vmId', 16, { initial: BigInt(NO_ID) });
    this.nrSpis = claim.cell('nrSpis', 16);
    this.base = claim.cell('irsBase', 64, { initial: UNSET });
    this.first = claim.cell('spiList.first', 17);
    this.last = claim.cell('spiList.last', 17);
    this.length = claim.cell('spiList.length', 16);
    this.its = behaviour.its === true ? new VirtualIts(this) : undefined;
    host.doorbells.set(vm.index, (vpe) => this.#ring(vpe));
  }

  /** Set by the VM's vGICv5, which knows its vCPUs' parts: a doorbell rang, IRSEN changed. */
  onDoorbell: ((vcpu: Vcpu) => void) | undefined;
  onEnable: ((how: IrsBehaviour['enable']) => void) | undefined;
  /** The guest's memory, where images of tables went before user space had buffers for them; set by the machine. */
  guestMemory: GuestMemory | undefined;
  /** What other CPUs do in the next moment in which an injection holds no lock, between VDPEND and the list (§9.5). */
  inTheGap: (() => void) | undefined;
  /** Where events happen: with the vCPU whose thread does it, if one does. */
  actor: Vcpu | undefined;

  /** An injection has given up its lock and not yet taken the list's. */
  passGap(): void {
    const { inTheGap } = this;
    this.inTheGap = undefined;
    inTheGap?.();
  }

  /** Of what KVM does for the VM. */
  get place(): Place {
    return this.actor?.place ?? this.vm.place;
  }

  emit(event: KvmEvent): void {
    (this.actor ?? this.vm).emit(event);
  }

  /** Runs `body` as done by a vCPU's thread. */
  as<T>(vcpu: Vcpu | undefined, body: () => T): T {
    const before = this.actor;
    this.actor = vcpu;
    try {
      return body();
    } finally {
      this.actor = before;
    }
  }

  // --- SPIs -------------------------------------------------------------------------------------------------------

  /** Claims the slots of SPIs 0 … count − 1. */
  reserveSpis(count: number): void {
    for (let number = this.#spis.length; number < count; number++) this.#spis.push(new Spi(this.#claim, number));
  }

  /**
   * Claims what a VM of so many SPIs needs, before a recording begins: their slots, and those of their table entries for
   * the VM that is alone on its host, whose id will be the first.
   */
  reserve(count = DEFAULT_SPIS): void {
    this.reserveSpis(count);
    if (this.vm.index === 0) this.host.tables(this.host.facts.firstVm).claimEntries(SPI, count);
  }

  /** The SPIs that INIT makes, as they are then. */
  resetSpis(): void {
    this.reserveSpis(this.nrSpis.lo);
    for (const spi of this.#spis.slice(0, this.nrSpis.lo)) spi.reset();
  }

  /** The SPI of this number, if the VM has it. */
  spi(number: number): Spi | undefined {
    return number < this.nrSpis.lo && this.vm.initialized.flag ? this.#spis[number] : undefined;
  }

  /** The SPI of an identifier. */
  spiOf(intid: number): Spi | undefined {
    return istTypeOf(intid) === SPI ? this.spi(intid & NUMBER_MASK) : undefined;
  }

  /** Numbers on the list, first to last. */
  get list(): readonly number[] {
    const out: number[] = [];
    for (let at = this.first.lo - 1; at >= 0; at = this.#spis[at]?.next ?? -1) out.push(at);
    return out;
  }

  // --- tables on the host -----------------------------------------------------------------------------------------

  get hasId(): boolean {
    return this.vmId.lo !== NO_ID;
  }

  get tables(): VmTables {
    return this.host.tables(this.vmId.lo);
  }

  /** The entry's word of an SPI or LPI; undefined when there is none. */
  word(intid: number): number | undefined {
    return this.hasId ? this.host.vdrcfg(this.vmId.lo, intid) : undefined;
  }

  /** GIC VDPEND of this VM; one that finds no entry is told. */
  vdpend(intid: number, pending: boolean): void {
    const vmId = this.vmId.lo;
    if (!this.host.vdpend(vdPendOperand({ vmId, intid, pending }), this.place))
      this.emit({ kind: 'gic.vdpend.ignored', vmId, intid });
  }

  hasIst(type: IstType): boolean {
    return this.hasId && this.tables.ist(type) !== undefined;
  }

  /** Bits that the largest vCPU id needs, at least 1. */
  get vpeIdBits(): number {
    const largest = Math.max(0, ...this.vm.vcpus.map(({ id }) => id));
    return Math.max(1, 32 - Math.clz32(largest));
  }

  // --- doorbells --------------------------------------------------------------------------------------------------

  #ring(vpe: number): void {
    const vcpu = this.vm.vcpuById(vpe);
    if (vcpu !== undefined) this.onDoorbell?.(vcpu);
  }
}
