/**
 * A GICv3 or GICv2 guest's interrupts as they are for the guest, in a derived slot each: pending in bit 0, active in
 * bit 1. While an interrupt is on a list register, the register says whether it is active and KVM's own word is as old
 * as the last entry; a pending edge is in the one or in the other (kvm-vgic-v3 §8). Whoever records a VM calls `update`
 * when an event is reported, before it stores the event; then the event owns these changes too. The emulator itself
 * neither reads nor writes them.
 *
 * Cost: a look at every change of a slot, and a search of the list registers for each interrupt whose word or list
 * register changed.
 */
import { LR_ACTIVE, LR_PENDING, LR_STATE } from '../../gic/v3/list-register.ts';
import { type SlotId, slotId } from '../../state/brand.ts';
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type Journal } from '../../state/journal.ts';
import { type HostCpu } from '../host-cpu.ts';
import { FIRST_SPI, type Irq } from './irq.ts';
import { ACTIVE, LATCH, LEVEL, LINE, ON_LR } from './irq-words.ts';
import { VgicVcpu } from './vcpu-state.ts';
import { type VgicVm } from './vm-state.ts';

export const GUEST_PENDING = 1;
export const GUEST_ACTIVE = 2;

/** A level that is up pends. */
const LEVEL_UP = LEVEL | LINE;
/** The INTID in a GICv2 guest's list register; above it is an SGI's source. */
const V2_INTID = 0x3ff;

export class GuestInterrupts {
  readonly #vgic: VgicVm;
  readonly #journal: Journal;
  readonly #followed: Irq[] = [];
  /** Whose list registers are looked at: in memory or in a CPU. */
  readonly #lists: (VgicVcpu | HostCpu)[] = [];
  /** By slot: index + 1 in `#followed` for KVM's word, minus that in `#lists` for a list register; else 0. */
  #roles = new Int32Array(0);
  /** By index in `#followed`: slots of KVM's word and of the guest's, and the last round in which it was derived. */
  #stateOf = new Int32Array(0);
  #guestOf = new Int32Array(0);
  #derivedIn = new Int32Array(0);
  #round = 0;
  /** By vCPU: index in `#followed` of its INTID 0. */
  readonly #firstPrivate: number[] = [];
  #seen = 0;
  #clearings = -1;
  #rewinds = 0;

  /** Claims nothing; `follow` does. */
  constructor(vgic: VgicVm) {
    this.#vgic = vgic;
    this.#journal = vgic.vm.host.journal;
    for (const cpu of vgic.vm.host.cpus) this.#watch(cpu, cpu.interfaceV3?.lr ?? []);
  }

  /** The guest's slot of an interrupt, claimed now; `owner`: the vCPU of a private one, which are followed in order. */
  follow(irq: Irq, owner?: VgicVcpu): Cell {
    const { vm } = this.#vgic;
    const prefix = owner === undefined ? vm.prefix : vm.vcpuPrefix(owner.index);
    const guest = new CellClaim(vm.host.journal, `${prefix}guest.`).cell(irq.name, 2);
    const index = this.#followed.push(irq) - 1;
    this.#setRole(irq.state.slot, index + 1);
    if (index >= this.#guestOf.length) this.#reserve(index + 1);
    this.#stateOf[index] = irq.state.slot;
    this.#guestOf[index] = guest.slot;
    if (owner !== undefined && this.#lists.at(-1) !== owner) this.#follows(owner);
    return guest;
  }

  /** Brings the slots up to date with what the journal has gained. */
  update(): void {
    const journal = this.#journal;
    const { count, slot, beforeLo, afterLo, clearings, rewinds } = journal;
    const from = clearings === this.#clearings ? this.#seen : 0;
    const roles = this.#roles;
    this.#round = (this.#round + 1) | 0;
    if (rewinds === this.#rewinds)
      for (let i = from; i < count; i++) {
        const role = roles[slot[i] ?? 0] ?? 0;
        if (role > 0) this.#derive(role - 1);
        else if (role < 0) this.#listed(this.#lists[-role - 1], beforeLo[i] ?? 0, afterLo[i] ?? 0);
      }
    else for (const index of this.#followed.keys()) this.#derive(index);
    this.#seen = journal.count;
    this.#clearings = clearings;
    this.#rewinds = rewinds;
  }

  /** The first private interrupt of a vCPU is followed, which is its INTID 0; the others come next. */
  #follows(owner: VgicVcpu): void {
    this.#firstPrivate[owner.index] = this.#followed.length - 1;
    this.#watch(owner, owner.lr);
  }

  #watch(list: VgicVcpu | HostCpu, registers: readonly Cell[]): void {
    const role = -this.#lists.push(list);
    for (const { slot } of registers) this.#setRole(slot, role);
  }

  #reserve(count: number): void {
    this.#stateOf = longer(this.#stateOf, count);
    this.#guestOf = longer(this.#guestOf, count);
    this.#derivedIn = longer(this.#derivedIn, count);
  }

  #setRole(slot: SlotId, role: number): void {
    if (slot >= this.#roles.length) this.#roles = longer(this.#roles, slot + 1);
    this.#roles[slot] = role;
  }

  /** A list register changed: the interrupts that it named before and names now. */
  #listed(list: VgicVcpu | HostCpu | undefined, before: number, after: number): void {
    const index = list instanceof VgicVcpu ? list.index : list?.vcpu?.index;
    const self = index === undefined ? undefined : this.#vgic.vcpu(index);
    if (self === undefined) return;
    const mask = intidMask(self);
    this.#named(self, (before & mask) >>> 0);
    if (after !== before) this.#named(self, (after & mask) >>> 0);
  }

  #named(self: VgicVcpu, intid: number): void {
    if (intid < FIRST_SPI) {
      const first = this.#firstPrivate[self.index];
      if (first !== undefined) this.#derive(first + intid);
      return;
    }
    const irq = self.listed(intid);
    if (irq !== undefined) this.#derive((this.#roles[irq.state.slot] ?? 0) - 1);
  }

  /** Once a round: KVM's word and both copies of the list register change together. Below 0: not followed. */
  #derive(index: number): void {
    if (index < 0 || this.#derivedIn[index] === this.#round) return;
    this.#derivedIn[index] = this.#round;
    // Numbers of slots, not objects: a broadcast comes by the interrupts of hundreds of vCPUs.
    const { lo } = this.#journal.state;
    const word = lo[this.#stateOf[index] ?? 0] ?? 0;
    const value = (word & ON_LR) === 0 ? inMemory(word) : this.#onRegister(this.#followed[index], word);
    const guest = slotId(this.#guestOf[index] ?? 0);
    if (lo[guest] !== value) this.#journal.writeWords(guest, value, 0);
  }

  #onRegister(irq: Irq | undefined, word: number): number {
    const holder = irq && this.#vgic.vcpu(irq.holder);
    const register = holder && registerOf(holder, irq.intid);
    if (register === undefined) return inMemory(word);
    const active = (register & LR_ACTIVE) !== 0 ? GUEST_ACTIVE : 0;
    if ((register & LR_STATE) === 0) return (inMemory(word) & GUEST_PENDING) | active;
    // A level that is up pends again when its handling has ended; an edge may come while it is handled.
    return ((word & LATCH) !== 0 || (register & LR_PENDING) !== 0 ? GUEST_PENDING : 0) | active;
  }
}

/** What KVM's word says by itself. */
function inMemory(word: number): number {
  const pending = (word & LATCH) !== 0 || (word & LEVEL_UP) === LEVEL_UP;
  return (pending ? GUEST_PENDING : 0) | ((word & ACTIVE) !== 0 ? GUEST_ACTIVE : 0);
}

/** High word of the list register that holds an interrupt: the CPU's while the vCPU's are there, else KVM's copy. */
function registerOf(self: VgicVcpu, intid: number): number | undefined {
  const hardware = self.vcpu.cpu?.interfaceV3?.lr;
  return (hardware === undefined ? undefined : inRegisters(hardware, self, intid)) ?? inRegisters(self.lr, self, intid);
}

function inRegisters(registers: readonly Cell[], self: VgicVcpu, intid: number): number | undefined {
  const used = self.usedLrs.lo;
  const mask = intidMask(self);
  for (let n = 0; n < used; n++) {
    const cell = registers[n];
    // An empty one is 0, which would name SGI 0.
    if (cell !== undefined && cell.hi !== 0 && (cell.lo & mask) >>> 0 === intid) return cell.hi;
  }
  return undefined;
}

/** The bits of a list register that name the interrupt. A guest without the system registers is one of a GICv2. */
const intidMask = (self: VgicVcpu): number => (self.sre.lo === 0 ? V2_INTID : -1);

function longer(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(2 * length);
  out.set(array);
  return out;
}
