/**
 * What a virtual CPU interface reports to the hypervisor of its list registers: EISR, ELRSR, MISR (gicv3-behaviour §12).
 * Computed when asked; at most 16 list registers are looked at.
 */
import { type Cell } from '../../state/cell.ts';
import { LR_PENDING, LR_STATE, lrIsEmpty, lrReportsEoi } from './list-register.ts';
import { EOICOUNT_MASK, HCR, MISR, VMCR } from './vmcr.ts';

/** ICH_EISR_EL2: a bit for each list register that was ended and is to be told of. */
export const eisrOf = (lr: readonly Cell[]): number => collect(lr, lrReportsEoi);

/** ICH_ELRSR_EL2: a bit for each list register that is free. */
export const elrsrOf = (lr: readonly Cell[]): number => collect(lr, lrIsEmpty);

function collect(lr: readonly Cell[], test: (hi: number) => boolean): number {
  let bits = 0;
  for (let i = 0; i < lr.length; i++) if (test(lr[i]?.hi ?? 0)) bits |= 1 << i;
  return bits;
}

/** ICH_MISR_EL2: the conditions that hold and that the hypervisor asked for. */
export function misrOf(hcr: number, vmcr: number, lr: readonly Cell[]): number {
  let valid = 0;
  let pending = 0;
  let misr = 0;
  for (let i = 0; i < lr.length; i++) {
    const hi = lr[i]?.hi ?? 0;
    const state = hi & LR_STATE;
    if (state !== 0) valid++;
    if (state === LR_PENDING) pending++;
    if (lrReportsEoi(hi)) misr |= MISR.EOI;
  }
  if (hcr & HCR.UIE && valid < 2) misr |= MISR.U;
  if (hcr & HCR.LRENPIE && (hcr & EOICOUNT_MASK) !== 0) misr |= MISR.LRENP;
  if (hcr & HCR.NPIE && pending === 0) misr |= MISR.NP;
  if (hcr & HCR.VGRP0EIE && vmcr & VMCR.ENG0) misr |= MISR.VGRP0E;
  if (hcr & HCR.VGRP0DIE && !(vmcr & VMCR.ENG0)) misr |= MISR.VGRP0D;
  if (hcr & HCR.VGRP1EIE && vmcr & VMCR.ENG1) misr |= MISR.VGRP1E;
  if (hcr & HCR.VGRP1DIE && !(vmcr & VMCR.ENG1)) misr |= MISR.VGRP1D;
  return misr;
}
