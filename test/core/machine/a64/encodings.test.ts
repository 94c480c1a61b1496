/** Words and texts against GNU binutils, in both directions. */
import { describe, expect, it } from 'vitest';
import { decodeWord, INSTRUCTIONS } from '../../../../core/machine/a64/decode.ts';
import { disassemble } from '../../../../core/machine/a64/index.ts';
import { factLines, hex, wordOf } from './support/facts.ts';

interface Fact {
  readonly word: number;
  readonly text: string;
  readonly address: bigint;
}

const facts: readonly Fact[] = factLines('encodings.txt.gz').map((line, index) => {
  const [word = '', text = ''] = line.split('\t');
  return { word: parseInt(word, 16), text, address: BigInt(index * 4) };
});

/** objdump writes the target of a PC-relative instruction as bare hexadecimal digits. */
const targeted = (text: string): string =>
  text.replace(/^((?:bl?|b\.\w+|cbn?z|tbn?z|adrp?|prfm|ldr|ldrsw) (?:.*, )?)([0-9a-f]+)$/, '$10x$2');

describe('instruction words against another assembler', () => {
  it('covers every row of the table', () => {
    const seen = new Set(facts.map(({ word }) => decodeWord(word)?.instruction.row.name));
    expect(INSTRUCTIONS.map(({ row }) => row.name).filter((name) => !seen.has(name))).toEqual([]);
  });

  it('assembles every text to its word', () => {
    const wrong = facts.filter(({ text, word, address }) => wordOf(targeted(text), address) !== word);
    expect(wrong.map(({ text, word }) => `${text}: wanted ${hex(word)}`)).toEqual([]);
  });

  it('disassembles every word to its text', () => {
    const wrong: string[] = [];
    for (const { word, text, address } of facts) {
      const ours = disassemble(word, { address }).toLowerCase();
      // The other tool knows fewer system registers (none of GICv5) and writes those generically.
      if (/\bs[0-3]_[0-7]_c\d+_c\d+_[0-7]\b|^sysl? /.test(text)) {
        if (wordOf(ours, address) !== word) wrong.push(`${ours}: wanted ${hex(word)}`);
      } else if (ours !== targeted(text)) wrong.push(`${hex(word)}: ${ours}, wanted ${targeted(text)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('accepts the spellings that programmers use, as another assembler does', () => {
    const wrong: string[] = [];
    for (const line of factLines('spellings.txt')) {
      const [word = '', text = ''] = line.split('\t');
      const ours = wordOf(text, 0x1_0000n);
      if (ours !== parseInt(word, 16))
        wrong.push(`${text}: ${typeof ours === 'number' ? hex(ours) : ours}, wanted ${word}`);
    }
    expect(wrong).toEqual([]);
  });
});
