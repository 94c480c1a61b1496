/**
 * Operands of the hypervisor's instructions on a VM's SPIs and LPIs (gicv5-spi-lpi-behaviour §4, §8.3). All are UNDEFINED
 * at EL1.
 *
 * VDPEND names the VM. The others act on the VM whose VPE is resident on the PE, with the operand of the instruction of
 * the current domain: a public model says so of all of them, Arm's own header gives VDEN TYPE and ID alone, and VDAFF
 * has no room for a VM beside IAFFID. KVM uses VDPEND and VDRCFG; nobody was observed to execute the rest.
 */
import { intidOfOperand, IST_OPERATIONS, type IstOperation } from './operations.ts';

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

/** TYPE and ID alone, as KVM supplies them. */
export const vdRcfgOperand = (intid: number): bigint => BigInt(intid);

const onResident = new Map<string, IstOperation>(
  IST_OPERATIONS.filter(({ name }) => name !== 'GIC CDPEND').map((operation) => {
    const name = operation.name.replace('GIC CD', 'GIC VD');
    return [name, { ...operation, name }];
  }),
);

/** What `GIC VDEN`, `VDDIS`, `VDPRI`, `VDAFF`, `VDHM` and `VDDI` do to an entry; undefined for any other name. */
export function virtualOperation(name: string): IstOperation | undefined {
  return onResident.get(name);
}

/** The hypervisor's instructions, by their names in the register tables. */
export const VIRTUAL_INSTRUCTIONS = ['GIC VDPEND', 'GIC VDRCFG', ...onResident.keys()];
