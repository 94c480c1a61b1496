/**
 * Ends that reach nobody. A guest that ends an interrupt of which its own list registers know nothing only counts up
 * EOIcount; KVM puts that down to the next active interrupt of this vCPU's AP list (kvm-vgic-v3 §8.3). One that another
 * vCPU's list holds, as after a restore of an active interrupt whose route had moved, stays active there for good.
 */
import { INTID_MASK_V2 } from './irq.ts';
import { type VgicVcpu } from './vcpu-state.ts';

/** Told right after the guest's write of `value` to an EOIR or DIR counted up EOIcount. */
export function tellLostEnd(self: VgicVcpu, value: number): void {
  const { vgic } = self;
  const irq = vgic.lookup(self, vgic.flavour.sgiSources ? value & INTID_MASK_V2 : value);
  if (irq === undefined || irq.holder === self.index || !(irq.active || irq.onLr)) return;
  self.vcpu.emit({ kind: 'irq.endedElsewhere', intid: irq.intid, holder: irq.holder });
}
