/**
 * A vCPU's PPIs as its guest has them, in slots that stay the same wherever the vCPU is: in the guest the truth is in
 * a CPU's registers, outside it is in images and shadow, and after a migration in another CPU's registers. Whoever
 * records a VM calls `update` when an event is reported, before it stores the event; then the event owns these
 * changes too. The emulator itself neither reads nor writes them.
 *
 * Outside the guest a directly injected timer is pending when its condition is met, another directly injected PPI as
 * its wire last was.
 * Cost: some forty array reads, and writes of what changed.
 */
import { type Bank } from '../../gic/v5/bank.ts';
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

export class GuestView {
  readonly gic: VcpuVgicV5;
  /** Bitmaps of PPIs 0 … 63. */
  readonly pending: Cell;
  readonly active: Cell;
  readonly enabled: Cell;
  /** Pending, enabled and not active, but nothing is signalled: held back by a mask, a running priority or CR0. */
  readonly masked: Cell;
  /** As ICC_PPI_PRIORITYR0 … 7: eight PPIs each, one byte per PPI. */
  readonly priority: readonly Cell[];

  constructor(gic: VcpuVgicV5) {
    const { vcpu } = gic;
    const claim = new CellClaim(vcpu.vm.host.journal, `${vcpu.vm.vcpuPrefix(vcpu.index)}guest.`);
    this.gic = gic;
    this.pending = claim.register('ICC_PPI_SPENDR0_EL1');
    this.active = claim.register('ICC_PPI_SACTIVER0_EL1');
    this.enabled = claim.register('ICC_PPI_ENABLER0_EL1');
    this.masked = claim.cell('masked');
    this.priority = gic.ppis.priorityr.map((_, n) => claim.register(`ICC_PPI_PRIORITYR${n}_EL1`));
  }

  /** Is there a PPI that becomes pending by time alone: a directly injected timer while the vCPU is outside the guest? */
  get followsTime(): boolean {
    const { vcpu, ppis } = this.gic;
    return !vcpu.inGuest && vcpu.timers.direct.some(({ spec }) => ppis.dvir.has(spec.ppi));
  }

  update(): void {
    const hardware = this.gic.vcpu.cpu?.interface;
    const bank = hardware?.banks[0];
    if (hardware !== undefined && bank !== undefined && this.gic.vcpu.inGuest)
      this.#fromHardware(bank, hardware.signal.flag);
    else this.#fromShadow(bank);
  }

  /** As `update`, when nothing but the interface's signal has changed since. */
  updateMasked(): void {
    const { vcpu } = this.gic;
    const hardware = vcpu.inGuest ? vcpu.cpu?.interface : undefined;
    const bank = hardware?.banks[0];
    if (hardware !== undefined && bank !== undefined) this.#setMasked(bank, hardware.signal.flag);
  }

  #fromHardware(bank: Bank, signalled: boolean): void {
    const { pendingNow, active, enable, priority } = bank;
    this.pending.set(pendingNow.lo, pendingNow.hi);
    this.active.set(active.lo, active.hi);
    this.enabled.set(enable.lo, enable.hi);
    this.#setPriorities(priority);
    this.#setMasked(bank, signalled);
  }

  #setMasked({ pendingNow, enable, active }: Bank, signalled: boolean): void {
    if (signalled) this.masked.set(0, 0);
    else this.masked.set(pendingNow.lo & enable.lo & ~active.lo, pendingNow.hi & enable.hi & ~active.hi);
  }

  #fromShadow(bank: Bank | undefined): void {
    const { ppis, vm } = this.gic;
    const { pendingLatch, lineLevel, level, dvir, activer, enabler } = ppis;
    const { ppiMask } = vm;
    const wire = bank?.physical ?? this.pending;
    // One write: a bit that was cleared and set again would count as an edge of the event.
    let lo = ((pendingLatch.lo | (lineLevel.lo & level.lo)) & ~dvir.lo & ppiMask.lo) | (wire.lo & dvir.lo);
    let hi = ((pendingLatch.hi | (lineLevel.hi & level.hi)) & ~dvir.hi & ppiMask.hi) | (wire.hi & dvir.hi);
    const { timers, cpu } = this.gic.vcpu;
    for (const timer of timers.direct) {
      const { ppi } = timer.spec;
      if (!dvir.has(ppi)) continue;
      const bit = 1 << (ppi & 31);
      const fires = timers.shouldFire(timer, cpu);
      if (ppi < 32) lo = fires ? lo | bit : lo & ~bit;
      else hi = fires ? hi | bit : hi & ~bit;
    }
    this.pending.set(lo, hi);
    this.active.set(activer.lo, activer.hi);
    this.enabled.set(enabler.lo, enabler.hi);
    this.#setPriorities(ppis.priorityr);
    // Outside the guest nothing is signalled to it, and nothing is held back by it either.
    this.masked.set(0, 0);
  }

  #setPriorities(from: readonly Cell[]): void {
    for (let n = 0; n < this.priority.length; n++) this.priority[n]?.set(from[n]?.lo ?? 0, from[n]?.hi ?? 0);
  }
}
