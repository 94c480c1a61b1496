/**
 * PPI finalisation, in the two forms that kernels had (kvm-vgic-v5 §11): which PPIs a VM exposes, and what happens to
 * the state of the hidden ones. Chosen by the profile.
 */
import { SW_PPI } from '../../gic/v5/ppi.ts';
import { bitsOf } from '../../gic/v5/words.ts';
import { implementedPpis } from '../host-facts.ts';
import { type PpiFinalisation } from '../profiles.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

export const FINALISATIONS: Readonly<Record<PpiFinalisation, (gic: VcpuVgicV5) => void>> = {
  perVm: finaliseVm,
  perVcpu: finaliseVcpu,
};

/** Mainline: once per VM, from vCPU 0 whoever runs; nobody's state is touched. */
function finaliseVm(gic: VcpuVgicV5): void {
  const first = gic.vcpu.vm.vcpu(0);
  const source = first === undefined ? undefined : gic.vm.vcpu(first);
  computeMask(source ?? gic);
}

/** Later: the mask from the vCPU that runs, and the hidden state of that vCPU cleared. */
function finaliseVcpu(gic: VcpuVgicV5): void {
  computeMask(gic);
  maskHidden(gic);
}

/** Exposes the implemented PPIs that have an owner, and SW_PPI. Bit 3 set means: already done. */
function computeMask({ ppis, vm, vcpu }: VcpuVgicV5): void {
  if (vm.ppiMask.has(SW_PPI)) return;
  const mask = implementedPpis(vcpu.vm.host.facts) & (ppis.owned | (1n << BigInt(SW_PPI)));
  vm.ppiMask.value = mask;
  vm.ppiHmr.value = mask & ppis.level.value;
  vcpu.vm.emit({ kind: 'vm.ppiFinalised', mask, hmr: vm.ppiHmr.value, sourceVcpu: vcpu.index });
}

function maskHidden({ ppis, vm, vcpu }: VcpuVgicV5): void {
  const mask = vm.ppiMask.value;
  const hidden = BigInt.asUintN(64, ~mask);
  const { enabler, activer, enabled, active, pendingLatch, lineLevel } = ppis;
  const enablerBefore = enabler.value;
  const activerBefore = activer.value;
  const clearedEnabled = bitsOf(enabled.value & hidden);
  const clearedActive = bitsOf(active.value & hidden);
  const clearedLatch = bitsOf(pendingLatch.value & hidden);
  const clearedLine = bitsOf(lineLevel.value & hidden);
  enabler.value = enablerBefore & mask;
  activer.value = activerBefore & mask;
  enabled.value = enabler.value;
  active.value = activer.value;
  // Pending state of exposed PPIs is left alone: every entry computes it anew.
  pendingLatch.value &= mask;
  lineLevel.value &= mask;
  vcpu.emit({
    kind: 'vcpu.ppiMasked',
    enablerBefore,
    enablerAfter: enabler.value,
    activerBefore,
    activerAfter: activer.value,
    clearedEnabled,
    clearedActive,
    clearedLatch,
    clearedLine,
  });
}
