/** SGI generation by system register, which always traps (kvm-vgic-v3 §4.2, §11). */
import { queue } from '../vgic/queue.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';

const IRM = 1n << 40n;

/** §4.2, gicv3-behaviour §7: ICC_SGI1R_EL1 reaches an SGI in either group; the others in group 0 only. */
export function sendSgi(self: VgicVcpu, register: string, value: bigint): void {
  const anyGroup = register === 'ICC_SGI1R_EL1';
  const { vgic } = self;
  const sgi = Number((value >> 24n) & 0xfn);
  const deliver = (target: VgicVcpu): void => {
    const irq = vgic.lookup(target, sgi);
    if (irq === undefined || (irq.group === 1 && !anyGroup)) return;
    irq.latch = true;
    queue(vgic, irq);
  };
  self.vcpu.emit({ kind: 'sgi.send', register, value });
  if ((value & IRM) !== 0n) {
    for (const target of vgic.vcpus) if (target !== self) deliver(target);
    return;
  }
  const low = Number(value & 0xffff_ffffn);
  const high = Number(value >> 32n);
  const base = ((high & 0xff) << 16) | (((low >>> 16) & 0xff) << 8);
  for (let aff0 = 0; aff0 < 16; aff0++) {
    if (((low >>> aff0) & 1) === 0) continue;
    const target = vgic.vcpuByAffinity(base | aff0, (high >>> 16) & 0xff);
    if (target !== undefined) deliver(target);
  }
}
