/** Every instruction, in the order in which an assembler tries forms of one mnemonic. */
import { type Row } from '../row.ts';
import { ARITHMETIC_ROWS } from './arithmetic.ts';
import { BIT_ROWS } from './bits.ts';
import { BRANCH_ROWS } from './branches.ts';
import { MEMORY_ROWS } from './memory.ts';
import { MOVE_ROWS } from './moves.ts';
import { SYSTEM_ROWS } from './system.ts';

export const ROWS: readonly Row[] = [
  ...MOVE_ROWS,
  ...ARITHMETIC_ROWS,
  ...BIT_ROWS,
  ...BRANCH_ROWS,
  ...MEMORY_ROWS,
  ...SYSTEM_ROWS,
];
