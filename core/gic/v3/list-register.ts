/**
 * The words of a list register, ICH_LR<n>_EL2 (gicv3-registers): the high word holds state, priority and physical
 * identifier, the low word the virtual INTID. Kept as two unsigned 32-bit numbers because every entry and exit of a
 * guest builds and reads them.
 */

/** Bits of the high word. */
export const LR_ACTIVE = 0x8000_0000;
export const LR_PENDING = 0x4000_0000;
export const LR_STATE = 0xc000_0000;
export const LR_HW = 0x2000_0000;
export const LR_GROUP = 0x1000_0000;
/** HW = 0: maintenance interrupt when the interrupt is deactivated. */
export const LR_EOI = 0x200;
export const LR_PINTID = 0x1fff;
export const LR_PRIORITY_SHIFT = 16;
/** GICv2 guests: source CPU of an SGI in the low word. */
export const LR_SOURCE_SHIFT = 10;

export function lrPriority(hi: number): number {
  return (hi >>> LR_PRIORITY_SHIFT) & 0xff;
}

/** ELRSR: nothing in it and nothing to report. */
export function lrIsEmpty(hi: number): boolean {
  return (hi & LR_STATE) === 0 && ((hi & LR_HW) !== 0 || (hi & LR_EOI) === 0);
}

/** EISR: deactivated, and the hypervisor asked to be told. */
export function lrReportsEoi(hi: number): boolean {
  return (hi & LR_STATE) === 0 && (hi & LR_HW) === 0 && (hi & LR_EOI) !== 0;
}
