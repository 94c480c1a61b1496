/**
 * Where an interrupt goes and when (kvm-vgic-v3 §4 … §6): target, queueing on an AP list, kicks, pruning, order.
 */
import { type Result, EINVAL } from '../errno.ts';
import { type InputOutcome, type InputVia, type RemovalReason } from '../events.ts';
import { FIRST_SPI, type Irq, NONE } from './irq.ts';
import { type IrqFacts } from './irq-words.ts';
import { Lpi } from './lpi.ts';
import { vmcrPmr, VMCR } from '../../gic/v3/vmcr.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { type VgicVm } from './vm-state.ts';

/** §5.1: index of the vCPU that should see it now, or NONE. */
export function targetOf(
  vgic: { readonly enabled: { readonly flag: boolean } },
  irq: Pick<IrqFacts, 'active' | 'enabled' | 'pending' | 'holder' | 'target'>,
): number {
  if (irq.active) return irq.holder === NONE ? irq.target : irq.holder;
  if (!irq.enabled || !irq.pending) return NONE;
  return irq.target !== NONE && !vgic.enabled.flag ? NONE : irq.target;
}

/** Why `targetOf` of an interrupt that is not active is NONE. */
export function whyNowhere(
  { enabled }: { readonly enabled: { readonly flag: boolean } },
  irq: Pick<IrqFacts, 'enabled' | 'pending'>,
): RemovalReason {
  if (!irq.pending) return 'not pending';
  if (!irq.enabled) return 'disabled';
  return enabled.flag ? 'routed nowhere' : 'distributor off';
}

function kick(vgic: VgicVm, index: number): void {
  vgic.vcpu(index)?.vcpu.requestAndKick();
}

/** §5.2: puts `irq` on its target's list, or wakes the target. */
export function queue(vgic: VgicVm, irq: Irq): void {
  const target = targetOf(vgic, irq);
  if (irq.holder !== NONE || target === NONE) {
    // The request is still needed: a new edge must not wait for an unrelated exit of the vCPU (§5.2).
    if (target !== NONE) kick(vgic, target);
    return;
  }
  const list = vgic.vcpu(target);
  list?.append(irq);
  list?.vcpu.emit({ kind: 'ap.queue', intid: irq.intid, target });
  if (irq.isSpi && vgic.flavour.countsSpis && vgic.hasTdir) {
    const before = vgic.activeSpis.lo;
    vgic.activeSpis.set(before + 1);
    if (before === 0) {
      // Everybody must enter again, with DIR trapped.
      for (const { vcpu } of vgic.vcpus) vcpu.slots.irqPendingRequest.flag = true;
      vgic.vm.emit({ kind: 'vm.requestAll', request: 'irqPending' });
      return;
    }
  }
  kick(vgic, target);
}

/** `irq` left the list for good; an LPI that nobody maps any more is gone with it. */
function removed({ vgic, vcpu }: VgicVcpu, irq: Irq, why: RemovalReason): void {
  vcpu.emit({ kind: 'ap.remove', intid: irq.intid, from: vcpu.index, why });
  if (irq instanceof Lpi) vgic.lpis.settle(irq);
}

/** LPIs were disabled for this vCPU: they leave its list, whatever they wait for (gicv3-registers, GICR_CTLR). */
export function removeLpis(self: VgicVcpu): void {
  let before: Irq | undefined;
  for (let irq = self.first; irq !== undefined;) {
    const next = self.after(irq);
    if (irq instanceof Lpi) {
      self.remove(irq, before);
      removed(self, irq, 'LPIs disabled');
    } else before = irq;
    irq = next;
  }
}

/** §6.1 */
export function prune(self: VgicVcpu): void {
  const { vgic } = self;
  for (let again = true; again;) {
    again = false;
    let before: Irq | undefined;
    for (let irq = self.first; irq !== undefined;) {
      const next = self.after(irq);
      const target = targetOf(vgic, irq);
      if (target === self.index) {
        before = irq;
      } else {
        self.remove(irq, before);
        if (target === NONE) {
          removed(self, irq, whyNowhere(vgic, irq));
        } else {
          vgic.vcpu(target)?.append(irq);
          self.vcpu.emit({ kind: 'ap.migrate', intid: irq.intid, from: self.index, to: target });
          kick(vgic, target);
          again = true;
          break;
        }
      }
      irq = next;
    }
  }
  self.lastLr.set(0);
}

function groupEnabled(vmcr: number, group: 0 | 1): boolean {
  return (vmcr & (group === 1 ? VMCR.ENG1 : VMCR.ENG0)) !== 0;
}

/** §5.3: five keys, the first difference decides. */
function sortKey(self: VgicVcpu, irq: Irq): number {
  const { vgic } = self;
  return (
    (targetOf(vgic, irq) === self.index ? 0 : 1 << 11) |
    (groupEnabled(self.vmcr.lo, irq.group) ? 0 : 1 << 10) |
    (irq.enabled && irq.pending && !irq.active ? 0 : 1 << 9) |
    (vgic.priorityOf(irq) << 1) |
    (irq.hw ? 0 : 1)
  );
}

/** Sorts `list`, the whole of it, stably; the answer is its new order. Cost: one look at each where it is in order. */
export function sortApList(self: VgicVcpu, list: readonly Irq[]): readonly Irq[] {
  const keys = list.map((irq) => sortKey(self, irq));
  if (keys.every((key, i) => i === 0 || (keys[i - 1] ?? 0) <= key)) return list;
  const order = Array.from(list.keys()).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
  const sorted = order.flatMap((index) => list[index] ?? []);
  self.reorder(sorted);
  return sorted;
}

/** §12.2: the WFI wake-up test, also the filter of kicks when the distributor is enabled. */
export function deliverable(self: VgicVcpu): boolean {
  if (!self.vgic.enabled.flag) return false;
  const pmr = vmcrPmr(self.vmcr.lo);
  for (let irq = self.first; irq !== undefined; irq = self.after(irq))
    if (irq.pending && irq.enabled && !irq.active && self.vgic.priorityOf(irq) < pmr) return true;
  return false;
}

/** A guest enabled the distributor: whoever has something deliverable is to look (§6.4). */
export function kickDeliverable(vgic: VgicVm): void {
  for (const vcpu of vgic.vcpus) if (deliverable(vcpu)) vcpu.vcpu.requestAndKick();
  tellUnqueued(vgic);
}

/** Reports the interrupts that nobody queues now that the distributor is on (§6.4, quirk 20). */
export function tellUnqueued(vgic: VgicVm): void {
  for (const vcpu of vgic.vcpus) for (const irq of vcpu.privates) tellIfUnqueued(vgic, irq);
  for (let n = 0; n < vgic.nrSpis.lo; n++) tellIfUnqueued(vgic, vgic.spi(FIRST_SPI + n));
  for (const lpi of vgic.lpis.all) tellIfUnqueued(vgic, lpi);
}

/** The same of one whose route changed (§6.3). */
export function tellIfUnqueued(vgic: VgicVm, irq: Irq): void {
  const target = targetOf(vgic, irq);
  if (target !== NONE && irq.holder === NONE)
    vgic.vcpu(target)?.vcpu.emit({ kind: 'irq.unqueued', intid: irq.intid, target });
}

/** What an input of `owner` (0: userspace) will do to an interrupt (§4.1). */
function inputOutcome(irq: Irq | undefined, level: boolean, owner: number): InputOutcome {
  if (irq === undefined) return 'badIntid';
  if (irq.owner !== owner) return 'foreignOwner';
  if (irq.isLevel) return irq.line === level ? 'unchanged' : 'accepted';
  if (!level) return 'fallingEdge';
  return irq.latch ? 'absorbed' : 'accepted';
}

export interface Input {
  readonly intid: number;
  readonly level: boolean;
  /** 0: userspace. */
  readonly owner: number;
  readonly via: InputVia;
}

/** §4.1. It is recorded for ignored injections too, and owns the change of the line or latch. */
export function inject(vgic: VgicVm, vcpu: VgicVcpu | undefined, { intid, level, owner, via }: Input): Result {
  const { vm } = vgic;
  if (!vm.initialized.flag) return 0;
  if (vcpu === undefined && intid < FIRST_SPI) return -EINVAL;
  const irq = vgic.lookup(vcpu, intid);
  const outcome = inputOutcome(irq, level, owner);
  const takes = outcome === 'accepted' || outcome === 'absorbed';
  if (takes && irq !== undefined) {
    if (irq.isLevel) irq.line = level;
    else irq.latch = true;
  }
  const owns = intid < FIRST_SPI ? vcpu?.vcpu : undefined;
  (owns ?? vm).emit({ kind: 'irq.updatePending', vcpu: vcpu?.index ?? 0, intid, level, via, outcome });
  if (irq === undefined) return -EINVAL;
  if (takes) queue(vgic, irq);
  return 0;
}
