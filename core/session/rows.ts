/**
 * How an event reads in a list: name, operand, arrow, detail. One entry per kind, so that a new kind cannot be
 * forgotten (the compiler asks for its row).
 */
import { fieldValue, registerByName } from '../gic/registers.ts';
import { formatResult } from '../kvm/errno.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { type EventOf, type Kind, type TraceEvent } from '../trace/kinds.ts';
import { type EventRow } from './contract.ts';
import { stepWords } from './step-words.ts';

interface Words {
  readonly name: string;
  readonly operand?: string;
  readonly arrow?: EventRow['arrow'];
  readonly detail?: string;
}
type Presenter<K extends Kind> = (event: EventOf<K>) => Words;

/** `0x8` for 8n. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** `0x00000001_2000001b`: 16 digits in two halves, as lists show register values. */
export function wideHex(value: bigint): string {
  const digits = value.toString(16).padStart(16, '0');
  return `0x${digits.slice(0, 8)}_${digits.slice(8)}`;
}

const label = (intid: number | undefined, none: string): string => (intid === undefined ? none : interruptLabel(intid));
const flag = (on: boolean): string => (on ? '1' : '0');
const optionalHex = (value: bigint | undefined, prefix = ''): string =>
  value === undefined ? '' : prefix + hex(value);

/** Registers whose value is an interrupt's identifier: shown by name beside the number. */
function meaning(register: string, value: bigint): string {
  const row = registerByName(register);
  if (row === undefined) return '';
  const type = fieldValue(row, 'TYPE', value);
  const id = fieldValue(row, 'ID', value);
  if (type === undefined || id === undefined) return '';
  const valid = fieldValue(row, 'VALID', value) ?? fieldValue(row, 'HPPIV', value);
  if (valid === 0n) return 'none';
  return interruptLabel(Number((type << 29n) | (id & 0xff_ffffn)));
}

function access(register: string, op: EventRow['op'], value: bigint | undefined): Words {
  const known = value === undefined ? '' : meaning(register, value);
  const text = value === undefined ? 'value not recorded' : wideHex(value);
  return {
    name: register,
    operand: op === 'execute' || known !== '' ? known : '',
    arrow: op === 'read' || register.startsWith('GICR_') || register.startsWith('GICR ') ? '→' : '←',
    detail: text,
  };
}

/** How values of `irq.configure` read that are no plain numbers. */
const CONFIGURED: { readonly [What in EventOf<'irq.configure'>['what']]?: (value: bigint) => string } = {
  priority: (value) => priority(Number(value)),
  handling: (value) => (value === 0n ? 'edge' : 'level'),
  target: hex,
};

const PRESENTERS: { readonly [K in Kind]: Presenter<K> } = {
  'register.access': (e) => access(e.register, e.op, e.value),
  'mmio.access': (e) => access(e.register, e.op, e.value),
  'irq.line': (e) => ({ name: 'Line', operand: label(e.intid, ''), detail: e.level ? 'raised' : 'lowered' }),
  'irq.pend': (e) => ({
    name: e.pending ? 'Set pending' : 'Clear pending',
    operand: label(e.intid, ''),
    detail: e.cause ?? '',
  }),
  'irq.acknowledge': (e) => ({
    name: 'Acknowledge',
    operand: label(e.intid, 'nothing'),
    detail: [e.cause ?? '', withPriority(e)].filter((part) => part !== '').join(', '),
  }),
  'irq.drop': (e) => ({ name: 'Priority drop', operand: label(e.intid, ''), detail: withPriority(e) }),
  'irq.deactivate': (e) => ({ name: 'Deactivate', operand: label(e.intid, '') }),
  'irq.activate': (e) => ({ name: 'Activate', operand: label(e.intid, '') }),
  'irq.state': (e) => ({
    name: 'State',
    operand: label(e.intid, ''),
    detail: `level ${flag(e.level)} pending ${flag(e.pending)} active ${flag(e.active)}`,
  }),
  'irq.configure': (e) => ({
    name: `Set ${e.what}`,
    operand: label(e.intid, ''),
    arrow: '←',
    detail: CONFIGURED[e.what]?.(e.value) ?? e.value.toString(),
  }),
  'irq.hppi': (e) => ({
    name: `HPPI ${e.unit}`,
    operand: label(e.intid, 'none'),
    arrow: '→',
    detail: e.intid === undefined ? whyNone(e) : `priority ${priority(e.priority)}`,
  }),
  'irq.signal': (e) => ({ name: 'Signals', detail: `IRQ ${flag(e.irq)} FIQ ${flag(e.fiq)} NMI ${flag(e.nmi)}` }),
  'irq.taken': (e) => ({
    name: 'IRQ taken',
    operand: e.from === undefined ? '' : `from ${hex(e.from)}`,
    arrow: e.to === undefined ? '' : '→',
    detail: optionalHex(e.to),
  }),
  'irq.inject': (e) => ({
    name: 'Inject',
    operand: label(e.intid, ''),
    detail: [`level ${flag(e.level)}`, e.cause ?? ''].filter((part) => part !== '').join(', '),
  }),
  'timer.write': (e) => ({ name: e.timer, operand: e.what, arrow: '←', detail: optionalHex(e.value) }),
  'timer.deadline': (e) => ({
    name: e.timer,
    operand: 'deadline',
    arrow: '→',
    detail: e.deadline === undefined ? 'never' : hex(e.deadline),
  }),
  'timer.line': (e) => ({ name: e.timer, operand: 'output', detail: e.level ? 'raised' : 'lowered' }),
  'vcpu.reset': () => ({ name: 'vCPU reset' }),
  'vcpu.power': (e) => ({ name: e.on ? 'vCPU on' : 'vCPU off', detail: optionalHex(e.entry, 'entry ') }),
  'vcpu.idle': (e) => ({ name: e.wfe ? 'WFE' : 'WFI', detail: optionalHex(e.pc, 'PC ') }),
  'vcpu.wake': () => ({ name: 'vCPU woken' }),
  'vcpu.entry': (e) => ({
    name: 'Guest entry',
    operand: e.pcpu === undefined ? '' : `pCPU ${e.pcpu}`,
    detail: optionalHex(e.pc, 'PC '),
  }),
  'vcpu.exit': (e) => ({ name: 'Guest exit', operand: e.reason, detail: optionalHex(e.esr, 'ESR ') }),
  'vcpu.load': (e) => ({ name: 'Load', operand: `pCPU ${e.pcpu}` }),
  'vcpu.put': (e) => ({ name: 'Put', operand: `pCPU ${e.pcpu}` }),
  'vcpu.state': (e) => ({ name: 'Run state', detail: e.state }),
  'psci.call': (e) => ({ name: 'PSCI', operand: e.function, detail: hex(e.x1) }),
  'kvm.ioctl': (e) => ({
    name: e.ioctl,
    operand: optionalHex(e.argument),
    arrow: '→',
    detail: formatResult(Number(BigInt.asIntN(64, e.result))),
  }),
  'kvm.step': (e) => {
    const words = stepWords(e);
    if (words === undefined) return { name: e.step, operand: optionalHex(e.argument), detail: optionalHex(e.value) };
    return { name: e.step, detail: [...words.values()].map(([what, text]) => `${what} ${text}`).join(', ') };
  },
  'kvm.irq': (e) => ({ name: e.step, operand: label(e.intid, ''), detail: optionalHex(e.value) }),
  'kvm.trap': (e) => ({
    name: 'Trap',
    operand: e.what,
    arrow: e.op === 'read' ? '→' : '←',
    detail: optionalHex(e.value),
  }),
  'gic.setup': (e) => ({ name: e.what, detail: optionalHex(e.value) }),
  'host.event': (e) => ({ name: e.event, operand: optionalHex(e.argument), detail: optionalHex(e.value) }),
  other: (e) => ({ name: e.event }),
  lost: (e) => ({
    name: 'Events lost',
    detail: e.count === undefined ? 'number not recorded' : `${e.count} by the recorder`,
  }),
};

const withPriority = ({ priority: urgency }: { readonly priority?: number }): string =>
  urgency === undefined ? '' : `priority ${priority(urgency)}`;

/** `masked: PPI 3, priority 0x10`, as far as the source says. */
function whyNone({ reasonNone, candidate, priority: urgency }: EventOf<'irq.hppi'>): string {
  if (reasonNone === undefined) return '';
  return candidate === undefined
    ? reasonNone
    : `${reasonNone}: ${interruptLabel(candidate)}, priority ${priority(urgency)}`;
}

/** Priorities are always two hex digits: in the GIC a smaller number is more urgent. */
function priority(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

function words<K extends Kind>(event: EventOf<K>): Words {
  // The table is indexed by the event's own kind, so presenter and event agree; TypeScript cannot see that through K.
  const present = PRESENTERS[event.kind as K] as Presenter<K>;
  return present(event);
}

/** The list row of an event. */
export function eventRow(event: TraceEvent): EventRow {
  const { name, operand = '', arrow = '', detail = '' } = words(event);
  return {
    seq: event.seq,
    time: event.time,
    vcpu: event.vcpu ?? null,
    origin: event.origin,
    kind: event.kind,
    name,
    operand,
    arrow,
    detail: withExtra(event, detail),
    register: 'register' in event ? event.register : null,
    op: 'op' in event ? event.op : null,
    value: 'value' in event && event.value !== undefined ? hex(event.value) : null,
    intid: 'intid' in event && event.intid !== undefined ? event.intid : null,
  };
}

/** Where a recorder saw an event. It is much the same from row to row, and a list cuts the end of a line off. */
const PLACE = new Set(['CPU', 'task', 'context']);

/** Kinds whose fields are numbers of KVM's calls and steps: what they were about is in the detail. */
const MORE: ReadonlySet<Kind> = new Set<Kind>(['kvm.ioctl', 'kvm.step', 'kvm.irq', 'kvm.trap', 'gic.setup', 'host.event', 'irq.hppi']); // prettier-ignore

function withExtra({ kind, detail: extra }: TraceEvent, detail: string): string {
  if (extra === undefined) return detail;
  if (detail === '') return detailText(extra);
  // Elsewhere only why it had not its usual effect.
  const more = MORE.has(kind) ? detailText(withoutPlace(extra)) : String(extra['outcome'] ?? extra['left'] ?? '');
  return more === '' ? detail : `${detail}, ${more}`;
}

function withoutPlace(detail: Readonly<Record<string, string | number | boolean>>): typeof detail {
  return Object.fromEntries(Object.entries(detail).filter(([key]) => !PLACE.has(key)));
}

/** `a 1, b 2`: what a source said beyond the kind's own fields, where it saw it last. */
function detailText(detail: Readonly<Record<string, string | number | boolean>>): string {
  const entries = Object.entries(detail);
  return [...entries.filter(([key]) => !PLACE.has(key)), ...entries.filter(([key]) => PLACE.has(key))]
    .map(([key, value]) => (key === 'text' ? String(value) : `${key} ${value}`))
    .join(', ');
}
