/** Creation and initialisation of the interrupts and CPU interfaces (kvm-vgic-v3 §3.2, §3.3). */
import { EBUSY, type Result } from '../errno.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { DEFAULT_SPIS, type VgicVm } from './vm-state.ts';

const SGIS = 16;

/** The private interrupts of one vCPU: SGIs edge and enabled, PPIs level. */
export function allocatePrivates(self: VgicVcpu): void {
  const { flavour } = self.vgic;
  const routing = flavour.privateRouting(self);
  for (const irq of self.privates)
    irq.reset({
      enabled: irq.intid < SGIS,
      level: irq.intid >= SGIS,
      group: flavour.initialGroup,
      target: self.index,
      routing,
    });
  self.allocated.flag = true;
}

/** CTRL_INIT. */
export function initialise(vgic: VgicVm): Result {
  const { vm, flavour } = vgic;
  if (vm.initialized.flag) return 0;
  if (vm.vcpuCreationHalfDone) return -EBUSY;
  if (vgic.nrSpis.lo === 0) vgic.nrSpis.set(DEFAULT_SPIS);
  vgic.reserveSpis(vgic.nrSpis.lo);
  for (let n = 0; n < vgic.nrSpis.lo; n++)
    vgic.spi(32 + n).reset({ enabled: false, level: false, group: flavour.initialGroup, target: 0, routing: 0 });
  for (const vcpu of vgic.vcpus) enableInterface(vcpu);
  vgic.listener.initialised();
  vm.initialized.flag = true;
  vm.emit({ kind: 'vm.init', vcpus: vgic.vcpus.length, userspacePpis: 0n });
  return 0;
}

function enableInterface(self: VgicVcpu): void {
  const { flavour, vm } = self.vgic;
  const { priorityBits, idBits = 0 } = self.vgic.interfaceSize(vm.host.facts);
  self.vmcr.set(0);
  self.sre.set(flavour.sre);
  self.pendbaser.value = flavour.initialPendbaser;
  self.priorityBits.set(priorityBits);
  self.idBits.set(idBits);
}

/** Models that initialise themselves do so now (§3.3); the others are refused. */
export function lazyInit(vgic: VgicVm): Result {
  if (vgic.vm.initialized.flag) return 0;
  return vgic.flavour.lazyInit ? initialise(vgic) : -EBUSY;
}
