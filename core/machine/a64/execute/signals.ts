/** Small bit sets of a core. */

/** Reasons to leave the inner loop after an instruction. */
export const ATTENTION = { STOP: 1, INTERRUPT: 2, BRANCH: 4, ILLEGAL: 8, KICK: 16 } as const;

/** Interrupt inputs. NMI: an IRQ with superpriority. */
export const LINE = { IRQ: 1, FIQ: 2, SERROR: 4, NMI: 8 } as const;

/** Bits of `daif`, as in DAIF[9:6]. */
export const MASKED = { F: 1, I: 2, A: 4, D: 8 } as const;
