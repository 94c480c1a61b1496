/**
 * Injection (kvm-vgic-v5 §14): an input changes, the shadow takes it, and the vCPU is asked to look. No list, no
 * order, no check of enable, mask or exposure: the vCPU is kicked even when nothing will be delivered.
 */
import { EINVAL, type Result } from '../errno.ts';
import { type InjectReason } from '../events.ts';
import { type Owner } from '../gic-model.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';
import { ppiOf } from './ownership.ts';

export function inject(gic: VcpuVgicV5, intid: number, level: boolean, owner: Owner): Result {
  const { ppis, vcpu } = gic;
  const ppi = ppiOf(intid);
  const report = (reason: InjectReason): void =>
    vcpu.emit({ kind: 'irq.inject', intid, level, owner, accepted: reason === 'ok', reason });
  if (ppi === undefined) {
    report('badTarget');
    return -EINVAL;
  }
  const refusal = whyRefused(gic, ppi, level, owner);
  if (refusal !== 'ok') {
    report(refusal);
    return 0;
  }
  if (ppis.level.has(ppi)) ppis.lineLevel.put(ppi, level);
  else ppis.pendingLatch.put(ppi, true);
  report('ok');
  queue(gic, ppi);
  return 0;
}

function whyRefused({ ppis }: VcpuVgicV5, ppi: number, level: boolean, owner: Owner): InjectReason {
  if (ppis.ownerOf(ppi) !== owner) return 'owner';
  if (ppis.level.has(ppi)) return ppis.lineLevel.has(ppi) === level ? 'noChange' : 'ok';
  return level ? 'ok' : 'edgeLow';
}

/**
 * With an operation table: request and kick. Without one the PPI takes the generic path, which wants a target: an
 * active interrupt has one and is listed once, for ever; an inactive one has none, because a vGICv5 has no
 * distributor enable, and the vCPU is not even kicked (§13, §28.1).
 */
function queue({ ppis, vcpu }: VcpuVgicV5, ppi: number): void {
  if (ppis.operationsOf(ppi) === 'none') {
    if (!ppis.active.has(ppi)) return;
    if (!ppis.listed.has(ppi)) {
      ppis.listed.put(ppi, true);
      vcpu.emit({ kind: 'irq.listed', ppi });
      vcpu.emit({ kind: 'host.warning', warning: `PPI ${ppi} was put on a list that is never drained` });
    }
  }
  vcpu.requestAndKick();
}
