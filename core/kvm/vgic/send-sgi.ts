/**
 * An SGI becomes pending on its targets, whatever register sent it (kvm-vgic-v3 §4.2, §10.2). What became of it on each
 * is told with the register: the kernel has no trace of it, and an IPI that is lost is lost here.
 */
import { type Irq, NONE } from './irq.ts';
import { queue, targetOf } from './queue.ts';
import { type VgicVcpu } from './vcpu-state.ts';

export interface Sgi {
  /** What the guest wrote. */
  readonly register: string;
  readonly value: bigint;
  readonly sgi: number;
  /** In the order in which they are served. */
  readonly targets: readonly VgicVcpu[];
  /** Aff0 of a target list, or bits of a mask, where there is no vCPU. */
  readonly nobody: readonly number[];
  /** Does it reach SGIs of group 1? */
  readonly reachesGroup1: boolean;
}

export function sendSgi(self: VgicVcpu, { targets, reachesGroup1, ...sent }: Sgi): void {
  const { vgic } = self;
  const sender = vgic.flavour.sgiSources ? 1 << self.vcpu.id : 0;
  const irqs: Irq[] = [];
  const to: number[] = [];
  const filtered: number[] = [];
  const absorbed: number[] = [];
  const off: number[] = [];
  for (const target of targets) {
    const irq = vgic.lookup(target, sent.sgi);
    if (irq === undefined) continue;
    if (irq.group === 1 && !reachesGroup1) {
      filtered.push(target.index);
      continue;
    }
    irqs.push(irq);
    to.push(target.index);
    if (sender === 0 ? irq.latch : (irq.source & sender) !== 0) absorbed.push(target.index);
    if (target.vcpu.slots.poweredOff.flag) off.push(target.index);
  }
  self.vcpu.emit({ kind: 'sgi.send', ...sent, to, filtered, absorbed, off });
  for (const irq of irqs) raise(self, irq, sender, sent.register);
}

function raise({ vgic }: VgicVcpu, irq: Irq, sender: number, cause: string): void {
  const isNew = sender === 0 ? !irq.latch : (irq.source & sender) === 0;
  irq.latch = true;
  if (sender !== 0) irq.source |= sender;
  // Where it is queued now, that event owns the latch.
  if (isNew && (irq.holder !== NONE || targetOf(vgic, irq) === NONE))
    vgic.vcpu(irq.target)?.vcpu.emit({ kind: 'irq.latched', intid: irq.intid, cause });
  queue(vgic, irq);
}
