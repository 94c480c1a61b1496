/** One instruction statement to its word: all forms of the mnemonic are tried in the table's order. */
import { INSTRUCTIONS, type Written } from '../decode.ts';
import { nearest } from '../names/nearest.ts';
import { type AssemblyScope } from '../operand/operand.ts';
import { type Fields, insert } from '../pattern.ts';
import { further, readSyntax, spellings } from '../syntax.ts';
import { type Cursor, isMismatch, type Mismatch } from '../text/tokens.ts';

interface Candidate {
  readonly form: Written;
  readonly fixed: Partial<Fields>;
}

let built: Map<string, Candidate[]> | undefined;

/** Forms by mnemonic, in lower case. */
function mnemonics(): ReadonlyMap<string, readonly Candidate[]> {
  if (built !== undefined) return built;
  const map = new Map<string, Candidate[]>();
  for (const { forms } of INSTRUCTIONS)
    for (const form of forms)
      for (const [spelled, extra] of spellings(form.syntax)) {
        const list = map.get(spelled) ?? [];
        list.push({ form, fixed: { ...form.fixed, ...extra } });
        map.set(spelled, list);
      }
  return (built = map);
}

/** The word of the statement at the cursor (mnemonic first), or the mismatch that got furthest. */
export function encodeInstruction(cursor: Cursor, scope: AssemblyScope): number | Mismatch {
  const token = cursor.next();
  const mnemonic = token.text.toLowerCase();
  const candidates = token.kind === 'name' ? mnemonics().get(mnemonic) : undefined;
  if (candidates === undefined) return cursor.wanted('an instruction', token, () => suggestion(mnemonic));
  const start = cursor.at;
  let furthest: Mismatch | undefined;
  for (const { form, fixed } of candidates) {
    cursor.at = start;
    const fields = readSyntax(form.syntax, fixed, cursor, scope);
    if (isMismatch(fields)) {
      furthest = further(furthest, fields);
      continue;
    }
    const { pattern, row } = form.row;
    if (row.valid === undefined || row.valid(fields)) return insert(pattern, fields);
    cursor.at = start;
    furthest = further(furthest, cursor.wanted(`operands that ${row.name} allows`));
  }
  return furthest ?? cursor.wanted('operands');
}

function suggestion(mnemonic: string): string {
  const names = nearest(mnemonic, mnemonics().keys());
  return names.length === 0 ? '' : ` (perhaps ${names.join(', ')})`;
}
