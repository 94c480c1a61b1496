/**
 * DIR handed to the hypervisor (kvm-vgic-v3 §8.4): a trapped ICC_DIR_EL1, or the DIR page of a GICv2 guest. The vCPU
 * has left the guest and its list registers are folded.
 */
import { VMCR } from '../../gic/v3/vmcr.ts';
import { deactivateInMemory } from './flush.ts';
import { type DirRefusal } from '../events.ts';
import { FIRST_SPI } from './irq.ts';
import { writeClearActive } from './irq-blocks.ts';
import { REQUEST, type VgicVcpu } from './vcpu-state.ts';

/** `value` as the guest wrote it: bits 12:10 are taken for a source CPU in GICv3 VMs too (quirk 18). */
export function emulateDir(self: VgicVcpu, value: number): void {
  const { vgic } = self;
  vgic.executing = self;
  const source = (value >>> 10) & 7;
  const intid = value & ~0x1c00;
  const ignored = (why: DirRefusal): void => self.vcpu.emit({ kind: 'icv.dirIgnored', intid, why });
  if ((self.vmcr.lo & VMCR.EOIM) === 0) return ignored('EOImode 0');
  if (intid >= FIRST_SPI + vgic.nrSpis.lo) return ignored('beyond the VM');
  const irq = vgic.lookup(self, intid);
  const holder = irq && vgic.vcpu(irq.holder);
  if (irq === undefined || holder === undefined) return ignored('on no AP list');
  if (irq.onLr) {
    // Loaded on another vCPU that runs now: as a guest's ICACTIVER write.
    const word = { vgic, actor: self, requester: self, offset: 0, length: 4, intid: intid & ~31 };
    writeClearActive(word, BigInt((1 << (intid & 31)) >>> 0));
  } else if (irq.isSgi && vgic.flavour.sgiSources && irq.activeSource !== source) {
    return ignored('another source is active');
  } else {
    deactivateInMemory(self, irq);
  }
  self.vcpu.emit({ kind: 'icv.end', register: 'ICC_DIR_EL1', intid, lr: -1, priority: -1, effect: 'emulated' });
  holder.requests.set(holder.requests.lo | REQUEST.UPDATE);
  holder.vcpu.emit({ kind: 'vcpu.requestUpdate' });
}
