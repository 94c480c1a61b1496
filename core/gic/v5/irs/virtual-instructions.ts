/**
 * Operands of the hypervisor's instructions on a VM's SPIs and LPIs (gicv5-spi-lpi-behaviour §4, §8.3). Public are those
 * of the two that KVM uses. For VDEN, VDDIS, VDPRI, VDAFF, VDHM and VDDI only names and encodings are known: they are
 * decoded as instructions and never performed. All are UNDEFINED at EL1.
 */
import { intidOfOperand } from './operations.ts';

const PENDING = 1n << 63n;

export interface VdPend {
  readonly vmId: number;
  readonly intid: number;
  readonly pending: boolean;
}

/** PENDING[63] (not bit 32, as in CDPEND), VM[47:32], TYPE[31:29], ID[23:0]. */
export const vdPendOperand = ({ vmId, intid, pending }: VdPend): bigint =>
  (pending ? PENDING : 0n) | (BigInt(vmId) << 32n) | BigInt(intid);

export function decodeVdPend(operand: bigint): VdPend {
  return {
    vmId: Number((operand >> 32n) & 0xffffn),
    intid: intidOfOperand(Number(operand & 0xffff_ffffn)),
    pending: (operand & PENDING) !== 0n,
  };
}

/** TYPE and ID alone, as KVM supplies them: which VM is read is not public. */
export const vdRcfgOperand = (intid: number): bigint => BigInt(intid);
