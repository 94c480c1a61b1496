/**
 * Guest entry and exit (kvm-vgic-v5 §16, §17). Entry: flush collects what is pending into the CPU's scratch, restore
 * writes the images to the interface. Exit: save reads them back, fold merges them into the shadow. Between flush
 * and fold interrupts are off on the CPU, so the scratch belongs to one vCPU.
 */
import { type HostCpu } from '../host-cpu.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

/** Pending state of the exposed PPIs goes to the scratch; edges leave the shadow, they are in the hardware then. */
export function flush({ ppis, vm, vcpu }: VcpuVgicV5, { hardwareV5: { scratchPendr } }: HostCpu): void {
  const maskLo = vm.ppiMask.lo;
  const maskHi = vm.ppiMask.hi;
  const { pendingLatch: latch, lineLevel: line, level } = ppis;
  const edgesLo = latch.lo & maskLo & ~level.lo;
  const edgesHi = latch.hi & maskHi & ~level.hi;
  scratchPendr.set((latch.lo | (line.lo & level.lo)) & maskLo, (latch.hi | (line.hi & level.hi)) & maskHi);
  latch.set(latch.lo & ~edgesLo, latch.hi & ~edgesHi);
  vcpu.vm.host.emit?.(
    { kind: 'hyp.flush', pendr: scratchPendr.value, latchesCleared: join(edgesLo, edgesHi) },
    vcpu.place,
  );
}

/** Pending bits of directly injected PPIs are left to the physical PPI; VMCR and APR came with the load. */
export function restore({ ppis, vcpu }: VcpuVgicV5, cpu: HostCpu): void {
  const { interface: hardware, scratchPendr } = cpu.hardwareV5;
  const [bank, upper] = hardware.banks;
  if (bank === undefined) throw new Error('a CPU interface has at least one bank');
  const { dvir, activer, enabler, priorityr } = ppis;
  hardware.icsr.set(ppis.icsr.lo, ppis.icsr.hi);
  bank.setDvi(dvir.lo, dvir.hi);
  bank.setActive(activer.lo, activer.hi);
  bank.setEnable(enabler.lo, enabler.hi);
  bank.setPend(scratchPendr.lo & ~dvir.lo, scratchPendr.hi & ~dvir.hi);
  for (const [n, image] of priorityr.entries()) bank.setPriority(n, image.lo, image.hi);
  if (upper !== undefined) {
    upper.setDvi(0, 0);
    upper.setActive(0, 0);
    upper.setEnable(0, 0);
    upper.setPend(0, 0);
    for (let n = 0; n < priorityr.length; n++) upper.setPriority(n, 0, 0);
  }
  vcpu.vm.host.emit?.(
    {
      kind: 'hyp.restore',
      dvir: dvir.value,
      activer: bank.active.value,
      enabler: bank.enable.value,
      pendr: bank.pend.value,
    },
    vcpu.place,
  );
  hardware.reevaluate('el2write');
}

/** ENABLER, DVIR, APR and the index-1 registers are not read; direct injection ends with the exit. */
export function save({ ppis, vcpu }: VcpuVgicV5, cpu: HostCpu): void {
  const { interface: hardware, scratchPendr, scratchActiver } = cpu.hardwareV5;
  const [bank, upper] = hardware.banks;
  if (bank === undefined) throw new Error('a CPU interface has at least one bank');
  ppis.vmcr.set(hardware.vmcr.lo, hardware.vmcr.hi);
  ppis.icsr.set(hardware.icsr.lo, hardware.icsr.hi);
  scratchActiver.set(bank.active.lo, bank.active.hi);
  // The register shows the physical PPI's bit where injection is direct.
  scratchPendr.set(bank.pendingNow.lo, bank.pendingNow.hi);
  for (const [n, image] of ppis.priorityr.entries()) {
    const register = bank.priority[n];
    image.set(register?.lo ?? 0, register?.hi ?? 0);
  }
  bank.setDvi(0, 0);
  upper?.setDvi(0, 0);
  vcpu.vm.host.emit?.(
    {
      kind: 'hyp.save',
      vmcr: ppis.vmcr.value,
      activer: scratchActiver.value,
      pendr: scratchPendr.value,
    },
    vcpu.place,
  );
  hardware.reevaluate('dviSwitch');
}

/**
 * Edges are ORed back: one that arrived while the guest ran set the latch, one not yet acknowledged is still in the
 * scratch, and either keeps it alive. The active image takes all 64 bits, hidden PPIs' too; the shadow only exposed
 * ones.
 */
export function fold({ ppis, vm, vcpu }: VcpuVgicV5, cpu: HostCpu): void {
  const maskLo = vm.ppiMask.lo;
  const maskHi = vm.ppiMask.hi;
  const { scratchActiver: exitActive, scratchPendr: pendr } = cpu.hardwareV5;
  const { active, activer, level, pendingLatch: latch } = ppis;
  active.set((active.lo & ~maskLo) | (exitActive.lo & maskLo), (active.hi & ~maskHi) | (exitActive.hi & maskHi));
  const edgesLo = pendr.lo & maskLo & ~level.lo;
  const edgesHi = pendr.hi & maskHi & ~level.hi;
  const setLo = edgesLo & ~latch.lo;
  const setHi = edgesHi & ~latch.hi;
  latch.set(latch.lo | edgesLo, latch.hi | edgesHi);
  activer.set(exitActive.lo, exitActive.hi);
  vcpu.vm.host.emit?.(
    {
      kind: 'hyp.fold',
      activer: activer.value,
      edgePendr: join(edgesLo, edgesHi),
      latchesSet: join(setLo, setHi),
    },
    vcpu.place,
  );
}

function join(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}
