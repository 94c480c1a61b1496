/** How interrupts as KVM keeps them, traps, timers and the host become events. */
import { CNTV, PMUIRQ, ppiIntid } from '../../gic/v5/ppi.ts';
import { type HostEvent, type IrqEvent, type TrapEvent } from '../../kvm/events.ts';
import { type Place } from '../../kvm/place.ts';
import { type Detail, type Timer } from '../../trace/kinds.ts';
import { intidOfKvm } from './cpuif.ts';
import { textsOfWord } from './detail-texts.ts';
import { eventType } from './event-type.ts';
import { intidOfKvm as intidOfFlat } from './flat-interrupts.ts';
import { hexOf, type Rows, type Scribe } from './scribe.ts';

const STEP = eventType('kvm.step', 'hypervisor');
const OF_PPI = eventType('kvm.irq', 'hypervisor');
const EVENT = eventType('host.event', 'hypervisor');
const ofTimer = textsOfWord('timer');
const refusals = new Map<string, string>();

function step(s: Scribe, place: Place, name: string, ppi: number, detail?: Detail): void {
  s.put('kvm.irq', 'hypervisor', place, { step: name, intid: ppiIntid(ppi) }, detail);
}

/** The detail of a refused injection: a PMU's comes with every entry (kvm-vgic-v5 §20). */
function refusal({ level, owner, reason }: Extract<IrqEvent, { kind: 'irq.inject' }>): string {
  const key = `${level ? 1 : 0} ${owner} ${reason}`;
  let text = refusals.get(key);
  if (text === undefined) refusals.set(key, (text = JSON.stringify({ reason, level, owner })));
  return text;
}

export const IRQ: Rows<IrqEvent['kind']> = {
  'irq.inject': (s, event, place) => {
    const { intid, level, owner, accepted } = event;
    if (accepted) s.put('irq.inject', 'hypervisor', place, { intid: intidOfKvm(intid), level, cause: owner });
    else s.brief(OF_PPI, place, 'injectRefused', 0, undefined, intidOfKvm(intid), refusal(event));
  },
  'irq.cpuLine': (s, { line, level }, place) =>
    s.put('host.event', 'userspace', place, {
      event: line === 0 ? 'CPU IRQ line' : 'CPU FIQ line',
      value: level ? 1n : 0n,
    }),
  'irq.listed': (s, { ppi }, place) => step(s, place, 'listed', ppi),
  'irq.enabled': (s, { ppi, after }, place) =>
    s.put('irq.configure', 'hypervisor', place, { intid: ppiIntid(ppi), what: 'enabled', value: after ? 1n : 0n }),
  'irq.owner': (s, { ppi, owner }, place) => step(s, place, 'owner', ppi, { owner }),
  'irq.map': (s, { ppi, hostPpi }, place) => step(s, place, 'map', ppi, { hostPpi }),
  'irq.unmap': (s, { ppi }, place) => step(s, place, 'unmap', ppi),
  'irq.resetMapped': (s, { ppi }, place) => step(s, place, 'resetMapped', ppi),
  'irq.ops': (s, { ppi, before, after }, place) => step(s, place, 'operations', ppi, { before, after }),
  'dvi.change': (s, { ppi, on, dvir }, place) => step(s, place, 'directInjection', ppi, { on, dvir: hexOf(dvir) }),
};

export const TRAP: Rows<TrapEvent['kind']> = {
  'trap.sysreg': (s, { register, direction, value, stored }, place) => {
    const pc = s.pc(place);
    s.put(
      'kvm.trap',
      'guest',
      place,
      { what: register, op: direction, value, ...(pc === undefined ? {} : { pc }) },
      stored === undefined ? undefined : { stored: hexOf(stored) },
    );
  },
  'trap.undef': (s, { what, via }, place) => {
    const pc = s.pc(place);
    const op = s.threadOf(place)?.system.operation ?? 'execute';
    s.put('kvm.trap', 'guest', place, { what, op, ...(pc === undefined ? {} : { pc }) }, { undefined: via });
  },
};

const timerOf = (ppi: number): Timer => TIMER_OF.get(ppi) ?? 'CNTP';
const TIMER_OF: ReadonlyMap<number, Timer> = new Map([
  [26, 'CNTHP'],
  [CNTV, 'CNTV'],
  [28, 'CNTHV'],
  [30, 'CNTP'],
]);
const TIMER_NAMES: readonly Timer[] = ['CNTP', 'CNTV', 'CNTHP', 'CNTHV'];

export const HOST: Rows<HostEvent['kind']> = {
  'timer.level': (s, { ppi, level }, place) => s.put('timer.line', 'hypervisor', place, { timer: timerOf(ppi), level }),
  'timer.write': (s, { register, value, direct }, place) => {
    const timer = TIMER_NAMES.find((name) => register.startsWith(`${name}_`)) ?? 'CNTP';
    const what = register.includes('_CTL_') ? 'control' : 'compare';
    s.put('timer.write', 'guest', place, { timer, what, value });
    const pc = s.pc(place);
    // A write to the hardware is told as an access by the machine.
    if (!direct)
      s.put('kvm.trap', 'guest', place, { what: register, op: 'write', value, ...(pc === undefined ? {} : { pc }) });
  },
  'timer.soft': (s, { timer, deadline }, place) => {
    const payload = deadline === undefined ? {} : { deadline };
    if (timer === 'ptimer') s.put('timer.deadline', 'hypervisor', place, { timer: 'CNTP', ...payload });
    else
      s.put('host.event', 'hypervisor', place, {
        event: deadline === undefined ? 'background timer cancelled' : 'background timer armed',
        ...(deadline === undefined ? {} : { value: deadline }),
      });
  },
  'timer.restored': (s, { timer }, place) =>
    s.brief(STEP, place, 'timerRestore', 0, undefined, undefined, ofTimer(timer)),
  'timer.saved': (s, { timer }, place) => s.brief(STEP, place, 'timerSave', 0, undefined, undefined, ofTimer(timer)),
  'pmu.write': (s, { overflow, interrupts, enabled }, place) =>
    s.put(
      'host.event',
      'device',
      place,
      { event: 'PMU', value: BigInt(overflow >>> 0), argument: BigInt(interrupts >>> 0) },
      { enabled },
    ),
  'pmu.level': (s, { intid, level }, place) => {
    const interrupt = intid === 0 ? ppiIntid(PMUIRQ) : intidOfFlat(intid);
    if (interrupt !== undefined) s.put('irq.line', 'device', place, { intid: interrupt, level });
  },
  'host.ppiMask': (s, { ppi, masked, cause }, place) =>
    s.put(
      'host.event',
      'hypervisor',
      place,
      { event: masked ? 'host PPI disabled' : 'host PPI enabled', value: BigInt(ppi) },
      { cause },
    ),
  'host.softTimer': (s, { timer }, place) =>
    s.put('host.event', 'hypervisor', place, {
      event: timer === 'ptimer' ? 'host timer fired' : 'background timer fired',
    }),
  // Time shows in the events themselves.
  'host.counter': () => undefined,
  'host.tasks': (s, { runnable }, place) => s.brief(EVENT, place, 'runnable tasks', 0, runnable),
  'host.warning': (s, { warning }, place) =>
    s.put('host.event', 'hypervisor', place, { event: 'kernel warning' }, { warning }),
};
