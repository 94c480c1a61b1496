/**
 * What could stand at the cursor: candidates with descriptions, decided by the last few tokens before the word being
 * typed. Names that the trace has come before names that only the architecture has. Cost: one walk over the names.
 */
import { KINDS, ORIGINS } from '../../trace/kinds.ts';
import { ConditionError, STATE_WORDS } from './ast.ts';
import {
  type Candidate,
  chain,
  COMPARISON_WORDS,
  EDGE_WORDS,
  facts,
  fields,
  filterKeys,
  interruptNumbers,
  interrupts,
  JOINS,
  legs,
  mnemonics,
  pathFields,
  paths,
  registers,
  subjectFields,
  vcpuNumbers,
  VERBS,
  words,
} from './candidates.ts';
import { COLUMNS, FACT_NAMES, isColumn, PAYLOAD } from './facts.ts';
import { lex, type Token } from './lex.ts';
import { type NameSpace } from './names.ts';
import { findField, tableRegister } from './registers-of.ts';
import { ACCESS_VERBS, oneOf } from './words.ts';

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

function starts(names: NameSpace, word: string): Iterable<Candidate> {
  if (word.includes('.')) return chain(pathFields(names, word), paths(names));
  return chain(interrupts(names), VERBS, facts(), filterKeys(), word.length >= 2 ? paths(names) : []);
}

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
    if (typeof field.type === 'object')
      out.push(...words(field.type.filter((word) => word !== ''), `${name} of ${field.kind}`)); // prettier-ignore
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
