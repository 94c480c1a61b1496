/** Fields of ICH_VMCR_EL2 and of ICH_HCR_EL2 (gicv3-registers), as shifts and masks of a 32-bit word. */
import { type InterfaceSize } from './interface-size.ts';

export const VMCR = {
  ENG0: 1 << 0,
  ENG1: 1 << 1,
  ACKCTL: 1 << 2,
  FIQEN: 1 << 3,
  CBPR: 1 << 4,
  EOIM: 1 << 9,
} as const;

export const BPR1_SHIFT = 18;
export const BPR0_SHIFT = 21;
export const PMR_SHIFT = 24;

export const HCR = {
  EN: 1 << 0,
  UIE: 1 << 1,
  LRENPIE: 1 << 2,
  NPIE: 1 << 3,
  VGRP0EIE: 1 << 4,
  VGRP0DIE: 1 << 5,
  VGRP1EIE: 1 << 6,
  VGRP1DIE: 1 << 7,
  VSGI_EOI_COUNT: 1 << 8,
  TDIR: 1 << 14,
} as const;
export const EOICOUNT_SHIFT = 27;
export const EOICOUNT_MASK = 0xf800_0000;

export const MISR = { EOI: 1, U: 2, LRENP: 4, NP: 8, VGRP0E: 16, VGRP0D: 32, VGRP1E: 64, VGRP1D: 128 } as const;

export function vmcrPmr(vmcr: number): number {
  return vmcr >>> PMR_SHIFT;
}

export function vmcrBpr0(vmcr: number): number {
  return (vmcr >>> BPR0_SHIFT) & 7;
}

export function vmcrBpr1(vmcr: number): number {
  return (vmcr >>> BPR1_SHIFT) & 7;
}

/** Bits of a priority that decide on preemption within a group: its binary point, or group 0's with CBPR (§5.3). */
export function groupMaskOf(vmcr: number, group: 0 | 1): number {
  const shift = group === 0 || (vmcr & VMCR.CBPR) !== 0 ? vmcrBpr0(vmcr) + 1 : vmcrBpr1(vmcr);
  return (0xff << shift) & 0xff;
}

/** One field of the word replaced. */
export function withField(word: number, shift: number, mask: number, value: number): number {
  return ((word & ~(mask << shift)) | ((value & mask) << shift)) >>> 0;
}

export function withBit(word: number, bit: number, on: boolean): number {
  return (on ? word | bit : word & ~bit) >>> 0;
}

/**
 * ICH_VMCR_EL2 as the hardware keeps it: minimum binary points, implemented bits of the mask, VFIQEn. `sre`:
 * ICC_SRE_EL1.SRE of the guest.
 */
export function implementedVmcr(vmcr: number, { preemptionBits, priorityBits }: InterfaceSize, sre: boolean): number {
  const bpr0 = Math.max(vmcrBpr0(vmcr), 7 - preemptionBits);
  const bpr1 = Math.max(vmcrBpr1(vmcr), 8 - preemptionBits);
  let word = vmcr & (VMCR.ENG0 | VMCR.ENG1 | VMCR.CBPR | VMCR.EOIM);
  // With SRE set FIQs are always enabled and AckCtl is gone; a memory-mapped guest programs both.
  word |= sre ? VMCR.FIQEN : vmcr & (VMCR.FIQEN | VMCR.ACKCTL);
  word = withField(word, BPR0_SHIFT, 7, bpr0);
  word = withField(word, BPR1_SHIFT, 7, bpr1);
  return withField(word, PMR_SHIFT, 0xff, vmcrPmr(vmcr) & (0xff << (8 - priorityBits)));
}
