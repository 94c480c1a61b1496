import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine, tsvLine } from '../../../core/state/delimited.ts';

/** Reads RFC 4180, written apart from the writer. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (quoted) {
      if (c === '"' && text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else if (c === '"') quoted = false;
      else field += c;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(field);
      field = '';
    } else if (c === '\r' && text[at + 1] === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
      at += 1;
    } else field += c;
  }
  return rows;
}

const TSV_ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };

function readTsv(line: string): string[] {
  expect(line.indexOf('\n')).toBe(line.length - 1);
  const fields = line.slice(0, -1).split('\t');
  return fields.map((field) => field.replace(/\\(.)/g, (_, c: string) => TSV_ESCAPES[c] ?? '?'));
}

/** Characters that separate, quote and escape, beside ordinary ones. */
const plain = fc
  .string({ unit: fc.constantFrom(...'aZ0é€, "\t\n\r\\\'='.split('')) })
  .filter((text) => !/^[=\t\r]/.test(text));

describe('comma- and tab-separated lines', () => {
  it('keep text, whatever separates or quotes stand in it', () => {
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1 }), (fields) => {
        // A lone empty field is an empty line, which readers skip; exports always have more.
        expect(readCsv(csvLine(['x', ...fields]))).toEqual([['x', ...fields]]);
        expect(readTsv(tsvLine(fields))).toEqual(fields);
      }),
    );
  });

  it('never begin a cell as a formula, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const [cell = ''] of [...readCsv(csvLine([text, 'x'])), readTsv(tsvLine([text, 'x']))])
          expect(cell).toMatch(/^([^=+\-@\t\r]|$|[+-]\d+(\.\d+)?([eE][+-]?\d+)?$)/);
      }),
    );
    expect(csvLine(["=HYPERLINK('x')", '@SUM(A1)', '-2+3', '+1', '-9223372036854775808', -5, null])).toBe(
      "'=HYPERLINK('x'),'@SUM(A1),'-2+3,+1,-9223372036854775808,-5,\r\n",
    );
  });

  it('show control characters as escapes, so that a terminal does not obey them', () => {
    expect(csvLine(['\u001b[31mred\u0007', 'a\u202eb'])).toBe('\\x1b[31mred\\x07,a\\u202eb\r\n');
    expect(tsvLine(['\u001b]0;x', 1])).toBe('\\\\x1b]0;x\t1\n');
  });
});
