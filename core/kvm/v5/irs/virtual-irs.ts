/**
 * Accesses to the frames of the virtual IRS (gicv5-irs-registers §3, kvm-vgic-v5-spi §4): which register, whether size
 * and alignment are accepted. What is not accepted reads 0 and ignores writes; there is no abort.
 */
import { offsetIn } from '../../frame.ts';
import { type Vcpu } from '../../vcpu.ts';
import { irsRowAt, type IrsRow } from './irs-table.ts';
import { type VmIrs } from './vm-irs.ts';

/** CONFIG frame, then the SETLPI frame, which has nothing. */
export const IRS_REGION = 0x2_0000;

/** The offset of an access in the region, or undefined when it is elsewhere. */
export function irsOffset(irs: VmIrs, address: bigint, length: number): number | undefined {
  return offsetIn(irs.base.value, IRS_REGION, address, length);
}

/** A guest's access; gives what it reads, 0 for a write. `data` undefined: a read. */
export function irsAccess(
  irs: VmIrs,
  vcpu: Vcpu | undefined,
  offset: number,
  bytes: number,
  data: bigint | undefined,
): bigint {
  return irs.as(vcpu, () => {
    const row = accepts(irs, offset, bytes);
    if (row === undefined) {
      irs.emit({ kind: 'mmio.unmapped', offset, bytes });
      return 0n;
    }
    const byte = offset - row.offset;
    if (data !== undefined) {
      row.write?.(irs, BigInt.asUintN(bytes * 8, data), byte, bytes);
      return 0n;
    }
    const value = BigInt(row.read?.(irs) ?? 0);
    return BigInt.asUintN(bytes * 8, value >> BigInt(8 * byte));
  });
}

/** 32-bit registers take aligned words; 64-bit ones themselves, and their halves where the profile says. */
function accepts(irs: VmIrs, offset: number, bytes: number): IrsRow | undefined {
  const row = offset % 4 === 0 ? irsRowAt(offset) : undefined;
  if (row === undefined) return undefined;
  if (bytes === row.bytes) return offset === row.offset ? row : undefined;
  return row.bytes === 8 && bytes === 4 && irs.behaviour.halfAccesses ? row : undefined;
}
