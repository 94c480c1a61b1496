/**
 * The written form of an instruction, from one line of text: `ldr <Xt>, [<Xn|sp>{, <i:12*8>}]`. Between `<` and `>` an
 * operand, between `{` and `}` a part that may be left out, anything else stands for itself. The same form reads
 * tokens and prints fields.
 *
 * Reading tries the form with and without each optional part (2^n flat sequences, n ≤ 2) and keeps the mismatch that
 * got furthest. Printing leaves an optional part out when its fields are those of its absence.
 */
import { CONDITION_NUMBERS, CONDITIONS } from './conditions.ts';
import { operandOf } from './operand/index.ts';
import { type AssemblyScope, Draft, type Operand, sameFields, type View } from './operand/operand.ts';
import { type Fields } from './pattern.ts';
import { type Cursor, type Mismatch } from './text/tokens.ts';

type Part =
  | { readonly is: 'mark'; readonly text: string }
  | { readonly is: 'word'; readonly text: string }
  | { readonly is: 'operand'; readonly operand: Operand };
type Element = Part | { readonly is: 'optional'; readonly parts: readonly Part[]; readonly omitted: Partial<Fields> };

export interface Syntax {
  /** With `<cond>` in it for conditional branches. */
  readonly mnemonic: string;
  readonly elements: readonly Element[];
  /** The flat sequences to read, longest first, each with the fields of what it leaves out. */
  readonly sequences: readonly { readonly parts: readonly Part[]; readonly omitted: Partial<Fields> }[];
}

/** @throws Error on a form that is none: a mistake in a table. */
export function parseSyntax(text: string): Syntax {
  const space = text.indexOf(' ');
  const mnemonic = space < 0 ? text : text.slice(0, space);
  const elements = space < 0 ? [] : parseElements(text.slice(space + 1));
  return { mnemonic, elements, sequences: flatten(elements) };
}

function parseElements(text: string): Element[] {
  const out: Element[] = [];
  for (const piece of text.match(/\{[^}]*\}|[^{}]+/g) ?? []) {
    const isOptional = piece.startsWith('{');
    const parts = parseParts(isOptional ? piece.slice(1, -1) : piece);
    if (!isOptional) out.push(...parts);
    else {
      const omitted: Partial<Fields> = {};
      for (const part of parts) if (part.is === 'operand') Object.assign(omitted, part.operand.omitted);
      out.push({ is: 'optional', parts, omitted });
    }
  }
  return out;
}

function parseParts(text: string): Part[] {
  const out: Part[] = [];
  for (const [piece] of text.matchAll(/<[^>]+>|[a-z0-9]+|[[\],!]/gi))
    if (piece.startsWith('<')) out.push({ is: 'operand', operand: operandOf(piece.slice(1, -1)) });
    else if (/[[\],!]/.test(piece)) out.push({ is: 'mark', text: piece });
    else out.push({ is: 'word', text: piece });
  return out;
}

function flatten(elements: readonly Element[]): Syntax['sequences'] {
  let sequences: { parts: Part[]; omitted: Partial<Fields> }[] = [{ parts: [], omitted: {} }];
  for (const element of elements) {
    if (element.is !== 'optional') for (const { parts } of sequences) parts.push(element);
    else
      sequences = sequences.flatMap(({ parts, omitted }) => [
        { parts: [...parts, ...element.parts], omitted },
        { parts: [...parts], omitted: { ...omitted, ...element.omitted } },
      ]);
  }
  return sequences;
}

/** The form's fields from the tokens after the mnemonic; `fixed` are fields that the form itself decides. */
export function readSyntax(
  syntax: Syntax,
  fixed: Partial<Fields>,
  cursor: Cursor,
  scope: AssemblyScope,
): Fields | Mismatch {
  const start = cursor.at;
  let furthest: Mismatch | undefined;
  for (const { parts, omitted } of syntax.sequences) {
    cursor.at = start;
    const draft = new Draft();
    draft.putAll(fixed);
    const mismatch = readParts(parts, cursor, draft, scope);
    if (mismatch === undefined) {
      draft.putAll(omitted);
      return draft.fields;
    }
    furthest = further(furthest, mismatch);
  }
  return furthest ?? cursor.wanted('an operand');
}

function readParts(parts: readonly Part[], cursor: Cursor, draft: Draft, scope: AssemblyScope): Mismatch | undefined {
  for (const part of parts) {
    if (part.is === 'mark') {
      if (!cursor.mark(part.text)) return cursor.wanted(`\`${part.text}\``);
    } else if (part.is === 'word') {
      if (cursor.token.text.toLowerCase() !== part.text) return cursor.wanted(`\`${part.text}\``);
      cursor.next();
    } else {
      const mismatch = part.operand.read(cursor, draft, scope);
      if (mismatch !== undefined) return mismatch;
    }
  }
  return cursor.isAtEnd ? undefined : cursor.wanted('the end of the line');
}

/** The mismatch that got further; of two at one place, what either would have accepted. */
export function further(a: Mismatch | undefined, b: Mismatch): Mismatch {
  if (a === undefined || b.column > a.column) return b;
  if (b.column < a.column) return a;
  if (a.expected.includes(b.expected)) return a;
  const { hint: _, ...place } = b.end > a.end ? b : a;
  const both = { ...place, expected: `${a.expected} or ${b.expected}` };
  const hint = a.hint ?? b.hint;
  return hint === undefined ? both : { ...both, hint };
}

/** The instruction's text; undefined when these fields cannot be written in this form. */
export function printSyntax(syntax: Syntax, fields: Fields, view: View): string | undefined {
  const mnemonic = syntax.mnemonic.replace('<cond>', CONDITIONS[fields.c] ?? '');
  const operands: string[] = [];
  for (const element of syntax.elements) {
    if (element.is === 'optional') {
      if (sameFields(fields, element.omitted)) continue;
      const text = printParts(element.parts, fields, view);
      if (text === undefined) return undefined;
      operands.push(text);
    } else {
      const text = printParts([element], fields, view);
      if (text === undefined) return undefined;
      operands.push(text);
    }
  }
  return operands.length === 0 ? mnemonic : `${mnemonic} ${operands.join('')}`;
}

function printParts(parts: readonly Part[], fields: Fields, view: View): string | undefined {
  let out = '';
  for (const part of parts) {
    const text = part.is === 'operand' ? part.operand.print(fields, view) : part.text === ',' ? ', ' : part.text;
    if (text === undefined) return undefined;
    out += text;
  }
  return out;
}

/** The spellings of a form's mnemonic, and the fields that a spelling decides: `b.eq` and `beq` are `b.<cond>` with c 0. */
export function spellings(syntax: Syntax): readonly (readonly [mnemonic: string, fixed: Partial<Fields>])[] {
  if (!syntax.mnemonic.includes('<cond>')) return [[syntax.mnemonic, {}]];
  return [...CONDITION_NUMBERS].flatMap(([name, c]): [string, Partial<Fields>][] => {
    const spelled = syntax.mnemonic.replace('<cond>', name);
    return [
      [spelled, { c }],
      [spelled.replace('.', ''), { c }],
    ];
  });
}
