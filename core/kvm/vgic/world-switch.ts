/**
 * Between the image of the CPU interface in memory and the hardware (kvm-vgic-v3 §8.1, §12.1): VMCR and active
 * priorities move at load and put (VMCR back at every exit), list registers and HCR around each entry.
 */
import { LR_PRIORITY_SHIFT, LR_STATE, lrIsEmpty } from '../../gic/v3/list-register.ts';
import { EOICOUNT_MASK, HCR } from '../../gic/v3/vmcr.ts';
import { type CpuInterfaceV3 } from '../../gic/v3/cpu-interface.ts';
import { type VgicVcpu } from './vcpu-state.ts';

export function load(self: VgicVcpu, hardware: CpuInterfaceV3): void {
  const isV3 = self.sre.lo !== 0;
  hardware.sre.flag = isV3;
  // A GICv2 guest's word is written only once the interface was enabled for it ("Points settled", 9).
  if (isV3 || (self.hcr.lo & HCR.EN) !== 0) hardware.writeVmcr(self.vmcr.lo);
  // Its interface is memory-mapped and live as soon as it is loaded.
  if (!isV3) hardware.hcr.set(HCR.EN);
  hardware.ap0r.forEach((cell, n) => cell.set(self.ap0r[n]?.lo ?? 0));
  hardware.ap1r.forEach((cell, n) => cell.set(self.ap1r[n]?.lo ?? 0));
}

export function put(self: VgicVcpu, hardware: CpuInterfaceV3): void {
  hardware.ap0r.forEach((cell, n) => self.ap0r[n]?.set(cell.lo));
  hardware.ap1r.forEach((cell, n) => self.ap1r[n]?.set(cell.lo));
}

export function restore(self: VgicVcpu, hardware: CpuInterfaceV3): void {
  hardware.hcr.set(self.hcr.lo);
  // LPIs have six bits of priority in memory; a list register keeps the implemented ones (gicv3-behaviour §5.1).
  const kept = ~(((1 << (8 - hardware.size.priorityBits)) - 1) << LR_PRIORITY_SHIFT);
  for (let n = 0; n < self.usedLrs.lo; n++) {
    const cell = self.lr[n];
    if (cell !== undefined) hardware.lr[n]?.set(cell.lo, (cell.hi & kept) >>> 0);
  }
}

export function save(self: VgicVcpu, hardware: CpuInterfaceV3): void {
  for (let n = 0; n < self.usedLrs.lo; n++) {
    const [mine, real] = [self.lr[n], hardware.lr[n]];
    if (mine === undefined || real === undefined) continue;
    if (lrIsEmpty(real.hi)) mine.set(mine.lo, (mine.hi & ~LR_STATE) >>> 0);
    else mine.set(real.lo, real.hi);
    real.set(0, 0);
  }
  self.vmcr.set(hardware.vmcr.lo);
  if ((self.hcr.lo & HCR.LRENPIE) !== 0)
    self.hcr.set(((self.hcr.lo & ~EOICOUNT_MASK) | (hardware.hcr.lo & EOICOUNT_MASK)) >>> 0);
  hardware.hcr.set(0);
}
