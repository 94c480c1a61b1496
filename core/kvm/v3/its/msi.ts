/** From a DeviceID and an EventID to an LPI that becomes pending (kvm-vgic-v3 §15.3). */
import { queue } from '../../vgic/queue.ts';
import { lpisEnabled } from '../lpi-tables.ts';
import { type Its } from './its.ts';
import { type EventMapping } from './mappings.ts';

/** What became of a message. */
export type Translation = 'cached' | 'translated' | 'unmapped' | 'itsDisabled' | 'lpisDisabled';

/** Translates without the cache, and fills it. Who sends: `INT` the command, `MSI` a device. */
export function triggerMsi(its: Its, device: number, event: number, by: 'INT' | 'MSI'): Translation {
  const mapping = its.event(device, event);
  const how = resolve(its, mapping);
  if (mapping !== undefined && how === 'translated') its.cache(mapping);
  raise(its, device, event, how === 'translated' ? mapping : undefined, how, by);
  return how;
}

function resolve(its: Its, mapping: EventMapping | undefined): Translation {
  if (!its.enabled.flag) return 'itsDisabled';
  const target = mapping && its.targetOf(its.collectionOf(mapping));
  if (target === undefined) return 'unmapped';
  return lpisEnabled(target) ? 'translated' : 'lpisDisabled';
}

/** Reports the message, then makes its LPI pending; undefined: none. */
export function raise(
  its: Its,
  device: number,
  event: number,
  mapping: EventMapping | undefined,
  how: Translation,
  by: 'INT' | 'MSI',
): void {
  const lpi = mapping && its.vgic.lpis.pooled(mapping.lpi);
  if (lpi !== undefined) lpi.latch = true;
  its.tell({ kind: 'its.message', its: its.index, device, event, intid: lpi?.intid, how, by });
  if (lpi !== undefined) queue(its.vgic, lpi);
}
