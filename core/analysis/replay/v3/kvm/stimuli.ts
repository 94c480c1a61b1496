/**
 * What happened to a vCPU's interrupts before an entry, read from the list registers that the hypervisor loaded. A
 * guest's trapped accesses and its devices' lines are not in the recording; so only these things are taken over, each
 * counted as `inferred`, and everything else must follow from the emulator's own fold and flush:
 *
 *     arrival      an interrupt is in a list register that waited on no list: it became pending, or active, unseen;
 *                  its priority, group and trigger are taken then, and never while it is on a list
 *     early        HCR tells of more interrupts than list registers (§7.2): those that are shown next had arrived
 *     withdrawal   one that waited is not loaded, now or as long as others wait: its line fell, or it was disabled
 *     trapped end  with EOImode 1 and TDIR an active interrupt is gone: its DIR was trapped (§8.4)
 */
import { LR_ACTIVE, LR_EOI, LR_GROUP, LR_HW, LR_PENDING, lrPriority } from '../../../../gic/v3/list-register.ts';
import { HCR, VMCR } from '../../../../gic/v3/vmcr.ts';
import { emulateDir } from '../../../../kvm/vgic/dir.ts';
import { type Irq, NONE } from '../../../../kvm/vgic/irq.ts';
import { driveWire } from '../../../../kvm/vgic/mapped.ts';
import { queue, targetOf } from '../../../../kvm/vgic/queue.ts';
import { type VgicVcpu } from '../../../../kvm/vgic/vcpu-state.ts';
import { type Tally } from '../../tally.ts';
import { type GuestVm, type Seat } from './guest-vm.ts';
import { type Entry } from './world-switches.ts';

const PHYSICAL_ID = 0x3ff;
const ARRIVAL = 'arrivals of virtual interrupts, told by the first list register that shows them';
const CONFIGURED = 'priority, group or trigger of a virtual interrupt, told by the list register of its arrival';
const EARLY = 'virtual interrupts that waited without a list register, told by ICH_HCR_EL2 and a later list register';
const WITHDRAWN = 'virtual interrupts that stopped to wait unseen: a line that fell, or a trapped access';
const MOVED = 'virtual interrupts that moved to another vCPU';
const TRAPPED_END = 'ends of virtual interrupts by a trapped ICC_DIR_EL1';
const STAYED = 'lines that stayed high when their interrupt ended, told by ICH_HCR_EL2.TDIR';
const ELSEWHERE = 'SPIs that wait for another vCPU, told by ICH_HCR_EL2.TDIR';
const BEGUN = 'SPIs that were counted before the recording began, told by ICH_HCR_EL2.TDIR';

/** A list register, taken apart. */
export interface Loaded {
  readonly intid: number;
  readonly pending: boolean;
  readonly active: boolean;
  readonly group: 0 | 1;
  readonly priority: number;
  readonly isLevel: boolean;
  /** Undefined: not bound to a physical interrupt. */
  readonly physical: number | undefined;
}

export function loaded(value: bigint): Loaded {
  const hi = Number(value >> 32n);
  const isBound = (hi & LR_HW) !== 0;
  return {
    intid: Number(BigInt.asUintN(32, value)),
    pending: (hi & LR_PENDING) !== 0,
    active: (hi & LR_ACTIVE) !== 0,
    group: (hi & LR_GROUP) !== 0 ? 1 : 0,
    priority: lrPriority(hi),
    isLevel: isBound || (hi & LR_EOI) !== 0,
    physical: isBound ? hi & PHYSICAL_ID : undefined,
  };
}

/** List registers of an entry, in order; those that are loaded with nothing left out. */
export function loadedOf({ lrs }: Entry): readonly Loaded[] {
  return [...lrs]
    .toSorted(([a], [b]) => a - b)
    .map(([, { value }]) => loaded(value))
    .filter(({ pending, active }) => pending || active);
}

export class Stimuli {
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /**
   * Brings the vCPU to where the flush of `entry` began. `ahead`: its later entries up to the first that is no
   * overflow, that one included; undefined when the recording ends or stops before it.
   */
  before(vm: GuestVm, seat: Seat, entry: Entry, ahead: readonly Entry[] | undefined): void {
    const shown = loadedOf(entry);
    this.#withdraw(seat, entry, shown, ahead);
    const counted = vm.vgic.activeSpis.lo;
    let isAgain = false;
    for (const one of shown) {
      isAgain = (this.#show(vm, seat, one) && seat.ended.has(one.intid)) || isAgain;
    }
    if (ahead !== undefined) this.#early(vm, seat, entry, shown, ahead);
    this.#countSpis(vm, entry, counted, isAgain);
  }

  /** True when it is news that this interrupt waits. */
  #show({ vgic }: GuestVm, seat: Seat, one: Loaded): boolean {
    const { self } = seat;
    const irq = vgic.lookup(self, one.intid);
    if (irq === undefined) return false;
    if (irq.holder === self.index) {
      if (!one.pending || !one.active || irq.latch) return false;
      // A new edge of one that is active.
      irq.latch = true;
      this.#tally.infer(ARRIVAL);
      return true;
    }
    if (irq.holder !== NONE) this.#move(vgic.vcpu(irq.holder), irq);
    if (configure(irq, one)) this.#tally.infer(CONFIGURED);
    this.#tally.infer(ARRIVAL);
    irq.enabled = true;
    irq.target = self.index;
    irq.active = one.active;
    if (one.physical !== undefined) {
      irq.line = one.pending;
      driveWire(vgic, one.physical, true);
    } else irq.latch = one.pending;
    queue(vgic, irq);
    return true;
  }

  #move(from: VgicVcpu | undefined, irq: Irq): void {
    const list = from?.apList ?? [];
    const at = list.indexOf(irq);
    if (from === undefined || at < 0) return;
    from.remove(irq, list[at - 1]);
    this.#tally.infer(MOVED);
  }

  #withdraw({ self }: Seat, { hcr }: Entry, shown: readonly Loaded[], ahead: readonly Entry[] | undefined): void {
    const isOverflow = (Number(hcr.value) & HCR.UIE) !== 0;
    const wait = new Set(shown.map(({ intid }) => intid));
    if (isOverflow) {
      if (ahead === undefined) return;
      for (const entry of ahead) for (const { intid } of loadedOf(entry)) wait.add(intid);
    }
    for (const irq of self.apList) {
      if (wait.has(irq.intid)) continue;
      if (irq.active) {
        const traps = (self.vmcr.lo & VMCR.EOIM) !== 0 && (self.hcr.lo & HCR.TDIR) !== 0;
        if (!traps) continue;
        emulateDir(self, irq.intid);
        this.#tally.infer(TRAPPED_END);
      } else if (irq.pending) {
        irq.latch = false;
        irq.line = false;
        this.#tally.infer(WITHDRAWN);
      }
    }
  }

  /** As few of the interrupts that are shown later as HCR asks for (§7.2: UIE, NPIE). */
  #early(vm: GuestVm, seat: Seat, { hcr }: Entry, shown: readonly Loaded[], ahead: readonly Entry[]): void {
    const bits = Number(hcr.value);
    if ((bits & HCR.UIE) === 0) return;
    const { vgic } = vm;
    const later = ahead.flatMap(loadedOf).filter((one) => shown.every((first) => sortsBefore(first, one)));
    for (const one of later) {
      const { pending, active } = waiting(seat.self);
      const isEnough = pending + active > vgic.numLr && ((bits & HCR.NPIE) === 0 || pending > vgic.numLr);
      if (isEnough) return;
      const irq = vgic.lookup(seat.self, one.intid);
      if (irq === undefined || irq.holder !== NONE) continue;
      if (this.#show(vm, seat, one)) this.#tally.infer(EARLY);
    }
  }

  /** TDIR tells how many SPIs KVM counts, where the recording shows no other trace of them (§5.2). */
  #countSpis(vm: GuestVm, { hcr }: Entry, before: number, isAgain: boolean): void {
    const { activeSpis } = vm.vgic;
    const bits = Number(hcr.value);
    const told = (bits & HCR.TDIR) !== 0;
    const repaid = Math.min(vm.owedSpis, Math.max(0, activeSpis.lo - before));
    vm.owedSpis -= repaid;
    activeSpis.set(activeSpis.lo - repaid);
    const isKnown = vm.isKnown;
    vm.isKnown = true;
    if ((bits & HCR.LRENPIE) !== 0 || told === activeSpis.lo > 0) return;
    if (!told) {
      if (!isAgain) return;
      activeSpis.set(before);
      this.#tally.infer(STAYED);
    } else if (!isKnown || vm.isMultiple) {
      activeSpis.set(1);
      if (isKnown) vm.owedSpis++;
      this.#tally.infer(isKnown ? ELSEWHERE : BEGUN);
    }
  }
}

/** May `first` have a list register while `other` waits without (§5.3)? */
function sortsBefore(first: Loaded, other: Loaded): boolean {
  if (first.active !== other.active) return other.active;
  return first.priority <= other.priority;
}

/** Interrupts that go to this vCPU now. */
function waiting(self: VgicVcpu): { pending: number; active: number } {
  const count = { pending: 0, active: 0 };
  for (const irq of self.apList) {
    if (targetOf(self.vgic, irq) !== self.index) continue;
    if (irq.active) count.active++;
    else count.pending++;
  }
  return count;
}

/** Priority, group, trigger and binding as a list register shows them. True when that is news. */
export function configure(irq: Irq, { priority, group, isLevel, physical }: Loaded): boolean {
  const isSame =
    irq.priority === priority && irq.group === group && irq.isLevel === isLevel && irq.hw === (physical !== undefined);
  irq.priority = priority;
  irq.group = group;
  irq.isLevel = isLevel;
  irq.bind(physical);
  return !isSame;
}
