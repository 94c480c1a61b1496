/** The ioctls of a vCPU that prepare or inspect it; KVM_RUN is in vcpu.ts and run-loop.ts. */
import { EFAULT, EINVAL, EIO, ENOEXEC, ENXIO, type Result } from './errno.ts';
import { isIdRegister, readIdRegister, resetIdRegisters, UNKNOWN_REGISTER, writeIdRegister } from './id-registers.ts';
import { reset } from './run-loop.ts';
import { timerAttribute } from './timer-attribute.ts';
import { type AttributeOp, type UserMemory, VCPU_GROUP } from './uapi.ts';
import { type Vcpu } from './vcpu.ts';
import { FEATURE } from './vcpu-slots.ts';

export interface RegisterRead {
  readonly result: Result;
  /** 0 when the read failed. */
  readonly value: bigint;
}

export function init(vcpu: Vcpu, features: number): Result {
  const { slots, vm } = vcpu;
  const result = checkInit(vcpu, features);
  if (result === 0) {
    slots.features.set(features);
    if (!slots.initialised.flag) slots.mpidr.value = defaultMpidr(vcpu.id);
    slots.initialised.flag = true;
    // The CPU-type lines are cleared only before the first run (kvm-vgic-v5 §28.6).
    if (!slots.hasRun.flag) slots.cpuLines.set(0);
  }
  vcpu.emit({ kind: 'uapi.vcpuInit', features, result });
  if (result !== 0) return result;
  resetIdRegisters(vm, (features & FEATURE.NESTED) !== 0);
  reset(vcpu);
  return 0;
}

/** Sixteen vCPUs per Aff1 value, so that one SGI target list reaches all of them (gicv3-behaviour §8.1). */
function defaultMpidr(id: number): bigint {
  return BigInt((0x8000_0000 | ((id & 0xff000) << 4) | ((id & 0xff0) << 4) | (id & 0xf)) >>> 0);
}

function checkInit({ vm, slots }: Vcpu, features: number): Result {
  if (vm.dead.flag) return -EIO;
  if ((features & FEATURE.NESTED) !== 0 && !vm.host.facts.nestedVirt) return -EINVAL;
  return slots.initialised.flag && slots.features.lo !== features ? -EINVAL : 0;
}

export function finalize(vcpu: Vcpu): Result {
  const result = whyUnusable(vcpu);
  if (result === 0) vcpu.slots.finalized.flag = true;
  vcpu.emit({ kind: 'uapi.vcpuFinalize', result });
  return result;
}

export function attribute(
  vcpu: Vcpu,
  op: AttributeOp,
  group: number,
  attr: bigint,
  memory: UserMemory | undefined,
): Result {
  const result = dispatchAttribute(vcpu, op, group, attr, memory);
  vcpu.emit({ kind: 'uapi.vcpuAttr', op, group, attr, result });
  return result;
}

function dispatchAttribute(
  { vm, pmu }: Vcpu,
  op: AttributeOp,
  group: number,
  attr: bigint,
  memory: UserMemory | undefined,
): Result {
  if (vm.dead.flag) return -EIO;
  if (memory === undefined) return -EFAULT;
  if (group === VCPU_GROUP.PMU_V3_CTRL) return pmu.attribute(op, attr, memory);
  return group === VCPU_GROUP.TIMER_CTRL ? timerAttribute(vm, op, attr, memory) : -ENXIO;
}

/** The identification registers of kvm-vgic-v5 §9.4; no GICv5 register is reachable so (§21). */
export function getOneReg(vcpu: Vcpu, register: string): RegisterRead {
  const unusable = whyUnusable(vcpu);
  const known = unusable === 0 && isIdRegister(register);
  const value = known ? readIdRegister(vcpu, register) : 0n;
  const result = known ? 0 : unusable !== 0 ? unusable : UNKNOWN_REGISTER;
  vcpu.emit({ kind: 'uapi.oneReg', op: 'get', register, value, result });
  return { result, value };
}

export function setOneReg(vcpu: Vcpu, register: string, value: bigint): Result {
  let result = whyUnusable(vcpu);
  if (result === 0) result = isIdRegister(register) ? writeIdRegister(vcpu, register, value) : UNKNOWN_REGISTER;
  vcpu.emit({ kind: 'uapi.oneReg', op: 'set', register, value, result });
  return result;
}

function whyUnusable({ vm, slots }: Vcpu): Result {
  if (vm.dead.flag) return -EIO;
  return slots.initialised.flag ? 0 : -ENOEXEC;
}
