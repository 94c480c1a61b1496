/** Device attributes that both models have alike (kvm-vgic-v3 §14): words of a frame's registers, how many interrupts. */
import { give, nrIrqs } from '../attribute.ts';
import { EFAULT, EINVAL, ENXIO, type Result } from '../errno.ts';
import { type AttributeOp, type UserMemory } from '../uapi.ts';
import { FIRST_SPI } from './irq.ts';
import { findBlock, type MmioSpace, userRead, userWrite } from './mmio.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { type VgicVm } from './vm-state.ts';

export interface AttributeRequest {
  readonly vgic: VgicVm;
  readonly op: AttributeOp;
  readonly attr: bigint;
  readonly memory: UserMemory;
}

/** Privates included (§14.3). */
const IRQ_COUNT = { least: 64, most: 1023, privates: FIRST_SPI };

export function nrIrqsAttribute({ vgic, op, memory }: AttributeRequest): Result {
  return nrIrqs(vgic, IRQ_COUNT, op, memory);
}

/**
 * A word of a frame: its offset is in bits 31:0 of the attribute, `actor` the vCPU that the other bits name.
 * `refuse`: the model's last checks before an access, 0 or minus an errno.
 */
export function registerAttribute(
  { vgic, op, attr, memory }: AttributeRequest,
  space: MmioSpace,
  actor: VgicVcpu | undefined,
  refuse: (offset: number) => Result,
): Result {
  const offset = Number(attr & 0xffff_ffffn);
  if (actor === undefined) return -EINVAL;
  if (op === 'has') return offset % 4 === 0 && findBlock(vgic, space, offset, 4) !== undefined ? 0 : -ENXIO;
  const value = op === 'set' ? memory.load(0) : 0n;
  if (value === undefined) return -EFAULT;
  const refusal = refuse(offset);
  if (refusal !== 0) return refusal;
  const where = { vgic, space, actor, requester: undefined, offset, length: 4 };
  vgic.executing = undefined;
  return op === 'set' ? userWrite(where, value & 0xffff_ffffn) : give(memory, userRead(where));
}
