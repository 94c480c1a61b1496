/** The attribute that says how many interrupts the VM has (kvm-vgic-v3 §14.3). */
import { EBUSY, EFAULT, EINVAL, type Result } from '../errno.ts';
import { type AttributeOp, type UserMemory } from '../uapi.ts';
import { type VgicVm } from './vm-state.ts';

const LEAST = 64;
const MOST = 1023;

export interface NrIrqsRequest {
  readonly vgic: VgicVm;
  readonly op: AttributeOp;
  readonly memory: UserMemory;
}

export function nrIrqs({ vgic, op, memory }: NrIrqsRequest): Result {
  if (op === 'has') return 0;
  if (op === 'get') return memory.store(0, BigInt(vgic.nrSpis.lo + 32)) ? 0 : -EFAULT;
  const value = memory.load(0);
  if (value === undefined) return -EFAULT;
  const count = Number(value & 0xffff_ffffn);
  if (count < LEAST || count > MOST || count % 32 !== 0) return -EINVAL;
  if (vgic.vm.initialized.flag || vgic.nrSpis.lo !== 0) return -EBUSY;
  vgic.nrSpis.set(count - 32);
  return 0;
}
