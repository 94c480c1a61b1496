/** How the guest's own steps and the scheduler's become events. */
import { type MachineEvent } from '../../machine/events.ts';
import { hexOf, type Rows } from './scribe.ts';

export const MACHINE: Rows<MachineEvent['kind']> = {
  'guest.access': (s, { register, op, lo, hi }, place) => s.access('guest', place, register, op, lo, hi, true),
  'guest.exception': (s, { exception, from, to }, place) => {
    if (exception === 'irq') s.put('irq.taken', 'hardware', place, { from, to });
    else s.put('other', 'guest', place, { event: `exception ${exception}` }, { from: hexOf(from), to: hexOf(to) });
  },
  'guest.wfi': (s, { wfe, pc }, place) => s.put('vcpu.idle', 'guest', place, { wfe, pc }),
  'guest.label': (s, { label, pc, count }, place) =>
    s.put('other', 'guest', place, { event: `label ${label}` }, { pc: hexOf(pc), count }),
  'guest.psci': (s, { function: name, x0, x1, result }, place) =>
    s.put('psci.call', 'guest', place, { function: name, x0, x1 }, { result: hexOf(result) }),
  'host.migrate': (s, { from, to }, place) =>
    s.put('host.event', 'hypervisor', place, { event: 'migrate', value: BigInt(from), argument: BigInt(to) }),
  'host.vcpu': (s, { action }, place) => s.put('host.event', 'userspace', place, { event: `vCPU ${action}` }),
  'host.wire': (s, { ppi, level }, place) =>
    s.put('host.event', 'device', place, { event: 'wire', value: BigInt(ppi), argument: level ? 1n : 0n }),
  'machine.halt': (s, { reason }, place) => s.put('host.event', 'hypervisor', place, { event: `machine ${reason}` }),
};
