/**
 * The list of a VM's SPIs that were injected and not yet found consumed (kvm-vgic-v5-spi §9), as a chain through the
 * SPIs' slots: first, last, next. Order of insertion; one list per VM.
 *
 * Invariant: an SPI is on the list exactly when its `member` is not 0, and both change only under the locks spiApList
 * and irq. A scan at every exit of any vCPU asks the hardware about each member and removes those that are neither
 * pending nor active anywhere; it costs one hypervisor call per member.
 */
import { ACTIVE, icsrOf, PENDING } from '../../../gic/v5/irs/iste.ts';
import { type Vcpu } from '../../vcpu.ts';
import { type Spi } from './spi.ts';
import { type VmIrs } from './vm-irs.ts';

/** vCPU 0, whoever the guest targets: only a mark of membership (§7.5). */
const MEMBER = 1;

/** Ends an injection: the SPI's lock is held on entry, not on return. */
export function queueAndUnlock(irs: VmIrs, spi: Spi): void {
  const { locks, behaviour } = irs;
  if (behaviour.spiList === 'none' || spi.member !== 0) {
    locks.releaseIrq(spi);
    return;
  }
  // The list's lock comes before the SPI's, so the latter is given up and everything is looked at again.
  locks.releaseIrq(spi);
  irs.passGap();
  locks.acquire('spiApList');
  locks.acquireIrq(spi);
  if (spi.member !== 0) {
    locks.releaseIrq(spi);
    locks.release('spiApList');
    locks.acquireIrq(spi);
    queueAndUnlock(irs, spi);
    return;
  }
  append(irs, spi);
  locks.releaseIrq(spi);
  locks.release('spiApList');
}

/** Both locks are held. */
function append(irs: VmIrs, spi: Spi): void {
  const last = irs.spi(irs.last.lo - 1);
  if (last === undefined) irs.first.set(spi.number + 1);
  else last.next = spi.number;
  irs.last.set(spi.number + 1);
  irs.length.set(irs.length.lo + 1);
  spi.member = MEMBER;
  irs.emit({ kind: 'aplist.add', intid: spi.intid, length: irs.length.lo });
}

function remove(irs: VmIrs, spi: Spi, before: Spi | undefined): void {
  const { next } = spi;
  if (before === undefined) irs.first.set(next + 1);
  else before.next = next;
  if (next < 0) irs.last.set(before === undefined ? 0 : before.number + 1);
  spi.next = -1;
  spi.member = 0;
  irs.length.set(irs.length.lo - 1);
  irs.emit({ kind: 'aplist.remove', intid: spi.intid, length: irs.length.lo });
}

/** At an exit of any vCPU (§9.3). */
export function scan(irs: VmIrs, vcpu: Vcpu | undefined): void {
  if (irs.behaviour.spiList === 'none' || !irs.vm.initialized.flag) return;
  irs.as(vcpu, () => (irs.behaviour.spiList === 'h1' ? scanHoldingLocks(irs) : scanAgain(irs)));
}

/** First posting: notify while both locks are held, then remove, then go on with the next. */
function scanHoldingLocks(irs: VmIrs): void {
  irs.locks.acquire('spiApList');
  let before: Spi | undefined;
  for (let spi = irs.spi(irs.first.lo - 1); spi !== undefined;) {
    const next = irs.spi(spi.next);
    irs.locks.acquireIrq(spi);
    readBack(irs, spi);
    if (!spi.active && !spi.isPending) {
      irs.listeners.notifyAcked(spi.number);
      remove(irs, spi, before);
    } else before = spi;
    irs.locks.releaseIrq(spi);
    spi = next;
  }
  irs.locks.release('spiApList');
}

/** Third posting: remove, drop the locks, notify, and start again from the head. */
function scanAgain(irs: VmIrs): void {
  for (let again = true; again;) {
    again = false;
    irs.locks.acquire('spiApList');
    let before: Spi | undefined;
    for (let spi = irs.spi(irs.first.lo - 1); spi !== undefined; spi = irs.spi(spi.next)) {
      irs.locks.acquireIrq(spi);
      const pendingInHardware = readBack(irs, spi);
      if (!spi.active && !pendingInHardware && !spi.isPending) {
        remove(irs, spi, before);
        irs.locks.releaseIrq(spi);
        irs.locks.release('spiApList');
        irs.listeners.notifyAcked(spi.number);
        again = true;
        break;
      }
      irs.locks.releaseIrq(spi);
      before = spi;
    }
    if (!again) irs.locks.release('spiApList');
  }
}

/** VDRCFG into KVM's own copy; a failure reads as neither pending nor active. Gives whether hardware has it pending. */
function readBack(irs: VmIrs, spi: Spi): boolean {
  const word = irs.host.vdrcfg(irs.vmId.lo, spi.intid);
  const pending = word !== undefined && (word & PENDING) !== 0;
  const active = word !== undefined && (word & ACTIVE) !== 0;
  spi.active = active;
  if (!spi.isLevel) spi.latch = pending;
  else if (!pending && !active) spi.latch = false;
  irs.emit({ kind: 'gic.vdrcfg', intid: spi.intid, icsr: icsrOf(word) });
  if (word === undefined) irs.emit({ kind: 'gic.vdrcfg.fault', intid: spi.intid });
  return pending;
}

/** Puts on the list what a restored table shows as pending or active, in order of number (§11.5, H3). */
export function rebuildList(irs: VmIrs): void {
  if (irs.behaviour.spiList !== 'h3') return;
  for (let number = 0; number < irs.nrSpis.lo; number++) {
    const spi = irs.spi(number);
    if (spi === undefined) continue;
    irs.locks.with('spiApList', () =>
      irs.locks.withIrq(spi, () => {
        readBack(irs, spi);
        const word = irs.word(spi.intid) ?? 0;
        if ((word & (PENDING | ACTIVE)) !== 0 && spi.member === 0) append(irs, spi);
      }),
    );
  }
}
