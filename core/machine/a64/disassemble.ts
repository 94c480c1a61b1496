/**
 * A word as text, in the form that the architecture prefers: aliases (`mov`, `lsl`, `cset`), GIC instructions by name,
 * branch targets as addresses or by the caller's symbols. Assembling the text at the same address gives the word back.
 */
import { decodeWord } from './decode.ts';
import { type View } from './operand/operand.ts';
import { sameFields } from './operand/operand.ts';
import { printSyntax } from './syntax.ts';

/** The text of a word at `view.address`; undefined when it is no instruction that the table knows. */
export function disassembleWord(word: number, view: View): string | undefined {
  const decoded = decodeWord(word);
  if (decoded === undefined) return undefined;
  const { instruction, fields } = decoded;
  for (const { syntax, fixed, prefer } of instruction.forms) {
    if (!sameFields(fields, fixed) || (prefer !== undefined && !prefer(fields))) continue;
    const text = printSyntax(syntax, fields, view);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The text of a word; of one that is no instruction, the directive that makes it. */
export function disassemble(word: number, view: View): string {
  return disassembleWord(word, view) ?? `.inst 0x${word.toString(16).padStart(8, '0')}`;
}
