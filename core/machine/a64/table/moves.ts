/**
 * Logical operations and wide moves. They come first because `mov` is an alias in several of them, and an assembler
 * takes the first form that fits: MOVZ, MOVN, a bitmask; a register as ORR, the stack pointer as ADD.
 */
import { decodeBitmask } from '../bitmask.ts';
import { type Logic, logicImmediate, logicShifted, moveKeep, moveWide } from '../execute/ops-logic.ts';
import { type Fields } from '../pattern.ts';
import { type Form, type Row } from '../row.ts';

const wide = ({ s, h }: Fields): boolean => s === 1 || h < 2;
const isBitmask = (f: Fields): boolean => (f.s === 1 || f.y === 0) && decodeBitmask(f) !== undefined;
/** A 32-bit operation shifts by at most 31. */
export const amountFits = ({ s, i }: Fields): boolean => s === 1 || i < 32;

const MOVES: readonly Row[] = [
  {
    name: 'MOVZ',
    pattern: 's10100101hhiiiiiiiiiiiiiiiiddddd',
    forms: ['mov <Rd>, <movz>', 'movz <Rd>, <i:16x>{, <hw>}'],
    valid: wide,
    run: moveWide(false),
  },
  {
    name: 'MOVN',
    pattern: 's00100101hhiiiiiiiiiiiiiiiiddddd',
    forms: ['mov <Rd>, <movn>', 'movn <Rd>, <i:16x>{, <hw>}'],
    valid: wide,
    run: moveWide(true),
  },
  {
    name: 'MOVK',
    pattern: 's11100101hhiiiiiiiiiiiiiiiiddddd',
    forms: ['movk <Rd>, <i:16x>{, <hw>}'],
    valid: wide,
    run: moveKeep,
  },
];

interface LogicRow {
  readonly name: string;
  readonly opc: string;
  readonly logic: Logic;
  readonly setFlags?: true;
  readonly inverse: string;
  readonly immediateAliases: readonly Form[];
  readonly registerAliases: readonly Form[];
  readonly inverseAliases: readonly Form[];
}

const LOGIC: readonly LogicRow[] = [
  {
    name: 'orr',
    opc: '01',
    logic: 'orr',
    inverse: 'orn',
    immediateAliases: [['mov <Rd|sp>, <mov bitmask>', { n: 31 }]],
    registerAliases: [['mov <Rd>, <Rm>', { n: 31, k: 0, i: 0 }]],
    inverseAliases: [['mvn <Rd>, <Rm>{, <shift or rotate>}', { n: 31 }]],
  },
  {
    name: 'and',
    opc: '00',
    logic: 'and',
    inverse: 'bic',
    immediateAliases: [],
    registerAliases: [],
    inverseAliases: [],
  },
  {
    name: 'eor',
    opc: '10',
    logic: 'eor',
    inverse: 'eon',
    immediateAliases: [],
    registerAliases: [],
    inverseAliases: [],
  },
  {
    name: 'ands',
    opc: '11',
    logic: 'and',
    setFlags: true,
    inverse: 'bics',
    immediateAliases: [['tst <Rn>, <bitmask>', { d: 31 }]],
    registerAliases: [['tst <Rn>, <Rm>{, <shift or rotate>}', { d: 31 }]],
    inverseAliases: [],
  },
];

function logicRows(row: LogicRow): Row[] {
  const { name, opc, logic, inverse } = row;
  const setFlags = row.setFlags === true;
  const d = setFlags ? 'Rd' : 'Rd|sp';
  const upper = name.toUpperCase();
  return [
    {
      name: `${upper} (immediate)`,
      pattern: `s${opc}100100yrrrrrreeeeeennnnnddddd`,
      forms: [...row.immediateAliases, `${name} <${d}>, <Rn>, <bitmask>`, `${inverse} <${d}>, <Rn>, <~bitmask>`],
      valid: isBitmask,
      run: logicImmediate(logic, setFlags),
    },
    {
      name: `${upper} (shifted register)`,
      pattern: `s${opc}01010kk0mmmmmiiiiiinnnnnddddd`,
      forms: [...row.registerAliases, `${name} <Rd>, <Rn>, <Rm>{, <shift or rotate>}`],
      valid: amountFits,
      run: logicShifted(logic, false, setFlags),
    },
    {
      name: `${inverse.toUpperCase()} (shifted register)`,
      pattern: `s${opc}01010kk1mmmmmiiiiiinnnnnddddd`,
      forms: [...row.inverseAliases, `${inverse} <Rd>, <Rn>, <Rm>{, <shift or rotate>}`],
      valid: amountFits,
      run: logicShifted(logic, true, setFlags),
    },
  ];
}

export const MOVE_ROWS: readonly Row[] = [...MOVES, ...LOGIC.flatMap(logicRows)];
