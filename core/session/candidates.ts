/**
 * Interrupts in the order in which a vCPU's CPU interface would take them, each with what becomes of it. Pure. Cost:
 * linear in the interrupts.
 */
import { registerByName } from '../gic/registers.ts';
import { type VcpuId } from '../state/brand.ts';
import { type Layout } from '../state/layout.ts';
import { type StateVector } from '../state/state-vector.ts';
import {
  STATE_ACTIVE,
  STATE_ENABLED,
  STATE_ENABLED_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
} from '../trace/interrupts.ts';
import { type InspectedState, type InterruptState } from './contract.ts';
import { flatVerdicts, type Judgement } from './flat-verdict.ts';
import { type Inspectable } from './inspectable.ts';
import { valuesByPath } from './slots.ts';

type Candidate = InspectedState['candidates'][number];

/** As many as there can be levels of priority, twice. */
const MOST = 64;

const numberOf = (value: string | null | undefined): number | null =>
  value === undefined || value === null ? null : Number(value);

/** Most urgent first: pending before the rest, then by priority (smaller is more urgent), then by INTID. */
export function candidates(
  trace: Inspectable,
  vcpu: VcpuId,
  state: StateVector,
  interrupts: readonly InterruptState[],
): Candidate[] {
  const own = interfaceOf(trace, vcpu, state);
  const flat = flatVerdicts(trace, vcpu, state);
  return interrupts
    .filter((i) => i.code & (STATE_PENDING | STATE_ACTIVE) || i.code & STATE_ENABLED)
    .map((i) => ({
      intid: i.intid,
      label: i.label,
      name: i.name,
      priority: numberOf(i.fields.priority),
      code: i.code,
      ...judged(i, own, flat),
    }))
    .sort(
      (a, b) =>
        (b.code & STATE_PENDING) - (a.code & STATE_PENDING) ||
        (a.priority ?? 256) - (b.priority ?? 256) ||
        a.intid - b.intid,
    )
    .slice(0, MOST);
}

/** What a vCPU's GICv5 interface is set to; undefined: the trace does not show it. */
interface Interface {
  readonly isEnabled: boolean | undefined;
  /** The IRS forwards to it. */
  readonly forwards: boolean | undefined;
  readonly mask: number | undefined;
  /** 256: nothing is handled. */
  readonly running: number | undefined;
  readonly isInGuest: boolean | undefined;
}

const NOT_RUNNING = 256;

function interfaceOf({ layout }: Inspectable, vcpu: VcpuId, state: StateVector): Interface {
  const valueAt = valuesByPath({ layout }, state);
  const flag = (value: number | bigint | undefined): boolean | undefined =>
    value === undefined ? undefined : Number(value) !== 0;
  const active = valueAt(`vcpu${vcpu}.ICC_APR_EL1`);
  return {
    isEnabled: flag(knownField(layout, state, `vcpu${vcpu}.ICC_CR0_EL1`, 'EN')),
    forwards: flag(knownField(layout, state, 'irs.IRS_CR0', 'IRSEN')),
    mask: knownField(layout, state, `vcpu${vcpu}.ICC_PCR_EL1`, 'PRIORITY'),
    running: active === undefined ? undefined : active === 0n ? NOT_RUNNING : lowestBit(active),
    isInGuest: flag(valueAt(`vcpu${vcpu}.inGuest`)),
  };
}

function lowestBit(bits: bigint): number {
  return (bits & -bits).toString(2).length - 1;
}

/** `flat`: what is known of a GICv3's or GICv2's beyond its fields. */
function judged(interrupt: InterruptState, own: Interface, flat: (intid: number) => Judgement | undefined): Judgement {
  const verdict = verdictOf(interrupt);
  if (verdict !== 'signalled' && verdict !== 'held back') return { verdict, by: null };
  return flat(interrupt.intid) ?? stopped(interrupt, own) ?? { verdict: lastVerdict(verdict, own), by: null };
}

/** What a GICv5 has against a pending interrupt (gicv5-cpuif-behaviour §3); undefined: nothing that the trace shows. */
function stopped(
  { fields, vcpu }: InterruptState,
  { isEnabled, forwards, mask, running }: Interface,
): Judgement | undefined {
  if (vcpu === null && forwards === false) return { verdict: 'IRS off', by: null };
  if (isEnabled === false) return { verdict: 'interface off', by: null };
  const priority = numberOf(fields.priority);
  if (priority === null) return undefined;
  if (mask !== undefined && priority > mask) return { verdict: 'masked', by: mask };
  return running !== undefined && priority >= running ? { verdict: 'held back', by: running } : undefined;
}

/** With nothing against it. `held back`: by something that the trace knows of and does not show. */
function lastVerdict(
  verdict: 'signalled' | 'held back',
  { isEnabled, mask, running, isInGuest }: Interface,
): Candidate['verdict'] {
  const isAll = isEnabled !== undefined && mask !== undefined && running !== undefined;
  if (verdict === 'held back' && !isAll) return verdict;
  return isInGuest === false ? 'at the next entry' : 'signalled';
}

function verdictOf({ code }: InterruptState): Candidate['verdict'] {
  if (!(code & STATE_PENDING_KNOWN)) return 'unknown';
  if (!(code & STATE_PENDING)) return code & STATE_ACTIVE ? 'active' : 'not pending';
  if (code & STATE_ACTIVE) return 'still active';
  if (code & STATE_ENABLED_KNOWN && !(code & STATE_ENABLED)) return 'disabled';
  if (code & STATE_MASKED) return 'held back';
  return code & STATE_ENABLED_KNOWN ? 'signalled' : 'unknown';
}

function knownField(layout: Layout, state: StateVector, path: string, field: string): number | undefined {
  const slot = layout.find(path);
  const value = slot === undefined ? undefined : state.value(slot);
  const register = slot === undefined ? undefined : registerByName(layout.descriptor(slot).register ?? '');
  const found = register?.byName.get(field);
  return value === undefined || found === undefined ? undefined : Number((value >> found.shift) & found.mask);
}
