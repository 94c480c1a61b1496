/**
 * Two security states (GICD_CTLR.DS 0), which a machine with EL3 has: registers are banked, non-secure software sees
 * priorities shifted, group 1 is two. The emulator's machine has one state (gicv3-behaviour §1).
 */
export const TWO_STATES = 'the recorded GIC has two security states, the emulated one has one';

const TYPER = 4;
const SECURITY_EXTN = 1n << 10n;

/** Does this read of a distributor say that it has two? */
export function tellsTwoStates(offset: number, value: bigint): boolean {
  return offset === TYPER && (value & SECURITY_EXTN) !== 0n;
}
