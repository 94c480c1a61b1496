/** Laws of the instruction table: rows are disjoint, text and word are inverse. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWord, type Instruction, INSTRUCTIONS } from '../../../../core/machine/a64/decode.ts';
import { disassemble, disassembleWord } from '../../../../core/machine/a64/index.ts';
import { decodeBitmask, encodeBitmask } from '../../../../core/machine/a64/bitmask.ts';
import { type Fields, insert, type Letter, noFields } from '../../../../core/machine/a64/pattern.ts';
import { hex, wordOf } from './support/facts.ts';

const ADDRESS = 0x4000_0000n;

const fieldsOf = ({ pattern }: Instruction): fc.Arbitrary<Fields> =>
  fc
    .tuple(
      ...[...pattern.widths].map(([letter, width]) =>
        fc
          .oneof(fc.nat(2 ** width - 1), fc.constantFrom(0, 2 ** width - 1), fc.nat(Math.min(31, 2 ** width - 1)))
          .map((value): [Letter, number] => [letter, value]),
      ),
    )
    .map((values) => Object.assign(noFields(), Object.fromEntries(values)));

/** Bitmasks have encodings that differ only in ignored bits of immr; text cannot tell them apart. */
function isCanonical(fields: Fields): boolean {
  const value = decodeBitmask(fields);
  if (value === undefined) return true;
  const best = encodeBitmask(value.lo, value.hi);
  return best?.r === fields.r && best.y === fields.y && best.e === fields.e;
}

describe('the instruction table', () => {
  it('has rows of unique names', () => {
    const names = INSTRUCTIONS.map(({ row }) => row.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has no two rows that could claim one word', () => {
    const clashes: string[] = [];
    for (const [index, a] of INSTRUCTIONS.entries())
      for (const b of INSTRUCTIONS.slice(index + 1)) {
        const common = a.pattern.mask & b.pattern.mask;
        if (((a.pattern.value ^ b.pattern.value) & common) === 0) clashes.push(`${a.row.name} and ${b.row.name}`);
      }
    expect(clashes).toEqual([]);
  });

  it.each(INSTRUCTIONS.map((instruction) => [instruction.row.name, instruction] as const))(
    'assembles what it disassembles: %s',
    (_name, instruction) => {
      fc.assert(
        fc.property(fieldsOf(instruction), (fields) => {
          const word = insert(instruction.pattern, fields);
          const decoded = decodeWord(word);
          const isValid = instruction.row.valid?.(fields) ?? true;
          expect(decoded?.instruction.row.name).toBe(isValid ? instruction.row.name : undefined);
          if (!isValid) {
            expect(disassemble(word, { address: ADDRESS })).toBe(`.inst 0x${hex(word)}`);
            return;
          }
          if (instruction.pattern.widths.has('y') && !isCanonical(fields)) return;
          const text = disassembleWord(word, { address: ADDRESS });
          expect(text).toBeDefined();
          const again = wordOf(text ?? '', ADDRESS);
          expect(typeof again === 'number' ? hex(again) : again, text).toBe(hex(word));
        }),
        { numRuns: 60 },
      );
    },
  );

  it('writes any word as a line that makes it again', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (word) => {
        const decoded = decodeWord(word);
        if (decoded?.instruction.pattern.widths.has('y') === true && !isCanonical(decoded.fields)) return;
        const again = wordOf(disassemble(word, { address: ADDRESS }), ADDRESS);
        expect(typeof again === 'number' ? hex(again) : again).toBe(hex(word));
      }),
      { numRuns: 3000 },
    );
  });
});
