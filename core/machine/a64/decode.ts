/**
 * From a word to its row: rows are sorted once into 128 buckets by bits 28:22, which no pattern leaves mostly open, and
 * a bucket (at most a few dozen rows) is searched in order. Decoding happens once per address (code.ts), so clarity
 * wins over a tree.
 */
import { type Op } from './execute/op.ts';
import { raiseUndefined } from './execute/take.ts';
import { extract, type Fields, parsePattern, type Pattern } from './pattern.ts';
import { type Row } from './row.ts';
import { type Syntax, parseSyntax } from './syntax.ts';
import { ROWS } from './table/index.ts';

/** A form, ready to use. */
export interface Written {
  readonly row: Instruction;
  readonly syntax: Syntax;
  readonly fixed: Partial<Fields>;
  readonly prefer: ((fields: Fields) => boolean) | undefined;
}

/** A row, ready to use. */
export interface Instruction {
  readonly row: Row;
  readonly pattern: Pattern;
  readonly forms: readonly Written[];
}

function prepare(row: Row): Instruction {
  const forms: Written[] = [];
  const instruction = { row, pattern: parsePattern(row.pattern), forms };
  for (const form of row.forms) {
    const [syntax, fixed, prefer] = typeof form === 'string' ? [form, {}] : form;
    forms.push({ row: instruction, syntax: parseSyntax(syntax), fixed, prefer });
  }
  return instruction;
}

/** The whole table, in its order. */
export const INSTRUCTIONS: readonly Instruction[] = ROWS.map(prepare);

const BUCKET_SHIFT = 22;
const BUCKETS: readonly (readonly Instruction[])[] = Array.from({ length: 128 }, (_, bucket) => {
  const bits = bucket << BUCKET_SHIFT;
  const field = 127 << BUCKET_SHIFT;
  return INSTRUCTIONS.filter(({ pattern }) => ((bits ^ pattern.value) & pattern.mask & field) === 0);
});

export interface Decoded {
  readonly instruction: Instruction;
  readonly fields: Fields;
}

/** The instruction of a word; undefined when the table has none or its fields are reserved. */
export function decodeWord(word: number): Decoded | undefined {
  for (const instruction of BUCKETS[(word >>> BUCKET_SHIFT) & 127] ?? []) {
    const { pattern, row } = instruction;
    if (((word ^ pattern.value) & pattern.mask) !== 0) continue;
    const fields = extract(pattern, word);
    if (fields !== undefined && (row.valid === undefined || row.valid(fields))) return { instruction, fields };
  }
  return undefined;
}

/** Operations by word, so that loops and re-decoded pages share closures. Cleared when it has grown large. */
const operations = new Map<number, Op>();
const MAX_OPERATIONS = 65_536;

/** What executing a word does. */
export function operationOf(word: number): Op {
  let op = operations.get(word);
  if (op === undefined) {
    const decoded = decodeWord(word);
    op = decoded === undefined ? (core) => raiseUndefined(core, word) : decoded.instruction.row.run(decoded.fields);
    if (operations.size >= MAX_OPERATIONS) operations.clear();
    operations.set(word, op);
  }
  return op;
}
