/**
 * What could stand at the cursor: candidates with descriptions, decided by the last few tokens before the word being
 * typed. Names that the trace has come before names that only the architecture has. Cost: one walk over the names.
 */
import { formatIntid, splitIntid } from '../../gic/intid.ts';
import { INTERRUPT_FIELDS } from '../../trace/interrupts.ts';
import { KINDS, ORIGINS } from '../../trace/kinds.ts';
import { LEGS } from '../../trace/life.ts';
import { ConditionError, STATE_WORDS } from './ast.ts';
import { COLUMNS, describeFact, FACT_NAMES, isColumn, PAYLOAD } from './facts.ts';
import { FILTER_KEYS } from './filter.ts';
import { lex, type Token } from './lex.ts';
import { type NameSpace } from './names.ts';
import { fieldsOfAccess, findField, tableRegister } from './registers-of.ts';
import { ACCESS_VERBS, oneOf, quote, isPlainValue } from './words.ts';

interface Candidate {
  /** What replaces the text from `from` to the cursor. */
  readonly text: string;
  readonly description: string;
}

export interface Completion {
  /** Where the word being typed begins. */
  readonly from: number;
  readonly candidates: readonly Candidate[];
}

const LIMIT = 200;

/** Candidates at character `cursor` of a text that need not be complete. */
export function complete(text: string, cursor: number, names: NameSpace): Completion {
  const before = text.slice(0, Math.max(0, Math.min(cursor, text.length)));
  const typed = /[A-Za-z0-9_*?.]*$/.exec(before)?.[0] ?? '';
  // Behind a bracket the dot belongs to the subject: ppi(27).pen
  const fieldOf = /\)\.([A-Za-z_]*)$/.exec(before);
  const word = fieldOf?.[1] ?? typed;
  const from = before.length - word.length;
  const tokens = tokensOf(before.slice(0, from));
  return { from, candidates: ranked(candidatesAt(tokens, word, names), word) };
}

function tokensOf(text: string): readonly Token[] {
  try {
    return lex(text).slice(0, -1);
  } catch (error) {
    if (error instanceof ConditionError) return [];
    throw error;
  }
}

/** Those that begin with what was typed, then those that contain it. */
function ranked(candidates: Iterable<Candidate>, word: string): Candidate[] {
  const wanted = word.toLowerCase();
  const first: Candidate[] = [];
  const later: Candidate[] = [];
  const known = new Set<string>();
  for (const candidate of candidates) {
    const lower = candidate.text.toLowerCase();
    if (known.has(lower)) continue;
    known.add(lower);
    if (lower.startsWith(wanted)) first.push(candidate);
    else if (wanted !== '' && lower.includes(wanted)) later.push(candidate);
    if (first.length >= LIMIT) break;
  }
  return [...first, ...later].slice(0, LIMIT);
}

const words = (texts: Iterable<string>, description: string): Candidate[] =>
  [...texts].map((text) => ({ text: isPlainValue(text) ? text : quote(text), description }));

function candidatesAt(tokens: readonly Token[], word: string, names: NameSpace): Iterable<Candidate> {
  const [third, second, last] = [textOf(tokens.at(-3)), textOf(tokens.at(-2)), textOf(tokens.at(-1))];
  if (last === '.') return subjectFields();
  if (oneOf(ACCESS_VERBS, last) !== undefined || last === 'reg') return registers(names);
  if (last === ':') return factValues(second === 'irq' ? 'intid' : second, names);
  if (last === 'on') return words(['vcpu'], 'then the number of the vCPU');
  if (last === 'vcpu' && second === 'on') return vcpuNumbers(names);
  if (last === '(') return inBrackets(second, names);
  if (last === ',' && bracketWord(tokens) === 'latency') return legs();
  if (isComparison(last)) return factValues(second, names, third);
  if (last === '{' || (last === ',' && tokens.some((token) => textOf(token) === '{')))
    return factValues(setOwner(tokens), names);
  const where = openAccess(tokens);
  if (last === 'where' || (where !== undefined && isJoin(last))) return [...fields(where ?? '', names), ...facts()];
  if (tokens.length === 0 || isJoin(last) || last === 'if' || last === 'not') return starts(names, word);
  return [...continuations(tokens), ...filterKeys()];
}

function textOf(token: Token | undefined): string {
  if (token === undefined) return '';
  if (token.type === 'word') return token.text.toLowerCase();
  return token.type === 'sign' ? token.text : token.type;
}

const isComparison = (text: string): boolean =>
  ['==', '!=', '=', '~', '!~', 'is', 'in', '<', '>', '<=', '>='].includes(text);
const isJoin = (text: string): boolean => ['and', 'or', '&&', '||', '(', '!'].includes(text);

/** The word before the last open bracket. */
function bracketWord(tokens: readonly Token[]): string {
  const at = tokens.findLastIndex((token) => textOf(token) === '(');
  return at > 0 ? textOf(tokens[at - 1]) : '';
}

/** `kind` in `kind in {a, `. */
function setOwner(tokens: readonly Token[]): string {
  const at = tokens.findLastIndex((token) => textOf(token) === '{');
  return textOf(tokens[at - 2]);
}

/** Register of the access whose `where` is still open. */
function openAccess(tokens: readonly Token[]): string | undefined {
  const at = tokens.findLastIndex((token) => textOf(token) === 'where');
  if (at < 0 || tokens.slice(at).some((token) => [')', 'or', '||', 'if'].includes(textOf(token)))) return undefined;
  const name = tokens[at - 1];
  return name?.type === 'word' || name?.type === 'string' ? name.text : undefined;
}

function subjectFields(): Candidate[] {
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

function registers(names: NameSpace): Candidate[] {
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

function fields(access: string, names: NameSpace): Candidate[] {
  const out: Candidate[] = [];
  for (const register of fieldsOfAccess(names, access).registers.slice(0, 8))
    for (const field of register.fields)
      if (!field.reserved)
        out.push({ text: field.name, description: `${register.name} ${bits(field)}: ${field.description}` });
  return out;
}

const bits = ({ msb, lsb }: { msb: number; lsb: number }): string => (msb === lsb ? `[${lsb}]` : `[${msb}:${lsb}]`);

function facts(): Candidate[] {
  return FACT_NAMES.map((text) => ({ text, description: describeFact(text) }));
}

function filterKeys(): Candidate[] {
  return Object.entries(FILTER_KEYS).map(([key, { title }]) => ({ text: `${key}:`, description: title }));
}

function vcpuNumbers(names: NameSpace): Candidate[] {
  return Array.from({ length: Math.min(names.vcpus, LIMIT) }, (_, n) => ({
    text: String(n),
    description: `vCPU ${n}`,
  }));
}

function legs(): Candidate[] {
  return words(LEGS, "moment of the interrupt's life");
}

function inBrackets(form: string, names: NameSpace): Iterable<Candidate> {
  switch (form) {
    case 'latency':
      return legs();
    case 'kvm_exit':
      return words(names.reasons ?? [], 'exit reason of this trace');
    case 'insn':
      return words(mnemonics(names), 'GIC instruction of this trace');
    case 'vcpu':
      return vcpuNumbers(names);
    case 'changed':
      return chain(interrupts(names), paths(names));
    case 'ppi':
    case 'spi':
    case 'lpi':
    case 'sgi':
      return interruptNumbers(form, names);
    default:
      return starts(names, '');
  }
}

function mnemonics(names: NameSpace): Set<string> {
  return new Set(names.registers.filter((name) => name.includes(' ')).map((name) => name.slice(name.indexOf(' ') + 1)));
}

function interruptNumbers(kind: string, names: NameSpace): Candidate[] {
  const out: Candidate[] = [];
  for (const { intid } of names.interrupts) {
    const parts = splitIntid(intid);
    if (parts?.type === kind) out.push({ text: String(parts.number), description: formatIntid(intid) });
  }
  return out;
}

function interrupts(names: NameSpace): Candidate[] {
  const out: Candidate[] = [];
  for (const { intid } of names.interrupts) {
    const parts = splitIntid(intid);
    if (parts !== undefined)
      out.push({ text: `${parts.type}(${parts.number})`, description: `state of ${formatIntid(intid)}` });
  }
  return out;
}

/** One by one: whoever asks stops when there are enough. */
function* paths(names: NameSpace): Generator<Candidate> {
  for (const { path, width } of names.slots) yield { text: path, description: `state, ${width} bits` };
}

function* chain(...lists: readonly Iterable<Candidate>[]): Generator<Candidate> {
  for (const list of lists) yield* list;
}

/** Fields of the registers whose path was typed up to its last dot. */
function pathFields(names: NameSpace, word: string): Candidate[] {
  const dot = word.lastIndexOf('.');
  if (dot <= 0) return [];
  const prefix = word.slice(0, dot);
  const slot = names.slots.find(({ path }) => path.toLowerCase() === prefix.toLowerCase());
  const register = tableRegister(slot?.register ?? prefix);
  return (register?.fields ?? [])
    .filter((field) => !field.reserved)
    .map((field) => ({ text: `${prefix}.${field.name}`, description: `${bits(field)}: ${field.description}` }));
}

const VERBS: readonly Candidate[] = [
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

function starts(names: NameSpace, word: string): Iterable<Candidate> {
  if (word.includes('.')) return chain(pathFields(names, word), paths(names));
  return chain(interrupts(names), VERBS, facts(), filterKeys(), word.length >= 2 ? paths(names) : []);
}

const EDGE_WORDS: readonly Candidate[] = [
  { text: 'rises', description: 'from 0 to 1, or to a larger value' },
  { text: 'falls', description: 'from 1 to 0, or to a smaller value' },
  { text: 'changes', description: 'to any other value' },
];
const COMPARISON_WORDS: readonly Candidate[] = [
  { text: '==', description: 'equal' },
  { text: '!=', description: 'known and not equal' },
  { text: '<', description: 'less' },
  { text: '>', description: 'greater' },
  { text: 'in', description: 'in {a, b} or a..b' },
];
const JOINS: readonly Candidate[] = [
  { text: 'and', description: 'both' },
  { text: 'or', description: 'either' },
  { text: 'if', description: 'event if state: both, on the same vCPU' },
  { text: 'on vcpu', description: 'on one vCPU only' },
];

function continuations(tokens: readonly Token[]): Candidate[] {
  const last = tokens.at(-1);
  const behind = tokens.at(-2);
  const isField = behind?.type === 'sign' && behind.text === '.';
  const isPath = last?.type === 'word' && last.text.includes('.');
  if (isField || isPath) return [...EDGE_WORDS, ...COMPARISON_WORDS, ...JOINS];
  if (oneOf(ACCESS_VERBS, textOf(behind)) !== undefined)
    return [{ text: 'where', description: 'test of the value or its fields' }, ...JOINS];
  if (last?.type === 'word' && FACT_NAMES.includes(last.text))
    return [...COMPARISON_WORDS, { text: '~', description: 'contains' }];
  return [...JOINS];
}

/** Values that suit a fact: `kind == …`. `owner` is the token before it: `.state == …`. */
function factValues(name: string, names: NameSpace, owner = ''): Candidate[] {
  if (owner === '.' && name === 'state') return words(STATE_WORDS, 'state of an interrupt');
  switch (name) {
    case 'kind':
      return Object.entries(KINDS).map(([text, { title }]) => ({ text, description: title }));
    case 'origin':
      return words(ORIGINS, COLUMNS.origin);
    case 'name':
      return words(names.eventNames, 'event of this trace');
    case 'vcpu':
      return [...vcpuNumbers(names), { text: 'none', description: 'events without a vCPU' }];
    case 'intid':
      return interrupts(names);
    case 'register':
    case 'reg':
      return registers(names);
    case 'reason':
      return words(names.reasons ?? [], 'exit reason of this trace');
  }
  if (isColumn(name)) return [];
  const out: Candidate[] = [];
  for (const field of PAYLOAD.get(name) ?? [])
    if (typeof field.type === 'object') out.push(...words(field.type, `${name} of ${field.kind}`));
    else if (field.type === 'bool') out.push(...words(['true', 'false'], `${name} of ${field.kind}`));
    else if (field.type === 'intid') out.push(...interrupts(names));
  const slot = names.slots.find(({ path }) => path.toLowerCase() === name);
  if (slot?.values !== undefined) out.push(...words(slot.values, slot.path));
  const dot = name.lastIndexOf('.');
  const register = dot > 0 ? tableRegister(name.slice(name.indexOf('.') + 1, dot)) : undefined;
  const rule = register === undefined ? undefined : findField(register, name.slice(dot + 1))?.text;
  if (typeof rule === 'object')
    out.push(
      ...words(
        rule.filter((text) => text !== ''),
        name,
      ),
    );
  return out;
}
