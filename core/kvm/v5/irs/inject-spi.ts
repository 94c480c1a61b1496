/**
 * Injection of an SPI (kvm-vgic-v5-spi §7.3 … §7.5): the line or latch changes on KVM's side, VDPEND carries it to the
 * table whether or not the vCPU runs, and in the profiles with a list the SPI is put on it. Nobody is kicked: a running
 * vCPU is told by hardware, a sleeping one by its doorbell.
 */
import { istTypeOf } from '../../../gic/v5/irs/iste.ts';
import { EINVAL, type Result } from '../../errno.ts';
import { type Owner, OWNERS } from '../../gic-model.ts';
import { queueAndUnlock } from './ap-list.ts';
import { type SpiInjectReason } from './events.ts';
import { type Spi } from './spi.ts';
import { type VmIrs } from './vm-irs.ts';

export interface Injection {
  readonly intid: number;
  readonly level: boolean;
  readonly owner: Owner;
}

export function injectSpi(irs: VmIrs, { intid, level, owner }: Injection): Result {
  if (!irs.vm.initialized.flag) return 0;
  if (istTypeOf(intid) === undefined) return -EINVAL;
  irs.emit({ kind: 'spi.inject', intid, level });
  const spi = irs.spiOf(intid);
  if (spi === undefined) return -EINVAL;
  irs.locks.acquireIrq(spi);
  const reason = whyIgnored(spi, level, owner);
  if (reason !== 'ok') {
    irs.locks.releaseIrq(spi);
    irs.emit({ kind: 'spi.inject.ignored', intid, level, reason });
    return 0;
  }
  if (spi.isLevel) spi.line = level;
  else spi.latch = true;
  setPending(irs, spi, level);
  queueAndUnlock(irs, spi);
  return 0;
}

function whyIgnored(spi: Spi, level: boolean, owner: Owner): SpiInjectReason {
  if (spi.owner !== OWNERS.indexOf(owner)) return 'owner';
  if (spi.isLevel) return spi.line === level ? 'noChange' : 'ok';
  return level ? 'ok' : 'edgeLow';
}

/** VDPEND with what KVM takes for pending, the lock still held (§7.4). */
function setPending(irs: VmIrs, spi: Spi, level: boolean): void {
  irs.vdpend(spi.intid, spi.isPending);
  // A latch from before the SPI became level-triggered keeps a low line pending (§10).
  if (spi.isLevel && !level && spi.latch) irs.emit({ kind: 'spi.latch.stuck', intid: spi.intid });
}
