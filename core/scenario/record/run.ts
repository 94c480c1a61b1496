/**
 * How the run loop becomes events. A step of KVM is one event that owns its changes; the registers that it reads and
 * writes follow as accesses of the hypervisor.
 */
import { type RunEvent } from '../../kvm/events.ts';
import { type Place } from '../../kvm/place.ts';
import { type Payload } from '../../trace/kinds.ts';
import { textsOfNumbers, textsOfWord } from './detail-texts.ts';
import { eventType } from './event-type.ts';
import { highOf, lowOf, type Rows, type Scribe } from './scribe.ts';

const STEP = eventType('kvm.step', 'hypervisor');
const ENTRY = eventType('vcpu.entry', 'hypervisor');
const EXIT = eventType('vcpu.exit', 'hypervisor');
const LOAD = eventType('vcpu.load', 'hypervisor');
const PUT = eventType('vcpu.put', 'hypervisor');

const requested = textsOfWord('request');
const reasoned = textsOfWord('reason');
const caused = textsOfWord('cause');
const woken = textsOfWord('wakeReason');
const kicked = textsOfNumbers((blocked, inGuest) => ({ blocked: blocked !== 0, inGuest: inGuest !== 0 }));
const trapping = textsOfNumbers((instruction) => ({ instruction: `0x${instruction.toString(16)}` }));
const WFI = { enter: 'wfi enter', block: 'wfi block', exit: 'wfi exit' } as const;

function step(s: Scribe, place: Place, name: string, value?: bigint, argument?: bigint, detail?: string): void {
  const event: { kind: 'kvm.step' } & Payload<'kvm.step'> = { kind: 'kvm.step', step: name };
  if (value !== undefined) event.value = value;
  if (argument !== undefined) event.argument = argument;
  s.tell(event, 'hypervisor', place, detail);
}

/** The same for one that says what a text can tell, without an object. */
function told(s: Scribe, place: Place, name: string, detail?: string, value?: number, argument?: number): void {
  s.brief(STEP, place, name, 0, value, argument, detail);
}

function access(s: Scribe, place: Place, op: 'read' | 'write', register: string, value: bigint): void {
  s.access('hypervisor', place, register, op, lowOf(value), highOf(value), false);
}

const SKIPPED = JSON.stringify({ skipped: true });
const SYNCED = JSON.stringify({ prioritiesSynced: true });

export const RUN: Rows<RunEvent['kind']> = {
  'vcpu.load': (s, { skipped, vmcr, apr }, place) => {
    step(s, place, 'load', vmcr, apr, skipped ? SKIPPED : undefined);
    if (skipped) return;
    access(s, place, 'write', 'ICH_VMCR_EL2', vmcr);
    access(s, place, 'write', 'ICH_APR_EL2', apr);
  },
  'vcpu.put': (s, { skipped, apr, prioritiesSynced }, place) => {
    step(s, place, 'put', apr, undefined, skipped ? SKIPPED : prioritiesSynced ? SYNCED : undefined);
    if (!skipped) access(s, place, 'read', 'ICH_APR_EL2', apr);
  },
  'vcpu.scheduled': (s, event, place) => {
    const pcpu = place.pcpu ?? s.threadOf(place)?.affinity.lo ?? 0;
    s.brief(event.in ? LOAD : PUT, place, '', 0, pcpu);
  },
  'vcpu.request': (s, { request }, place) => told(s, place, 'request', requested(request)),
  'vcpu.requestsCleared': (s, _event, place) => told(s, place, 'requestsCleared'),
  'vcpu.kick': (s, { blocked, inGuest }, place) => told(s, place, 'kick', kicked(blocked ? 1 : 0, inGuest ? 1 : 0)),
  'vcpu.entry': (s, _event, place) => s.atPc(ENTRY, place, '', 0, place.pcpu),
  'vcpu.entryAborted': (s, { reason }, place) => told(s, place, 'entryAborted', reasoned(reason)),
  'vcpu.exit': (s, { reason }, place) => s.atPc(EXIT, place, reason, 0),
  'vcpu.twi': (s, { trap, reason }, place) => told(s, place, 'trapWfi', reasoned(reason), trap ? 1 : 0),
  'vcpu.wfi': (s, { phase, cause, wakeReason }, place) =>
    told(s, place, WFI[phase], wakeReason === undefined ? caused(cause) : woken(wakeReason)),
  'vcpu.pendingCheck': (s, { mask, ppis, doorbell, pending }, place) =>
    step(
      s,
      place,
      'pendingCheck',
      BigInt(mask),
      pending ? 1n : 0n,
      JSON.stringify(
        Object.fromEntries([
          ...(doorbell ? [['doorbell', true]] : []),
          ...ppis
            .slice(0, 60)
            .map(({ ppi, enabled, priority, hw, pending: isPending }) => [
              `PPI ${ppi}`,
              [
                enabled ? 'enabled' : 'disabled',
                `priority 0x${priority.toString(16)}`,
                ...(hw ? ['hardware'] : []),
                isPending === undefined ? 'not asked' : isPending ? 'pending' : 'not pending',
              ].join(', '),
            ]),
        ]),
      ),
    ),
  'hyp.fgt': (s, { read, write, instruction }, place) => told(s, place, 'traps', trapping(instruction), read, write),
  'hyp.vctlr': (s, { value }, place) => access(s, place, 'write', 'ICH_VCTLR_EL2', BigInt(value)),
  'hyp.vmcr': (s, { vmcr }, place) => access(s, place, 'write', 'ICH_VMCR_EL2', vmcr),
  'hyp.flush': (s, { pendr, latchesCleared }, place) => step(s, place, 'flush', pendr, latchesCleared),
  'hyp.restore': (s, { dvir, activer, enabler, pendr }, place) => {
    step(s, place, 'restore', enabler, pendr);
    access(s, place, 'write', 'ICH_PPI_DVIR0_EL2', dvir);
    access(s, place, 'write', 'ICH_PPI_ACTIVER0_EL2', activer);
    access(s, place, 'write', 'ICH_PPI_ENABLER0_EL2', enabler);
    access(s, place, 'write', 'ICH_PPI_PENDR0_EL2', pendr);
  },
  'hyp.save': (s, { vmcr, activer, pendr }, place) => {
    step(s, place, 'save', activer, pendr);
    access(s, place, 'read', 'ICH_VMCR_EL2', vmcr);
    access(s, place, 'read', 'ICH_PPI_ACTIVER0_EL2', activer);
    access(s, place, 'read', 'ICH_PPI_PENDR0_EL2', pendr);
  },
  'hyp.fold': (s, { activer, latchesSet }, place) => step(s, place, 'fold', activer, latchesSet),
};
