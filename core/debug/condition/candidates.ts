/** Lists of words that completion offers, each with its description. */
import { formatIntid, splitIntid } from '../../gic/intid.ts';
import { INTERRUPT_FIELDS } from '../../trace/interrupts.ts';
import { LEGS } from '../../trace/life.ts';
import { STATE_WORDS } from './ast.ts';
import { describeFact, FACT_NAMES } from './facts.ts';
import { FILTER_KEYS } from './filter.ts';
import { type NameSpace } from './names.ts';
import { fieldsOfAccess, tableRegister } from './registers-of.ts';
import { isPlainValue, MAX_VCPU, quote } from './words.ts';

export interface Candidate {
  /** What replaces the text from `from` to the cursor. */
  readonly text: string;
  readonly description: string;
}

export const words = (texts: Iterable<string>, description: string): Candidate[] =>
  [...texts].map((text) => ({ text: isPlainValue(text) ? text : quote(text), description }));

export function subjectFields(): Candidate[] {
  return [
    ...INTERRUPT_FIELDS.map((text) => ({ text, description: FIELD_TITLES[text] })),
    { text: 'state', description: `one word: ${STATE_WORDS.join(', ')}` },
  ];
}

const FIELD_TITLES: Readonly<Record<(typeof INTERRUPT_FIELDS)[number], string>> = {
  pending: 'waits to be acknowledged',
  active: 'acknowledged, not yet deactivated',
  enabled: 'enabled',
  line: 'level of its input line',
  masked: 'pending and enabled, but held back',
  priority: 'priority; smaller is more urgent',
  handling: 'edge or level',
  target: 'vCPU that it is routed to',
};

export function registers(names: NameSpace): Candidate[] {
  return names.registers.map((name) => ({
    text: isPlainValue(name) ? name : quote(name),
    description: registerTitle(name),
  }));
}

function registerTitle(name: string): string {
  const register = tableRegister(name);
  return register === undefined
    ? 'register of this trace'
    : `${register.space} · ${register.access} · ${register.width} bits`;
}

export function fields(access: string, names: NameSpace): Candidate[] {
  const out: Candidate[] = [];
  for (const register of fieldsOfAccess(names, access).registers.slice(0, 8))
    for (const field of register.fields)
      if (!field.reserved)
        out.push({ text: field.name, description: `${register.name} ${bits(field)}: ${field.description}` });
  return out;
}

const bits = ({ msb, lsb }: { msb: number; lsb: number }): string => (msb === lsb ? `[${lsb}]` : `[${msb}:${lsb}]`);

export function facts(): Candidate[] {
  return FACT_NAMES.map((text) => ({ text, description: describeFact(text) }));
}

export function filterKeys(): Candidate[] {
  return Object.entries(FILTER_KEYS).map(([key, { title }]) => ({ text: `${key}:`, description: title }));
}

export function vcpuNumbers(names: NameSpace): Candidate[] {
  return Array.from({ length: Math.min(names.vcpus, MAX_VCPU + 1) }, (_, n) => ({
    text: String(n),
    description: `vCPU ${n}`,
  }));
}

export function legs(): Candidate[] {
  return words(LEGS, "moment of the interrupt's life");
}

export function mnemonics(names: NameSpace): Set<string> {
  return new Set(names.registers.filter((name) => name.includes(' ')).map((name) => name.slice(name.indexOf(' ') + 1)));
}

export function interruptNumbers(kind: string, names: NameSpace): Candidate[] {
  const out: Candidate[] = [];
  for (const { intid } of names.interrupts) {
    const parts = splitIntid(intid);
    if (parts?.type === kind) out.push({ text: String(parts.number), description: formatIntid(intid) });
  }
  return out;
}

export function interrupts(names: NameSpace): Candidate[] {
  const out: Candidate[] = [];
  for (const { intid } of names.interrupts) {
    const parts = splitIntid(intid);
    if (parts !== undefined)
      out.push({ text: `${parts.type}(${parts.number})`, description: `state of ${formatIntid(intid)}` });
  }
  return out;
}

/** One by one: whoever asks stops when there are enough. */
export function* paths(names: NameSpace): Generator<Candidate> {
  for (const { path, width } of names.slots) yield { text: path, description: `state, ${width} bits` };
}

export function* chain(...lists: readonly Iterable<Candidate>[]): Generator<Candidate> {
  for (const list of lists) yield* list;
}

/** Fields of the registers whose path was typed up to its last dot. */
export function pathFields(names: NameSpace, word: string): Candidate[] {
  const dot = word.lastIndexOf('.');
  if (dot <= 0) return [];
  const prefix = word.slice(0, dot);
  const slot = names.slots.find(({ path }) => path.toLowerCase() === prefix.toLowerCase());
  const register = tableRegister(slot?.register ?? prefix);
  return (register?.fields ?? [])
    .filter((field) => !field.reserved)
    .map((field) => ({ text: `${prefix}.${field.name}`, description: `${bits(field)}: ${field.description}` }));
}

export const VERBS: readonly Candidate[] = [
  { text: 'write', description: 'write NAME: a register is written' },
  { text: 'read', description: 'read NAME: a register is read' },
  { text: 'execute', description: 'execute NAME: a GIC instruction' },
  { text: 'access', description: 'access NAME: read, written or executed' },
  { text: 'changed(', description: 'changed(path): a slot or field changes' },
  { text: 'latency', description: 'latency > 50us: at the acknowledge, time since it was raised' },
  { text: 'not', description: 'not condition' },
  { text: 'kvm_entry', description: 'guest entry' },
  { text: 'kvm_exit', description: 'guest exit; kvm_exit(REASON) for one reason' },
  { text: 'insn(', description: 'insn(CDIA): GIC instruction by mnemonic' },
];

export const EDGE_WORDS: readonly Candidate[] = [
  { text: 'rises', description: 'from 0 to 1, or to a larger value' },
  { text: 'falls', description: 'from 1 to 0, or to a smaller value' },
  { text: 'changes', description: 'to any other value' },
];
export const COMPARISON_WORDS: readonly Candidate[] = [
  { text: '==', description: 'equal' },
  { text: '!=', description: 'known and not equal' },
  { text: '<', description: 'less' },
  { text: '>', description: 'greater' },
  { text: 'in', description: 'in {a, b} or a..b' },
];
export const JOINS: readonly Candidate[] = [
  { text: 'and', description: 'both' },
  { text: 'or', description: 'either' },
  { text: 'if', description: 'event if state: both, on the same vCPU' },
  { text: 'on vcpu', description: 'on one vCPU only' },
];
