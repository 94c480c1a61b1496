/** SGI generation by system register, which always traps (kvm-vgic-v3 §4.2, §11). */
import { sendSgi } from '../vgic/send-sgi.ts';
import { type VgicVcpu } from '../vgic/vcpu-state.ts';

const IRM = 1n << 40n;

/** §4.2, gicv3-behaviour §7: ICC_SGI1R_EL1 reaches an SGI in either group; the others in group 0 only. */
export function writeSgiRegister(self: VgicVcpu, register: string, value: bigint): void {
  const sgi = Number((value >> 24n) & 0xfn);
  const targets: VgicVcpu[] = [];
  const nobody: number[] = [];
  if ((value & IRM) === 0n) listed(self, value, targets, nobody);
  else for (const target of self.vgic.vcpus) if (target !== self) targets.push(target);
  sendSgi(self, { register, value, sgi, targets, nobody, reachesGroup1: register === 'ICC_SGI1R_EL1' });
}

/** The vCPUs of the target list, by Aff0, and those of its Aff0 that are no vCPU's. */
function listed({ vgic }: VgicVcpu, value: bigint, targets: VgicVcpu[], nobody: number[]): void {
  const low = Number(value & 0xffff_ffffn);
  const high = Number(value >> 32n);
  const base = ((high & 0xff) << 16) | (((low >>> 16) & 0xff) << 8);
  for (let aff0 = 0; aff0 < 16; aff0++) {
    if (((low >>> aff0) & 1) === 0) continue;
    const target = vgic.vcpuByAffinity(base | aff0, (high >>> 16) & 0xff);
    if (target === undefined) nobody.push(aff0);
    else targets.push(target);
  }
}
