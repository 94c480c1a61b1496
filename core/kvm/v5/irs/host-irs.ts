/**
 * The host's IRS as KVM drives it: VM table, VPE tables and interrupt state tables in host memory, residency of VPEs,
 * doorbells, and the hypervisor's instructions VDPEND and VDRCFG (gicv5-spi-lpi-behaviour §8, kvm-vgic-v5-spi §3, §5).
 *
 * Kept: tables and ids in slots, residency in each CPU's ICH_CONTEXTR_EL2. Host memory is laid out by formula, one
 * window per VM id, so an address depends on the id alone. A VPE's doorbell request lives in its descriptor.
 * Invariant: a resident VPE's CPU interface holds the best candidate of (VM, affinity = VPE id), none while
 * IRICHPPIDIS is set.
 */
import { type Candidate, NOBODY } from '../../../gic/v5/irs/candidates.ts';
import { Domain } from '../../../gic/v5/irs/domain.ts';
import { type Ist } from '../../../gic/v5/irs/ist.ts';
import { type IstType, priorityMask } from '../../../gic/v5/irs/iste.ts';
import { SlotMemory } from '../../../gic/v5/irs/memory.ts';
import { istOperation } from '../../../gic/v5/irs/operations.ts';
import { decodeVdPend } from '../../../gic/v5/irs/virtual-instructions.ts';
import { type SlotId } from '../../../state/brand.ts';
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { EBUSY, ETIMEDOUT, type Result } from '../../errno.ts';
import { type KvmEvent } from '../../events.ts';
import { type Place, NOWHERE, placeAt } from '../../place.ts';
import { type Host } from '../../host.ts';
import { type HostCpu } from '../../host-cpu.ts';
import { type IrsFacts } from '../../host-facts.ts';
import { type HostCommand, isGood, perform } from './host-registers.ts';
import { CONTEXT_V, ResidentVpes } from './resident-vpes.ts';
import { VmIds } from './vm-ids.ts';
import { VmTable } from './vm-table.ts';
import { VmTables } from './vm-tables.ts';

/** What can be made to fail once, to see what KVM does then. */
const HOST_FAULTS = ['alloc', 'free', 'command', 'unmap', 'resident', 'quiesce', 'save'] as const;
export type HostFault = (typeof HOST_FAULTS)[number];

/** Further fields of ICH_CONTEXTR_EL2 (gicv5-spi-lpi-behaviour §8.2); this is its high half. */
const CONTEXT_F = 0x4000_0000;
const CONTEXT_IRICHPPIDIS = 0x2000_0000;
const CONTEXT_DB = 0x1000_0000;
const VD_PEND = { ...istOperation('GIC CDPEND'), name: 'GIC VDPEND' };

export class HostIrs {
  readonly host: Host;
  readonly facts: Required<
    Omit<IrsFacts, 'metadataSize' | 'level2Size' | 'vcpuLimit' | 'vmTableInUse' | 'vspiHmFollowsTm'>
  > &
    IrsFacts;
  readonly memory: SlotMemory;
  readonly vmTable: VmTable;
  readonly ids: VmIds;
  /** IRS_VPE_SELR: the VPE that KVM selected last. */
  readonly vpeSelr: Cell;
  /** What to do when the doorbell of a VPE rings, by VM index. */
  readonly doorbells = new Map<number, (vpe: number) => void>();
  readonly #faults: Cell;
  readonly #tables: (VmTables | undefined)[] = [];
  readonly #domains: Domain[] = [];
  readonly #resident: ResidentVpes;
  /** Where the instruction that is being performed was executed; for events alone. */
  #place: Place = NOWHERE;

  constructor(host: Host) {
    const claim = new CellClaim(host.journal, 'host.irs.');
    this.host = host;
    this.facts = {
      idBits: 16,
      minIdBits: 5,
      priorityBits: 5,
      vms: 16,
      firstVm: 0,
      vpes: 512,
      vmTableLevels: false,
      ...host.facts.irs,
    };
    this.memory = new SlotMemory(host.journal);
    const { vms, firstVm, vmTableLevels } = this.facts;
    this.vmTable = new VmTable(this.memory, vms, vmTableLevels);
    this.ids = new VmIds(claim, firstVm, vms);
    // Written when KVM probed the host, before any VM; the VM table stays where it is.
    claim.register('IRS_VMT_CFGR', BigInt(this.vmTable.cfgr));
    claim.register('IRS_VMT_BASER', this.vmTable.baser);
    this.vpeSelr = claim.register('IRS_VPE_SELR');
    this.#faults = claim.cell('faults', HOST_FAULTS.length);
    this.#resident = new ResidentVpes(host.journal, host.cpus);
    for (const cpu of host.cpus) cpu.interface.findDomain = () => this.#domainOf(cpu);
  }

  /** Identifier bits that a guest is offered: KVM shows 16. */
  get guestIdBits(): number {
    return Math.min(16, this.facts.idBits);
  }

  /** The next host operation of this kind fails. */
  failNext(fault: HostFault): void {
    this.#faults.put(HOST_FAULTS.indexOf(fault), true);
  }

  /** Does this operation fail, as was asked for? */
  fails(fault: HostFault): boolean {
    const bit = HOST_FAULTS.indexOf(fault);
    const fails = this.#faults.has(bit);
    this.#faults.put(bit, false);
    return fails;
  }

  // --- registers --------------------------------------------------------------------------------------------------

  /** KVM writes a register of the IRS and reads the status of its group; `fault`: it times out if that was asked for. */
  command(command: HostCommand, place: Place, fault?: HostFault): Result {
    return this.#perform(command, place, fault) === 0 ? -ETIMEDOUT : 0;
  }

  /** The same of IRS_SAVE_VMR: -EBUSY when the VM did not stay quiet. */
  asksQuiet(command: HostCommand, place: Place, fault?: HostFault): Result {
    const answer = this.#perform(command, place, fault);
    if (answer === 0) return -ETIMEDOUT;
    return isGood(answer) ? 0 : -EBUSY;
  }

  #perform(command: HostCommand, place: Place, fault?: HostFault): number {
    const { register, value, status } = command;
    this.#emit({ kind: 'host.irs', op: 'write', register, value }, place);
    const answer = fault !== undefined && this.fails(fault) ? 0 : perform(this, command);
    this.#emit({ kind: 'host.irs', op: 'read', register: status, value: BigInt(answer) }, place);
    return answer;
  }

  // --- tables -----------------------------------------------------------------------------------------------------

  tables(vmId: number): VmTables {
    return (this.#tables[vmId] ??= new VmTables(this, vmId));
  }

  /** Visits the slot of every table entry of every VM that has one. */
  visitEntries(visit: (type: IstType, number: number, slot: SlotId) => void): void {
    for (const tables of this.#tables) tables?.visitEntries(visit);
  }

  ist(vmId: number, type: IstType): Ist | undefined {
    return this.tables(vmId).ist(type);
  }

  /** The virtual interrupt domain of a VM. */
  domain(vmId: number): Domain {
    return (this.#domains[vmId] ??= new Domain(this.host.journal, {
      priorityMask: priorityMask(this.facts.priorityBits),
      // KVM offers targeted routing only.
      oneOfN: false,
      ist: (type) => this.ist(vmId, type),
      offer: (iaffid, candidate) => this.#offer(vmId, iaffid, candidate),
      eligible: () => [],
      emit: (event) => this.host.emit?.(event, this.#place),
    }));
  }

  /** A table of the VM came or went: every resident VPE is sent its candidate anew. */
  recalculate(vmId: number): void {
    for (const cpu of this.host.cpus) {
      const { hi, lo } = cpu.context;
      if ((hi & CONTEXT_V) !== 0 && (lo & 0xffff) === vmId) this.#send(cpu, this.#wanted(cpu));
    }
  }

  // --- hypervisor instructions ------------------------------------------------------------------------------------

  /** GIC VDPEND: Pending of a VM's interrupt; false when there is no such VM or entry (§8.3). */
  vdpend(operand: bigint, place: Place): boolean {
    const { vmId, intid, pending } = decodeVdPend(operand);
    // An id beyond the VM table names no VM.
    if (vmId >= this.facts.vms) return false;
    this.#place = place;
    return this.domain(vmId).perform(VD_PEND, intid, pending ? 1 : 0, () =>
      this.host.emit?.({ kind: 'gic.vdpend', vmId, intid, pending }, place),
    );
  }

  /** GIC VDRCFG: the entry's word; undefined: F. */
  vdrcfg(vmId: number, intid: number): number | undefined {
    return this.domain(vmId).word(intid);
  }

  // --- residency --------------------------------------------------------------------------------------------------

  /** Writes ICH_CONTEXTR_EL2 with V = 1; false: F was set. */
  makeResident(cpu: HostCpu, vmId: number, vpe: number, irichppidis: boolean): boolean {
    const valid = this.tables(vmId).isVpeValid(vpe) && !this.fails('resident');
    const high = (valid ? CONTEXT_V : CONTEXT_F) | (irichppidis ? CONTEXT_IRICHPPIDIS : 0) | vpe;
    this.#resident.enter(cpu, vmId, high);
    if (valid) this.tables(vmId).vpes.disarm(vpe);
    return valid;
  }

  /** Sends the candidate of the VPE that was made resident; after the event that tells of it. */
  present(cpu: HostCpu): void {
    this.#send(cpu, this.#wanted(cpu));
  }

  /** V = 0; with `dbpm` a doorbell is requested, which fires at once if a candidate waits already (§8.2). */
  makeNonResident(cpu: HostCpu, dbpm: number | undefined): void {
    const { lo, hi } = cpu.context;
    const vpe = hi & 0xffff;
    const vmId = lo & 0xffff;
    this.#resident.enter(cpu, 0, dbpm === undefined ? 0 : CONTEXT_DB | (dbpm << 23));
    if (dbpm !== undefined) this.tables(vmId).vpes.arm(vpe, dbpm);
  }

  /** Withdraws the candidate of the VPE that left, and lets a doorbell fire; after the event that tells of it. */
  withdraw(cpu: HostCpu, vmId: number, vpe: number): void {
    this.#send(cpu, NOBODY);
    this.#ring(vmId, vpe, this.domain(vmId).best(vpe));
  }

  #domainOf(cpu: HostCpu): Domain | undefined {
    const { lo, hi } = cpu.context;
    if ((hi & CONTEXT_V) === 0) return undefined;
    this.#place = cpu.place();
    return this.domain(lo & 0xffff);
  }

  #wanted(cpu: HostCpu): Candidate {
    const { lo, hi } = cpu.context;
    return (hi & CONTEXT_IRICHPPIDIS) !== 0 ? NOBODY : this.domain(lo & 0xffff).best(hi & 0xffff);
  }

  #offer(vmId: number, iaffid: number, candidate: Candidate): void {
    const cpu = this.#resident.find(vmId, iaffid);
    if (cpu !== undefined) this.#send(cpu, (cpu.context.hi & CONTEXT_IRICHPPIDIS) !== 0 ? NOBODY : candidate);
    else if (this.tables(vmId).isVpeValid(iaffid)) this.#ring(vmId, iaffid, candidate);
    else if (candidate.intid !== 0) this.#emit({ kind: 'irs.hppi.noPe', iaffid, ...candidate }, this.#vmPlace(vmId));
  }

  #send(cpu: HostCpu, { intid, priority }: Candidate): void {
    const now = cpu.interface.irsCandidate;
    if (now === undefined || (now.lo === intid && (intid === 0 || now.hi === priority))) return;
    const iaffid = cpu.context.hi & 0xffff;
    cpu.interface.setIrsCandidate(intid, priority, () =>
      this.#emit({ kind: 'irs.hppi', iaffid, intid, priority: intid === 0 ? 0xff : priority }, cpu.place()),
    );
  }

  #ring(vmId: number, vpe: number, { intid, priority }: Candidate): void {
    const { vpes } = this.tables(vmId);
    const dbpm = vpes.armed(vpe);
    if (dbpm === undefined || intid === 0 || priority > dbpm) return;
    vpes.disarm(vpe);
    this.doorbells.get(this.ids.ownerOf(vmId))?.(vpe);
  }

  #vmPlace(vmId: number): Place {
    return placeAt(this.ids.ownerOf(vmId));
  }

  #emit(event: KvmEvent, place: Place): void {
    this.host.emit?.(event, place);
  }
}
