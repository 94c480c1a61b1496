/** Branches, calls, returns. */
import {
  branch,
  branchIf,
  branchToRegister,
  branchWithLink,
  compareAndBranch,
  testAndBranch,
} from '../execute/ops-branch.ts';
import { type Row } from '../row.ts';

export const BRANCH_ROWS: readonly Row[] = [
  { name: 'B', pattern: '000101iiiiiiiiiiiiiiiiiiiiiiiiii', forms: ['b <label:26>'], run: branch },
  { name: 'BL', pattern: '100101iiiiiiiiiiiiiiiiiiiiiiiiii', forms: ['bl <label:26>'], run: branchWithLink },
  { name: 'B.cond', pattern: '01010100iiiiiiiiiiiiiiiiiii0cccc', forms: ['b.<cond> <label:19>'], run: branchIf },
  {
    name: 'CBZ',
    pattern: 's0110100iiiiiiiiiiiiiiiiiiittttt',
    forms: ['cbz <Rt>, <label:19>'],
    run: compareAndBranch(true),
  },
  {
    name: 'CBNZ',
    pattern: 's0110101iiiiiiiiiiiiiiiiiiittttt',
    forms: ['cbnz <Rt>, <label:19>'],
    run: compareAndBranch(false),
  },
  {
    name: 'TBZ',
    pattern: 'b0110110bbbbbiiiiiiiiiiiiiittttt',
    forms: ['tbz <tested>, <label:14>'],
    run: testAndBranch(true),
  },
  {
    name: 'TBNZ',
    pattern: 'b0110111bbbbbiiiiiiiiiiiiiittttt',
    forms: ['tbnz <tested>, <label:14>'],
    run: testAndBranch(false),
  },
  { name: 'BR', pattern: '1101011000011111000000nnnnn00000', forms: ['br <Xn>'], run: branchToRegister(false) },
  { name: 'BLR', pattern: '1101011000111111000000nnnnn00000', forms: ['blr <Xn>'], run: branchToRegister(true) },
  { name: 'RET', pattern: '1101011001011111000000nnnnn00000', forms: ['ret {<link>}'], run: branchToRegister(false) },
];
