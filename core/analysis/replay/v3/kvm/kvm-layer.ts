/**
 * Holds gicscope's KVM layer against a real KVM in a recording (kvm-vgic-v3 §7, §8): for each guest entry core/kvm's
 * own flush must build the list registers and the ICH_HCR_EL2 that were written, and for each load its own image of
 * the interface must be the one that was written. The guest's accesses and the exits are carried out by core/kvm too,
 * so what its fold kept of one entry decides the next. `stimuli.ts` says what is taken from the recording.
 *
 * After a difference the layer takes over what was recorded (`take-over.ts`).
 */
import { HCR } from '../../../../gic/v3/vmcr.ts';
import { Words } from '../../../../gic/v5/words.ts';
import { executeRegister } from '../../../../kvm/vgic/guest-interface.ts';
import { type EventOf } from '../../../../trace/kinds.ts';
import { type Tally } from '../../tally.ts';
import { GuestVm, type Seat } from './guest-vm.ts';
import { isOverflow, LookAhead } from './look-ahead.ts';
import { loadedOf, Stimuli } from './stimuli.ts';
import { takeOver } from './take-over.ts';
import { type Entry, type Image, type Step, WorldSwitches } from './world-switches.ts';

const MOST_VMS = 32;
const REASON = {
  lpi: 'the emulator’s list registers hold no LPIs',
  before: 'a guest that was loaded before the recording began',
  ends: 'ICH_HCR_EL2 tells of interrupts that no list register of the recording shows',
} as const;
/** Bits that tell of interrupts without a list register. */
const OVERFLOW = BigInt(HCR.UIE | HCR.NPIE | HCR.LRENPIE);
const MET = 'vCPUs that were set up before the recording shows them';

/** Name of the VM that ran on `cpu` when the recording began, until its next load names it. */
function unnamed(cpu: number): bigint {
  return -1n - BigInt(cpu);
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export class KvmLayerReplay {
  readonly #tally: Tally;
  readonly #stimuli: Stimuli;
  readonly #switches: WorldSwitches;
  readonly #cpus: number;
  /** By CNTVOFF_EL2, the last used last. */
  readonly #vms = new Map<bigint, GuestVm>();
  readonly #loaded = new Map<number, { readonly vm: GuestVm; readonly seat: Seat }>();
  readonly #steps: LookAhead;

  constructor(cpus: number, tally: Tally) {
    this.#tally = tally;
    this.#cpus = cpus;
    this.#stimuli = new Stimuli(tally);
    this.#steps = new LookAhead((step) => this.#perform(step));
    this.#switches = new WorldSwitches((step) => this.#steps.push(step));
  }

  access(cpu: number, event: EventOf<'register.access'>, value: bigint): void {
    this.#switches.take(cpu, event, value);
  }

  /** CNTVOFF_EL2. */
  offset(cpu: number, value: bigint): void {
    this.#switches.offset(cpu, value);
  }

  /** The recording has ended. */
  end(): void {
    this.#steps.end();
  }

  #perform(step: Step): void {
    if (step.kind === 'load') return this.#load(step);
    const loaded = this.#loaded.get(step.cpu);
    if (loaded === undefined) {
      if (step.kind === 'entry') this.#notCompared(step, REASON.before);
      else if (step.kind === 'exit') this.#adopt(step);
      return;
    }
    const { vm, seat } = loaded;
    switch (step.kind) {
      case 'entry':
        this.#enter(vm, seat, step);
        break;
      case 'guest':
        if (seat.vcpu.inGuest) this.#guest(seat, step);
        break;
      case 'exit':
        if (seat.vcpu.inGuest) this.#exit(seat, step);
        break;
      case 'lost':
        if (seat.vcpu.inGuest) this.#fold(seat);
        break;
      case 'put':
        if (seat.vcpu.inGuest) this.#fold(seat);
        this.#put(seat, step.image);
        this.#loaded.delete(step.cpu);
        break;
    }
    vm.host.journal.clear();
  }

  #put(seat: Seat, image: Image): void {
    const { self, vcpu } = seat;
    vcpu.put();
    seat.saved = image;
    if (!seat.isAdopted) return;
    // Its active priorities are told only now.
    seat.isAdopted = false;
    self.ap0r[0]?.set(Number(image.ap0));
    self.ap1r[0]?.set(Number(image.ap1));
  }

  /** A guest ran when the recording began; its first exit tells VMCR. */
  #adopt({ cpu, image }: Extract<Step, { kind: 'exit' }>): void {
    const vm = this.#vm(unnamed(cpu));
    const seat = vm.seatOf(cpu, image);
    if (seat === undefined) return;
    seat.isAdopted = true;
    this.#seat(vm, seat, cpu, image);
  }

  #vm(offset: bigint, nameless?: bigint): GuestVm {
    const vm = this.#vms.get(offset) ?? this.#vms.get(nameless ?? offset) ?? new GuestVm(this.#cpus);
    if (nameless !== undefined) this.#vms.delete(nameless);
    this.#vms.delete(offset);
    this.#vms.set(offset, vm);
    const [oldest] = this.#vms.keys();
    if (this.#vms.size > MOST_VMS && oldest !== undefined) this.#vms.delete(oldest);
    return vm;
  }

  #load({ cpu, vm: offset, event, image }: Extract<Step, { kind: 'load' }>): void {
    const left = this.#loaded.get(cpu);
    if (left !== undefined) {
      // Its put is missing.
      if (left.seat.vcpu.inGuest) this.#fold(left.seat);
      left.seat.vcpu.put();
      this.#loaded.delete(cpu);
    }
    const vm = this.#vm(offset, unnamed(cpu));
    const seat = vm.seatOf(cpu, image);
    if (seat === undefined) return;
    const { self } = seat;
    for (const [register, recorded, cell] of [
      ['ICH_VMCR_EL2 written', image.vmcr, self.vmcr],
      ['ICH_AP0R0_EL2 written', image.ap0, self.ap0r[0]],
      ['ICH_AP1R0_EL2 written', image.ap1, self.ap1r[0]],
    ] as const)
      if (seat.lastCpu >= 0) this.#tally.compare(event, register, recorded, cell?.value ?? 0n, () => describe(seat));
    this.#seat(vm, seat, cpu, image);
  }

  #seat(vm: GuestVm, seat: Seat, cpu: number, { vmcr, ap0, ap1 }: Image): void {
    const { self, vcpu } = seat;
    if (seat.lastCpu < 0) this.#tally.infer(MET);
    self.vmcr.value = vmcr;
    self.ap0r[0]?.set(Number(ap0));
    self.ap1r[0]?.set(Number(ap1));
    seat.lastCpu = cpu;
    vcpu.load(vm.host.cpu(cpu));
    this.#loaded.set(cpu, { vm, seat });
    vm.host.journal.clear();
  }

  #enter(vm: GuestVm, seat: Seat, entry: Entry): void {
    const { self, vcpu } = seat;
    if (vcpu.inGuest) this.#fold(seat);
    const isWhole = loadedOf(entry).every(({ intid }) => vm.vgic.lookup(self, intid) !== undefined);
    const ahead = this.#steps.after(entry);
    seat.wasWhole ||= !isOverflow(entry);
    if (isWhole) this.#stimuli.before(vm, seat, entry, ahead);
    vcpu.enter();
    if (!isWhole) this.#notCompared(entry, REASON.lpi);
    if (!isWhole || !this.#compare(seat, entry, ahead !== undefined)) takeOver(vm, seat, entry);
  }

  #notCompared({ lrs }: Entry, reason: string): void {
    for (let n = 0; n <= lrs.size; n++) this.#tally.unsupported(reason);
  }

  /** True when all is equal and known. */
  #compare(seat: Seat, { hcr, lrs }: Entry, isTold: boolean): boolean {
    const { self } = seat;
    const context = (): string => describe(seat);
    let isEqual = true;
    const count = Math.max(self.usedLrs.lo, ...[...lrs.keys()].map((n) => n + 1));
    for (let n = 0; n < count; n++) {
      const recorded = lrs.get(n);
      const emulated = n < self.usedLrs.lo ? (self.lr[n]?.value ?? 0n) : 0n;
      const { event, value } = recorded ?? { event: hcr.event, value: 0n };
      isEqual = this.#tally.compare(event, `ICH_LR${n}_EL2 written`, value, emulated, context) && isEqual;
    }
    const mine = BigInt(self.hcr.lo);
    const isUnseen = mine !== hcr.value && ((mine ^ hcr.value) & ~OVERFLOW) === 0n && (mine & ~hcr.value) === 0n;
    if (isUnseen && !(isTold && seat.wasWhole)) {
      this.#tally.unsupported(REASON.ends);
      return false;
    }
    return this.#tally.compare(hcr.event, 'ICH_HCR_EL2 written', hcr.value, mine, context) && isEqual;
  }

  #guest({ vcpu, hardware }: Seat, { register, isRead, value }: Extract<Step, { kind: 'guest' }>): void {
    const words = new Words();
    words.set(Number(BigInt.asUintN(32, value)), 0);
    executeRegister(vcpu, hardware, register.replace('ICV_', 'ICC_'), isRead ? 'read' : 'write', words);
  }

  #exit(seat: Seat, { event, cleared, readsHcr }: Extract<Step, { kind: 'exit' }>): void {
    const { self } = seat;
    const context = (): string => describe(seat);
    const { lo: used } = self.usedLrs;
    this.#tally.compare(event, 'list registers cleared at exit', BigInt(cleared), BigInt(used), context);
    const asks = (self.hcr.lo & HCR.LRENPIE) !== 0;
    this.#tally.compare(event, 'EOIcount asked for at exit', readsHcr ? 1n : 0n, asks ? 1n : 0n, context);
    this.#fold(seat);
  }

  #fold(seat: Seat): void {
    const { self, vcpu } = seat;
    const before = self.apList.filter(({ isSpi }) => isSpi);
    vcpu.exit();
    seat.ended = new Set(before.filter(({ active, pending }) => !active && !pending).map(({ intid }) => intid));
  }
}

function describe({ self, vcpu }: Seat): string {
  const list = self.apList.map(
    ({ intid, active, pending, priority }) =>
      `${intid}${active ? ' active' : ''}${pending ? ' pending' : ''} at ${hex(priority)}`,
  );
  const lrs = self.lr.slice(0, self.usedLrs.lo).map(({ value }) => hex(value));
  return `vCPU ${vcpu.index}: HCR ${hex(self.hcr.lo)}, LR ${lrs.join(' ') || 'none'}, AP list ${list.join(', ') || 'empty'}`;
}
