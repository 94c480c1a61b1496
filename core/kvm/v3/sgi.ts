/** SGI generation by system register, which always traps (kvm-vgic-v3 §4.2, §11). */
import { queue } from '../vgic/queue.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';

const IRM = 1n << 40n;

/** §4.2, gicv3-behaviour §7: `anyGroup` is ICC_SGI1R_EL1; the others reach group 0 only. */
export function sendSgi(self: VgicVcpu, value: bigint, anyGroup: boolean): void {
  const { vgic } = self;
  const sgi = Number((value >> 24n) & 0xfn);
  const deliver = (target: VgicVcpu): void => {
    const irq = vgic.lookup(target, sgi);
    if (irq === undefined || (irq.group === 1 && !anyGroup)) return;
    irq.latch = true;
    queue(vgic, irq);
  };
  self.vcpu.emit({ kind: 'sgi.send', value, anyGroup });
  if ((value & IRM) !== 0n) {
    for (const target of vgic.vcpus) if (target !== self) deliver(target);
    return;
  }
  const aff3 = (value >> 48n) & 0xffn;
  const aff2 = (value >> 32n) & 0xffn;
  const aff1 = (value >> 16n) & 0xffn;
  const base = (aff3 << 32n) | (aff2 << 16n) | (aff1 << 8n);
  for (let aff0 = 0n; aff0 < 16n; aff0++) {
    if (((value >> aff0) & 1n) === 0n) continue;
    const target = vgic.vcpuByAffinity(base | aff0);
    if (target !== undefined) deliver(target);
  }
}
