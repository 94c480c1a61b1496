/**
 * What user space and the host do to a running machine, each as one call between or inside rounds. Results are those
 * of the ioctls: 0 or minus an errno.
 */
import { type Result } from '../kvm/errno.ts';
import { type AttributeOp, encodeIrqLine, GROUP, IRQ_TYPE, UserWords } from '../kvm/uapi.ts';
import { sysregAttribute, USERSPACE_REGISTERS } from '../kvm/v5/userspace-registers.ts';
import { type Machine } from './machine.ts';

/** A vCPU's registers as user space read them: name and value, in the order of the register list. */
export type SavedRegisters = readonly (readonly [register: string, value: bigint])[];

/** KVM_IRQ_LINE of a PPI. */
export function irqLine(machine: Machine, vcpuId: number, ppi: number, level: number): Result {
  return machine.vm.irqLine({ irq: encodeIrqLine({ type: IRQ_TYPE.PPI, vcpu: vcpuId, number: ppi }), level });
}

/** KVM_IRQ_LINE of an SPI. */
export function spiLine(machine: Machine, spi: number, level: number): Result {
  return machine.vm.irqLine({ irq: encodeIrqLine({ type: IRQ_TYPE.SPI, vcpu: 0, number: spi }), level });
}

/** KVM_RUN ends: the thread leaves the guest and its CPU. Harmless for one that does not run. */
export function pause(machine: Machine, index: number): void {
  const thread = machine.thread(index);
  if (thread.isStopped) return;
  const { vcpu } = thread;
  thread.status = 'paused';
  if (thread.inWait.flag) {
    // The wait ends with the KVM_RUN; its marks go, and the guest finds itself behind the WFI.
    thread.inWait.flag = false;
    vcpu.slots.inWfi.flag = false;
    vcpu.slots.blocking.flag = false;
  }
  if (vcpu.slots.locked.flag) vcpu.endRun();
  machine.emit({ kind: 'host.vcpu', action: 'pause' }, vcpu.place);
}

/** KVM_RUN begins again. A first run that fails leaves the thread as it was. */
export function resume(machine: Machine, index: number): Result {
  const thread = machine.thread(index);
  const { vcpu } = thread;
  if (!thread.isStopped) return 0;
  const result = vcpu.firstRun();
  if (result !== 0) {
    vcpu.emit({ kind: 'uapi.run', phase: 'begin', result });
    return result;
  }
  thread.since = machine.ticks;
  if (!vcpu.slots.poweredOff.flag) thread.status = 'ready';
  machine.emit({ kind: 'host.vcpu', action: 'resume' }, vcpu.place);
  return 0;
}

/** The host's scheduler moves the thread to another physical CPU. */
export function migrate(machine: Machine, index: number, pcpu: number): void {
  const thread = machine.thread(index);
  const from = thread.affinity.lo;
  // @throws RangeError when the host has no such CPU
  machine.host.cpu(pcpu);
  if (from === pcpu) return;
  thread.moveTo(pcpu);
  machine.emit({ kind: 'host.migrate', from, to: pcpu }, thread.vcpu.place);
  if (thread.status === 'loaded' || thread.status === 'waiting') machine.scheduleOut(thread);
}

/** KVM_ARM_VCPU_INIT again with the same features, while the vCPU does not run. */
export function reset(machine: Machine, index: number): Result {
  const { vcpu } = machine.thread(index);
  const result = vcpu.init(vcpu.slots.features.lo);
  machine.emit({ kind: 'host.vcpu', action: 'reset' }, vcpu.place);
  return result;
}

/** The wire of a physical PPI. */
export function setWire(machine: Machine, pcpu: number, ppi: number, level: boolean): void {
  machine.host.setPhysicalPpi(pcpu, ppi, level);
  machine.emit({ kind: 'host.wire', ppi, level }, machine.host.cpu(pcpu).place());
}

/** Overflow flags, interrupt enables and global enable of a vCPU's PMU; the host's handler makes the vCPU leave the guest. */
export function pmuOverflow(machine: Machine, index: number, overflow: number): void {
  const { vcpu } = machine.thread(index);
  if (vcpu.inGuest) vcpu.exit('irq');
  vcpu.pmu.set(overflow >>> 0, vcpu.pmu.interrupts.lo, (vcpu.pmu.control.lo & 1) !== 0);
}

export interface RegisterAnswer {
  readonly result: Result;
  readonly value: bigint;
}

/** One register of a vCPU through the device group CPU_SYSREGS. */
export function userRegister(
  machine: Machine,
  op: AttributeOp,
  index: number,
  name: string,
  value = 0n,
): RegisterAnswer {
  const { vcpu } = machine.thread(index);
  const memory = new UserWords(value);
  const result = machine.vm.deviceAttr(op, GROUP.CPU_SYSREGS, sysregAttribute(vcpu, name), memory);
  return { result, value: result === 0 ? (memory.load(0) ?? 0n) : 0n };
}

/** Reads every register that user space may; the first failure ends it. */
export function saveRegisters(
  machine: Machine,
  index: number,
): { readonly result: Result; readonly saved: SavedRegisters } {
  const saved: [string, bigint][] = [];
  for (const { name } of USERSPACE_REGISTERS) {
    const { result, value } = userRegister(machine, 'get', index, name);
    if (result !== 0) return { result, saved };
    saved.push([name, value]);
  }
  return { result: 0, saved };
}

/** Writes them back; the first failure ends it. */
export function restoreRegisters(machine: Machine, index: number, saved: SavedRegisters): Result {
  for (const [name, value] of saved) {
    const { result } = userRegister(machine, 'set', index, name, value);
    if (result !== 0) return result;
  }
  return 0;
}
