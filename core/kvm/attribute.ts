/** What attributes of devices and vCPUs have in common, whatever the GIC model (kvm-vgic-v5 §6; kvm-vgic-v3 §14). */
import { type Cell } from '../state/cell.ts';
import { EBUSY, EFAULT, EINVAL, type Result } from './errno.ts';
import { type AttributeOp, GROUP, type UserMemory } from './uapi.ts';
import { type Vm } from './vm.ts';

/** What an event says of the word of an attribute: none of a query, a failure or an operation. */
export function attributeValue(
  op: AttributeOp,
  group: number,
  result: Result,
  memory: UserMemory | undefined,
): { readonly value?: bigint } {
  if (op === 'has' || result !== 0 || group === GROUP.CTRL || group === GROUP.IST) return {};
  const value = memory?.load(0);
  return value === undefined ? {} : { value };
}

/** One word stored for the caller. */
export function give(memory: UserMemory, value: bigint): Result {
  return memory.store(0, value) ? 0 : -EFAULT;
}

/** Is a vCPU in its run call? State that it uses is out of reach then. */
export function anyRunning(vm: Vm): boolean {
  return vm.vcpus.some((vcpu) => vcpu.slots.locked.flag);
}

/** How NR_IRQS counts in a model. */
export interface IrqCount {
  readonly least: number;
  readonly most: number;
  /** Private interrupts that are counted as well. */
  readonly privates: number;
}

const STEP = 32;

/** NR_IRQS: how many SPIs the VM has, said once and before initialisation. */
export function nrIrqs(
  { vm, nrSpis }: { readonly vm: Vm; readonly nrSpis: Cell },
  { least, most, privates }: IrqCount,
  op: AttributeOp,
  memory: UserMemory,
): Result {
  if (op === 'has') return 0;
  if (op === 'get') return give(memory, BigInt(nrSpis.lo + privates));
  const value = memory.load(0);
  if (value === undefined) return -EFAULT;
  const count = Number(value & 0xffff_ffffn);
  if (count < least || count > most || count % STEP !== 0) return -EINVAL;
  if (vm.initialized.flag || nrSpis.lo !== 0) return -EBUSY;
  nrSpis.set(count - privates);
  return 0;
}
