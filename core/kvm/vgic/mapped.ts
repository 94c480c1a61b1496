/**
 * Interrupts that are bound to a host interrupt (kvm-vgic-v3 §9): their input is sampled, their physical state follows.
 * Host interrupt h has the hardware INTID h − 100; hosts below 100 do not exist here.
 */
import { EAGAIN, EEXIST, EINVAL, type Result } from '../errno.ts';
import { type KvmEvent } from '../events.ts';
import { FIRST_PPI, FIRST_SPI, type Irq } from './irq.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { type VgicVm } from './vm-state.ts';

export const HOST_IRQ_BASE = 100;

export function setPhysicalActive(vgic: VgicVm, irq: Irq, active: boolean): void {
  tell(vgic, irq, { kind: 'physical.active', intid: irq.intid, pintid: irq.hwIntid, on: active });
}

export function setPhysicalPending(vgic: VgicVm, irq: Irq, pending: boolean): void {
  driveWire(vgic, irq.hwIntid, pending);
  tell(vgic, irq, { kind: 'physical.pending', intid: irq.intid, pintid: irq.hwIntid, on: pending });
}

/** A private interrupt's happens to its vCPU, whoever asks for it. */
function tell(vgic: VgicVm, irq: Irq, event: KvmEvent): void {
  const { emit } = vgic.vm.host;
  const owner = irq.intid < FIRST_SPI ? vgic.vcpu(irq.target) : undefined;
  emit?.(event, (owner?.vcpu ?? vgic.vm).place);
}

/** The pending state of a physical interrupt changes by itself. */
export function driveWire(vgic: VgicVm, pintid: number, level: boolean): void {
  vgic.physicalPending[pintid >>> 6]?.put(pintid & 63, level);
}

/**
 * A vCPU is scheduled in: a direct timer whose interrupt the guest still handles, or whose output is high, is physically
 * active from the start, so that its interrupt does not take the vCPU out again at once (kvm-vgic-v3 §13.2).
 */
export function loadTimers(self: VgicVcpu): void {
  const { vgic, privates } = self;
  for (let ppi = FIRST_PPI; ppi < FIRST_SPI; ppi++) {
    const irq = privates[ppi];
    if (irq?.isMappedLevel === true && irq.hasCallback)
      self.vcpu.emit({
        kind: 'timer.physicalActive',
        intid: irq.intid,
        pintid: irq.hwIntid,
        on: irq.active || vgic.sampler(self, irq.intid),
      });
  }
}

/** The level of the device, as its callback or the host's controller tells it. */
export function sample(vgic: VgicVm, irq: Irq): boolean {
  if (irq.hasCallback) return vgic.executing !== undefined && vgic.sampler(vgic.executing, irq.intid);
  return vgic.physicalPending[irq.hwIntid >>> 6]?.has(irq.hwIntid & 63) ?? false;
}

/** Does the host leave deactivation to software? */
export function needsResample(vgic: VgicVm, irq: Irq): boolean {
  return irq.hasCallback && vgic.vm.host.facts.v3SoftwareResample === true;
}

/** After a fold (§9): lowers the memory of the line, or lets the physical interrupt fire again. */
export function resample(vgic: VgicVm, irq: Irq, deactivated: boolean, pending: boolean): void {
  if (!irq.isMappedLevel) return;
  let drop = false;
  if (needsResample(vgic, irq)) {
    drop = !(irq.active || irq.latch);
  } else if (pending || (deactivated && irq.line)) {
    irq.line = sample(vgic, irq);
    drop = !irq.line;
  }
  if (drop) setPhysicalActive(vgic, irq, false);
}

// --- calls of in-kernel devices ---------------------------------------------------------------------------------

/** §13.4. `owner` 0 is userspace. */
export function setOwner(vgic: VgicVm, vcpu: VgicVcpu | undefined, intid: number, owner: number): Result {
  if (!vgic.vm.initialized.flag) return -EAGAIN;
  const isPpi = intid >= 16 && intid < 32;
  const irq = isPpi || vgic.isSpi(intid) ? vgic.lookup(vcpu, intid) : undefined;
  if (irq === undefined) return -EINVAL;
  if (irq.owner !== 0 && irq.owner !== owner) return -EEXIST;
  irq.owner = owner;
  return 0;
}

/** Binds to host interrupt `host`; `callback` attaches the device's line. */
export function map(vgic: VgicVm, irq: Irq | undefined, host: number, callback: boolean): Result {
  if (irq === undefined || host < HOST_IRQ_BASE) return -EINVAL;
  irq.bind(host - HOST_IRQ_BASE);
  irq.hasCallback = callback;
  tell(vgic, irq, { kind: 'irq.bound', intid: irq.intid, pintid: host - HOST_IRQ_BASE });
  return 0;
}

export function unmap(vgic: VgicVm, irq: Irq | undefined): Result {
  if (!vgic.vm.initialized.flag) return -EAGAIN;
  if (irq === undefined) return -EINVAL;
  irq.bind(undefined);
  irq.hasCallback = false;
  return 0;
}

/** A reset of the device behind it. */
export function resetMapped(irq: Irq | undefined): void {
  if (!irq?.hw) return;
  irq.active = false;
  irq.latch = false;
  irq.line = false;
}
