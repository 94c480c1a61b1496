/** What holds of every GICv3 or GICv2 VM at any moment (kvm-vgic-v3 §2.4). */
import { LR_STATE } from '../../core/gic/v3/list-register.ts';
import { type Irq } from '../../core/kvm/vgic/irq.ts';
import { type V3Lab } from '../conformance/v3-lab.ts';

function* allIrqs({ vgic, vm }: V3Lab): Generator<[number, Irq]> {
  for (const { index } of vm.vcpus)
    for (const irq of vgic.attach(vm.vcpus[index] ?? vmless()).privates) yield [index, irq];
  for (let intid = 32; intid < 64; intid++) yield [-1, vgic.spi(intid)];
}

function vmless(): never {
  throw new Error('a vCPU that exists has a part');
}

/** The first of invariants 1, 2 and 4 of §2.4, or of the agreement of list registers with AP lists, that does not hold. */
export function violation(lab: V3Lab): string | undefined {
  const on = new Map<Irq, number>();
  for (const { index } of lab.vm.vcpus)
    for (const irq of lab.at(index).self.apList) {
      if (on.has(irq)) return `${irq.intid} is on two lists`;
      on.set(irq, index);
    }
  for (const [owner, irq] of allIrqs(lab)) {
    const { intid, holder } = irq;
    if (holder !== (on.get(irq) ?? -1)) return `${intid} is held by ${holder} and on the list of ${on.get(irq) ?? -1}`;
    if (owner >= 0 && holder >= 0 && holder !== owner) return `${intid} of ${owner} is on the list of ${holder}`;
    if (irq.onLr && !lab.at(holder).vcpu.inGuest) return `${intid} is in a list register of a vCPU outside the guest`;
    if ((irq.priority & 7) !== 0) return `${intid} has priority ${irq.priority}`;
  }
  for (const { index, inGuest } of lab.vm.vcpus) {
    const { self, hardware } = lab.at(index);
    // A GICv2’s list registers name the sender of an SGI too.
    const names = lab.vgic.flavour.sgiSources ? 0x3ff : 0xffff_ffff;
    const loaded = hardware.lr.filter((cell) => (cell.hi & LR_STATE) !== 0).map((cell) => cell.lo & names);
    if (new Set(loaded).size !== loaded.length)
      return `list registers of ${index} name one twice: ${loaded.join(', ')}`;
    if (!inGuest && loaded.length > 0) return `vCPU ${index} is outside the guest, its list registers are not empty`;
    const stranger = loaded.find((intid) => self.listed(intid)?.holder !== index);
    if (stranger !== undefined) return `${stranger} is loaded on ${index} and not on its list`;
  }
  return undefined;
}
