/**
 * After an entry that differs: the emulated vCPU gets the recorded list registers and HCR, and its interrupts the
 * states that lead to them, so that one difference is counted once.
 */
import { HCR } from '../../../../gic/v3/vmcr.ts';
import { type Irq, NONE } from '../../../../kvm/vgic/irq.ts';
import { type GuestVm, type Seat } from './guest-vm.ts';
import { configure, type Loaded, loaded, loadedOf } from './stimuli.ts';
import { type Entry } from './world-switches.ts';

export function takeOver(vm: GuestVm, seat: Seat, entry: Entry): void {
  const { self, hardware } = seat;
  const { vgic } = vm;
  const hcr = Number(BigInt.asUintN(32, entry.hcr.value));
  const before = self.apList;
  for (const irq of before) self.remove(irq, undefined);
  const kept = new Set<Irq>();
  for (const one of loadedOf(entry)) {
    const irq = vgic.lookup(self, one.intid);
    if (irq === undefined || kept.has(irq)) continue;
    assume(irq, one, self.index);
    kept.add(irq);
  }
  // Without an overflow there is nothing beside the list registers.
  for (const irq of before) {
    if (kept.has(irq)) continue;
    irq.onLr = false;
    if ((hcr & HCR.UIE) !== 0) kept.add(irq);
    else irq.active = irq.latch = irq.line = false;
  }
  for (const irq of kept) {
    const holder = vgic.vcpu(irq.holder);
    const list = holder?.apList ?? [];
    if (irq.holder !== NONE) holder?.remove(irq, list[list.indexOf(irq) - 1]);
    self.append(irq);
  }
  const used = Math.max(0, ...[...entry.lrs.keys()].map((n) => n + 1));
  for (let n = 0; n < self.lr.length; n++) {
    const value = entry.lrs.get(n)?.value ?? 0n;
    for (const cell of [self.lr[n], hardware.lr[n]]) if (cell !== undefined) cell.value = value;
  }
  self.usedLrs.set(Math.min(used, self.lr.length));
  const last = entry.lrs.get(vgic.numLr - 1);
  self.lastLr.set(last === undefined ? 0 : loaded(last.value).intid + 1);
  self.hcr.set(hcr);
  hardware.hcr.set(hcr);
  if ((hcr & HCR.TDIR) === 0) vgic.activeSpis.set(0);
  else if ((hcr & HCR.LRENPIE) === 0 && vgic.activeSpis.lo === 0) vgic.activeSpis.set(1);
}

function assume(irq: Irq, one: Loaded, index: number): void {
  configure(irq, one);
  irq.enabled = true;
  irq.target = index;
  irq.active = one.active;
  irq.onLr = true;
  // What loading takes from memory is taken (§7.1).
  irq.latch = one.pending && one.isLevel && one.physical === undefined;
  irq.line = false;
}
