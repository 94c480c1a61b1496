/** How ITSs and LPIs become events: commands with their outcome, messages, configurations read, tables moved. */
import { type ItsEvent } from '../../kvm/events.ts';
import { type Detail } from '../../trace/kinds.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { hexOf, resultOf, type Rows } from './scribe.ts';

/** Addresses and the vCPU ids of targets as text, the rest as it is. */
function detailOf(fields: Extract<ItsEvent, { kind: 'its.command' }>['fields']): Detail {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? hexOf(value) : value]),
  );
}

export const ITS: Rows<ItsEvent['kind']> = {
  'its.command': (s, { its, command, outcome, fields }, place) =>
    s.put('kvm.step', 'hypervisor', place, { step: `ITS ${command}` }, { its, ...detailOf(fields), outcome }),
  'its.message': (s, { its, device, event, intid, how, by }, place) => {
    const lpi = intid === undefined ? undefined : intidOfKvm(intid);
    const origin = by === 'INT' ? 'guest' : 'device';
    const detail = { its, device, event, translation: how };
    if (lpi === undefined) s.put('kvm.step', origin, place, { step: `${by} blocked` }, detail);
    else s.put('irq.inject', origin, place, { intid: lpi, level: true, cause: by }, detail);
  },
  'its.cacheDropped': (s, { its, translations }, place) =>
    s.put('kvm.step', 'hypervisor', place, { step: 'ITS cache dropped', value: BigInt(translations) }, { its }),
  'its.tables': (s, { its, op, result }, place) =>
    s.put('kvm.step', 'userspace', place, { step: `ITS ${op}`, argument: resultOf(result) }, { its }),
  'lpi.configured': (s, { intid, priority, enabled }, place) => {
    const lpi = intidOfKvm(intid);
    if (lpi === undefined) return;
    s.put('irq.configure', 'hypervisor', place, { intid: lpi, what: 'priority', value: BigInt(priority) });
    s.put('irq.configure', 'hypervisor', place, { intid: lpi, what: 'enabled', value: enabled ? 1n : 0n });
  },
};
