/**
 * A register's value on one line, for lists: the interrupts it names, then the fields that are not zero.
 * `PPI 27` (an acknowledge), `LPI 8 PRIORITY=31`, `LINK_IDLE LINK EN`, `PPI 3, PPI 26–28`, `PPI 8–15 = 31`; `0` when
 * nothing is set. Cost: one shift and mask per field, as `decode`, without its objects.
 */
import { fieldText } from './decode.ts';
import { formatInterrupt, type Interrupt, parseKey } from './intid.ts';
import { type Field, type Register } from './tables/expand.ts';

/** At most this many runs of interrupts are listed; the rest is counted. */
const MAX_RUNS = 8;

export function summarize(register: Register, value: bigint): string {
  const state = listRegisterState(register);
  if (state !== undefined && value === 0n) return fieldText(state, 0n, value) ?? '0';
  const guard = guardOf(register);
  if (guard !== undefined && extract(guard, value) === 0n) return fieldText(guard, 0n, value) ?? '0';
  const identifiers: string[] = [];
  const rest: string[] = [];
  const elements: Element[] = [];
  for (const field of register.fields) {
    if (field.reserved || field === guard || field.text === 'type') continue;
    const part = extract(field, value);
    if (field.interrupt !== undefined) addElement(elements, field, part, value);
    else if (field.text === 'v5' || field.text === 'intid') identifiers.push(fieldText(field, part, value) ?? '');
    else if (part !== 0n || field === state)
      rest.push(field.msb === field.lsb ? field.name : `${field.name}=${word(field, part, value)}`);
  }
  return [...identifiers, ...rest, ...runs(elements)].join(' ') || '0';
}

/** The bit that says whether the identifier in the register means anything. */
function guardOf(register: Register): Field | undefined {
  if (register.byName.get('ID')?.text !== 'v5') return undefined;
  return register.byName.get('VALID') ?? register.byName.get('HPPIV');
}

/** State of a list register, which says whether its identifier means anything; what is left of an ended one does. */
function listRegisterState({ byName }: Register): Field | undefined {
  return byName.has('vINTID') ? byName.get('State') : undefined;
}

function extract(field: Field, value: bigint): bigint {
  return (value >> field.shift) & field.mask;
}

function word(field: Field, part: bigint, value: bigint): string {
  return fieldText(field, part, value) ?? String(part);
}

/** One interrupt with its non-zero value; `word` is empty for single bits. */
interface Element {
  readonly interrupt: Interrupt;
  readonly word: string;
}

function addElement(elements: Element[], field: Field, part: bigint, value: bigint): void {
  if (part === 0n || field.interrupt === undefined) return;
  const interrupt = parseKey(field.interrupt);
  if (interrupt !== undefined)
    elements.push({ interrupt, word: field.msb === field.lsb ? '' : word(field, part, value) });
}

/** Neighbours of one word as ranges, in rising order (fields come highest bits first). */
function runs(elements: readonly Element[]): string[] {
  const out: { readonly first: Interrupt; last: Interrupt; readonly word: string }[] = [];
  for (let i = elements.length - 1; i >= 0; i--) {
    const element = elements[i];
    if (element === undefined) continue;
    const { interrupt, word } = element;
    const open = out[out.length - 1];
    const follows =
      open?.word === word && open.last.type === interrupt.type && open.last.number + 1 === interrupt.number;
    if (follows) open.last = interrupt;
    else out.push({ first: interrupt, last: interrupt, word });
  }
  if (out.length === 0) return [];
  const shown = out.slice(0, MAX_RUNS).map(({ first, last, word }) => {
    const range = first === last ? formatInterrupt(first) : `${formatInterrupt(first)}–${last.number}`;
    return word === '' ? range : `${range} = ${word}`;
  });
  if (out.length > MAX_RUNS) shown.push(`${out.length - MAX_RUNS} more`);
  return [shown.join(', ')];
}
