/** Words that the condition language keeps for itself, and the keys of filter tokens. */
import { INTERRUPT_FIELDS } from '../../trace/interrupts.ts';
import { type Leg } from '../../trace/life.ts';
import { EDGES, INTERRUPT_KINDS, type InterruptKind, type SubjectField } from './ast.ts';

export const OPERATORS = ['and', 'or', 'not', 'if', 'on', 'where', 'in', 'is'] as const;
export const ACCESS_VERBS = ['read', 'write', 'execute', 'access'] as const;
export type AccessVerb = (typeof ACCESS_VERBS)[number];

/** Words that never stand for themselves; to search for one, quote it. */
export const RESERVED: ReadonlySet<string> = new Set<string>([
  ...OPERATORS,
  ...ACCESS_VERBS,
  ...EDGES,
  ...INTERRUPT_KINDS,
  'changed',
  'reg',
  'insn',
  'latency',
  'kvm_entry',
  'kvm_exit',
]);

export const SUBJECT_FIELDS: readonly SubjectField[] = [...INTERRUPT_FIELDS, 'state'];

/** Names of a life's moments, with the short ones that people use. */
export const LEG_WORDS: ReadonlyMap<string, Leg> = new Map<string, Leg>([
  ['raised', 'raised'],
  ['raise', 'raised'],
  ['inject', 'raised'],
  ['pending', 'pending'],
  ['acknowledged', 'acknowledged'],
  ['acknowledge', 'acknowledged'],
  ['ack', 'acknowledged'],
  ['dropped', 'dropped'],
  ['drop', 'dropped'],
  ['eoi', 'dropped'],
  ['deactivated', 'deactivated'],
  ['deactivate', 'deactivated'],
]);

/** `ppi27`, `vcpu1.ppi27`, `spi33.pending`: the ids of lanes, and short for `ppi(27) …`. */
export const INTERRUPT_NAME = /^(?:vcpu([0-9]{1,3})\.)?(ppi|spi|lpi|sgi|irq)([0-9]{1,8})(?:\.([A-Za-z_]+))?$/i;

export const MAX_INTERRUPT_NUMBER = 0xff_ffff;
export const MAX_VCPU = 511;

export function interruptKind(word: string): InterruptKind | undefined {
  const lower = word.toLowerCase();
  return INTERRUPT_KINDS.find((kind) => kind === lower);
}

export function oneOf<T extends string>(words: readonly T[], word: string): T | undefined {
  return words.find((known) => known === word);
}

const PLAIN = /^[A-Za-z_*?][A-Za-z0-9_*?]*(?:\.[A-Za-z0-9_*?]+)*$/;
const NEVER_PLAIN: ReadonlySet<string> = new Set<string>([...OPERATORS, ...INTERRUPT_KINDS]);

/** Whether a text may stand without quotes as a value or a register's name. */
export function isPlainValue(text: string): boolean {
  return PLAIN.test(text) && !NEVER_PLAIN.has(text.toLowerCase()) && !INTERRUPT_NAME.test(text);
}

/** Whether a text may stand without quotes as a path, where conditions begin. */
export function isPlainPath(text: string): boolean {
  return PLAIN.test(text) && !RESERVED.has(text.toLowerCase()) && !INTERRUPT_NAME.test(text);
}

/** Whether a text may stand without quotes as a condition of its own (a part of the event's name). */
export function isPlainText(text: string): boolean {
  return isPlainPath(text) && !text.includes('.');
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
