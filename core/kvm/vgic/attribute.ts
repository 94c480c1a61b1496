/** What the device attributes of both models share (kvm-vgic-v3 §14). */
import { EFAULT, type Result } from '../errno.ts';
import { type UserMemory } from '../uapi.ts';
import { type VgicVm } from './vm-state.ts';

/** One word stored for the caller. */
export function give(memory: UserMemory, value: bigint): Result {
  return memory.store(0, value) ? 0 : -EFAULT;
}

/** Registers are reached with every vCPU out of its run call. */
export function anyRunning(vgic: VgicVm): boolean {
  return vgic.vcpus.some(({ vcpu }) => vcpu.slots.locked.flag);
}
