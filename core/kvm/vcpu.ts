/**
 * One virtual CPU: its ioctls, the steps of its run loop, and what its guest can do to the interrupt controller,
 * the timers and the PMU. The object is a view of slots; it keeps nothing itself.
 *
 * A typical life: `init`, (device, CTRL_INIT), `beginRun(cpu)`, then `enter`, guest accesses, `exit` or a trap,
 * again, `endRun`. A scheduler calls `put` and `load` in between.
 */
import { type GicInstruction } from '../gic/v5/instructions.ts';
import { type GuestRegister } from '../gic/v5/guest-registers.ts';
import { CellClaim } from '../state/cell.ts';
import { type Words } from '../gic/v5/words.ts';
import { EBUSY, EIO, type Result } from './errno.ts';
import { type KvmEvent } from './events.ts';
import { firstRun } from './first-run.ts';
import { type GicModel, type Signal, type VcpuGic } from './gic-model.ts';
import * as access from './guest-access.ts';
import { type HostCpu } from './host-cpu.ts';
import { type Outcome } from './outcome.ts';
import { type Place, placeAt } from './place.ts';
import { VcpuPmu } from './pmu.ts';
import * as loop from './run-loop.ts';
import { writeTimer } from './timer-registers.ts';
import { VcpuTimers } from './timers.ts';
import { type TimerContext } from './timer-context.ts';
import { type AttributeOp, type UserMemory } from './uapi.ts';
import * as ioctls from './vcpu-ioctls.ts';
import { FEATURE, VcpuSlots } from './vcpu-slots.ts';
import { type Vm } from './vm.ts';

/** Bits of `inputs`. */
const INPUT: Readonly<Record<Signal, number>> = { none: 0, irq: 1, fiq: 2 };

export class Vcpu {
  readonly vm: Vm;
  readonly index: number;
  readonly slots: VcpuSlots;
  readonly timers: VcpuTimers;
  readonly pmu: VcpuPmu;
  readonly #gics: ReadonlyMap<number, VcpuGic>;
  /** What `gic` found last: the type of the VM's irqchip changes once, or not at all. */
  #gic: { readonly type: number; readonly part: VcpuGic | undefined } = { type: 0, part: undefined };
  #place: Place;

  constructor(vm: Vm, index: number) {
    const claim = new CellClaim(vm.host.journal, vm.vcpuPrefix(index));
    this.vm = vm;
    this.index = index;
    this.slots = new VcpuSlots(claim);
    this.timers = new VcpuTimers(this, claim);
    this.pmu = new VcpuPmu(this, claim);
    this.#gics = new Map([...vm.gics].map(([type, gic]) => [type, gic.attach(this)]));
    this.#place = placeAt(vm.index, index);
  }

  /** User space's number of this vCPU. */
  get id(): number {
    return this.slots.id.lo;
  }

  get hasPmu(): boolean {
    return (this.slots.features.lo & FEATURE.PMU) !== 0;
  }

  /** Does the guest have EL2? */
  get isNested(): boolean {
    return (this.slots.features.lo & FEATURE.NESTED) !== 0;
  }

  /** The vCPU's part of the VM's irqchip, if there is one. */
  get gic(): VcpuGic | undefined {
    const type = this.vm.irqchip.lo;
    if (type !== this.#gic.type) this.#gic = { type, part: this.#gics.get(type) };
    return this.#gic.part;
  }

  /** The vCPU's part of a model, whether or not the VM uses it. */
  gicOf(model: GicModel): VcpuGic | undefined {
    return this.#gics.get(model.deviceType);
  }

  /** The physical CPU where the vCPU's thread is loaded. */
  get cpu(): HostCpu | undefined {
    const number = this.slots.physicalCpu.lo;
    return number === 0 ? undefined : this.vm.host.cpus[number - 1];
  }

  /** @throws Error when the vCPU is not loaded: the caller has the order of steps wrong. */
  requireCpu(): HostCpu {
    const { cpu } = this;
    if (cpu === undefined) throw new Error(`vCPU ${this.index} is not loaded on a physical CPU`);
    return cpu;
  }

  /** @throws Error when the vCPU is not in the guest. */
  requireGuest(): HostCpu {
    if (!this.inGuest) throw new Error(`vCPU ${this.index} is not in the guest`);
    return this.requireCpu();
  }

  get inGuest(): boolean {
    return this.slots.inGuest.flag;
  }

  emit(event: KvmEvent): void {
    this.vm.host.emit?.(event, this.place);
  }

  /** Where this vCPU's events happen: with the physical CPU while it is loaded. */
  get place(): Place {
    const number = this.slots.physicalCpu.lo;
    const pcpu = number === 0 ? undefined : number - 1;
    if (this.#place.pcpu !== pcpu) this.#place = placeAt(this.vm.index, this.index, pcpu);
    return this.#place;
  }

  // --- ioctls ---------------------------------------------------------------------------------------------------

  /** KVM_ARM_VCPU_INIT. The same features again reset the vCPU. `features`: bits of `FEATURE`. */
  init(features = 0): Result {
    return ioctls.init(this, features);
  }

  /** KVM_ARM_VCPU_FINALIZE (of SVE). */
  finalize(): Result {
    return ioctls.finalize(this);
  }

  /** KVM_{HAS,GET,SET}_DEVICE_ATTR on the vCPU; `memory` undefined: the structure itself faults. */
  attribute(op: AttributeOp, group: number, attr: bigint, memory: UserMemory | undefined): Result {
    return ioctls.attribute(this, op, group, attr, memory);
  }

  /** KVM_GET_ONE_REG of an identification register, by name. */
  getOneReg(register: string): ioctls.RegisterRead {
    return ioctls.getOneReg(this, register);
  }

  /** KVM_SET_ONE_REG. */
  setOneReg(register: string, value: bigint): Result {
    return ioctls.setOneReg(this, register, value);
  }

  /** What the first KVM_RUN does before the vCPU is loaded; later ones return 0 at once. */
  firstRun(): Result {
    return firstRun(this);
  }

  /** KVM_RUN begins on `cpu`: first-run steps, then load. The ioctl runs until `endRun`. */
  beginRun(cpu: HostCpu): Result {
    if (this.slots.locked.flag) return -EBUSY;
    const result = firstRun(this);
    if (result === 0) this.slots.locked.flag = true;
    this.emit({ kind: 'uapi.run', phase: 'begin', result });
    if (result !== 0) return result;
    loop.load(this, cpu);
    // The load itself can be the end of the VM (kvm-vgic-v5-spi §5.1).
    if (!this.vm.dead.flag) return 0;
    this.endRun(-EIO);
    return -EIO;
  }

  /** KVM_RUN returns to user space with `result`: out of the guest if need be, then put. */
  endRun(result: Result = 0): void {
    if (this.inGuest) loop.exit(this, 'endRun');
    if (this.cpu !== undefined) loop.put(this);
    this.slots.locked.flag = false;
    this.emit({ kind: 'uapi.run', phase: 'end', result });
  }

  /** An interrupt of the CPU type, without an in-kernel irqchip (§28.6): 0 IRQ, 1 FIQ. */
  setCpuLine(line: number, level: boolean): void {
    if (this.slots.cpuLines.has(line) === level) return;
    this.slots.cpuLines.put(line, level);
    this.emit({ kind: 'irq.cpuLine', line, level });
    this.requestAndKick();
  }

  /** PSCI or KVM_SET_MP_STATE. */
  setPoweredOff(off: boolean): void {
    this.slots.poweredOff.flag = off;
    this.emit({ kind: 'vcpu.power', on: !off });
  }

  // --- interrupts -----------------------------------------------------------------------------------------------

  /** Creates the interrupt state of the VM's irqchip. */
  allocateGic(): Result {
    const result = this.gic?.allocate() ?? 0;
    if (result === 0) this.emit({ kind: 'vcpu.allocated' });
    return result;
  }

  /**
   * Requests IRQ_PENDING and kicks: a sleeping vCPU wakes, a running one is to leave the guest. The emulator does not
   * make it leave; whoever runs the vCPU exits when `hasRequest` is set.
   */
  requestAndKick(): void {
    const { slots } = this;
    slots.irqPendingRequest.flag = true;
    this.emit({ kind: 'vcpu.request', request: 'irqPending' });
    this.emit({ kind: 'vcpu.kick', blocked: slots.blocking.flag, inGuest: slots.inGuest.flag });
  }

  /** Must a running vCPU leave the guest: somebody kicked it, or its interface has maintenance to do? */
  get hasRequest(): boolean {
    if (this.slots.irqPendingRequest.flag) return true;
    const { cpu, gic } = this;
    return this.inGuest && cpu !== undefined && gic?.needsExit(cpu) === true;
  }

  /** Leaves the guest for what `hasRequest` found. */
  leaveOnRequest(): void {
    this.exit(this.gic?.leaves?.(this.requireCpu()) ?? 'kick');
  }

  /** What the interface of the CPU where it runs signals to it. */
  get signal(): Signal {
    const { cpu, gic } = this;
    return cpu === undefined || gic === undefined ? 'none' : gic.signal(cpu);
  }

  /**
   * Interrupt inputs of its core, IRQ in bit 0 and FIQ in bit 1: that signal, and what user space holds up as HCR_EL2.VI
   * and VF (§28.6).
   */
  get inputs(): number {
    return this.slots.cpuLines.lo | INPUT[this.signal];
  }

  // --- run loop -------------------------------------------------------------------------------------------------

  load(cpu: HostCpu): void {
    loop.load(this, cpu);
  }

  put(): void {
    loop.put(this);
  }

  enter(conditions?: loop.EntryConditions): loop.EntryResult {
    return loop.enter(this, conditions);
  }

  exit(reason = 'other'): void {
    loop.exit(this, reason);
  }

  /** A WFI of the guest: trapped or not, as the last load decided. Without a trap it ends when the interface signals. */
  waitForInterrupt():
    ({ readonly trapped: true } & loop.WaitAnswer) | { readonly trapped: false; readonly ends: boolean } {
    this.requireGuest();
    if (this.slots.trapWfi.flag) return { trapped: true, ...this.trapWfi() };
    return { trapped: false, ends: this.inputs !== 0 };
  }

  /** A trapped WFI: exit, then the wait begins. */
  trapWfi(): loop.WaitAnswer {
    loop.exit(this, 'wfi');
    return loop.beginWait(this, 'wfi');
  }

  /** Suspension through the MP state, outside the guest. */
  suspend(): loop.WaitAnswer {
    return loop.beginWait(this, 'suspend');
  }

  endWait(wakeReason?: string): void {
    loop.endWait(this, wakeReason);
  }

  /** Would a wait end? Asked on `cpu`, by default where the vCPU is loaded. */
  checkRunnable(cpu: HostCpu = this.requireCpu()): loop.WaitAnswer {
    return loop.checkRunnable(this, cpu);
  }

  reset(): void {
    loop.reset(this);
  }

  // --- the guest ------------------------------------------------------------------------------------------------

  /** A guest's access to a system register by name; bigint in and out. */
  sysreg(direction: 'read' | 'write', register: string, value = 0n): access.GuestAccess {
    return access.accessByName(this, register, direction, value);
  }

  /** A GIC instruction by name (`GICR CDIA`, `GIC CDDI`); bigint in and out. */
  instruction(name: string, operand = 0n): access.GuestAccess {
    return access.executeByName(this, name, operand);
  }

  /** The hot form of `sysreg`, for all but GICv5's own registers. */
  accessOther(register: string, direction: 'read' | 'write', words: Words): Outcome {
    return access.accessOther(this, register, direction, words);
  }

  /** That of GICv5's own, found before. */
  access(register: GuestRegister, direction: 'read' | 'write', words: Words): Outcome {
    return access.access(this, register, direction, words);
  }

  /** The hot form of `instruction`. */
  execute(instruction: GicInstruction, words: Words): Outcome {
    return access.execute(this, instruction, words);
  }

  /** A load (`data` undefined) or store of the guest to device memory; undefined: not the GIC's. */
  memoryAccess(address: bigint, length: number, data?: bigint): bigint | undefined {
    return access.accessMemory(this, address, length, data);
  }

  /** The same to memory that is mapped to hardware, without an exit; undefined: it is not, and exits. */
  directAccess(address: bigint, length: number, data?: bigint): bigint | undefined {
    return access.accessDirectly(this, address, length, data);
  }

  /** An access that arrives by a trap: exit, then KVM's handler. */
  trapSysreg(register: string, direction: 'read' | 'write', words: Words): Outcome {
    return access.trapped(this, register, direction, words);
  }

  /** The guest programs a timer; `emulated` means that the write trapped and the vCPU is out of the guest. */
  writeTimer(context: TimerContext, what: 'control' | 'compare', value: bigint): 'performed' | 'emulated' {
    return writeTimer(this, context, what, value);
  }
}
