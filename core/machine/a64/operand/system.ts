/** Operands of system instructions: registers, named operations, barriers, PSTATE fields, conditions, prefetches. */
import { registerByName, registerNames } from '../../../gic/registers.ts';
import { CONDITION_NUMBERS, CONDITIONS } from '../conditions.ts';
import { OPERATIONS, type OperationClass, type OperationRow } from '../names/operations.data.ts';
import { type Direction, similarNames, systemRegisterEncoding, systemRegisterName } from '../names/system-names.ts';
import { type Fields, type Letter } from '../pattern.ts';
import { isMismatchValue } from './immediates.ts';
import { type Operand, readNumber, sameFields } from './operand.ts';

function likeThis(name: string): string {
  const near = similarNames(name);
  return near.length > 0 ? ` (perhaps ${near.join(', ')})` : ' such as VBAR_EL1 or S3_0_C12_C0_0';
}

/** A system register of MRS (read) or MSR (write). Field h is op0 − 2. */
export function systemRegister(direction: Direction): Operand {
  return {
    read(cursor, draft, scope) {
      const { token } = cursor;
      const encoding = token.kind === 'name' ? systemRegisterEncoding(token.text, scope.model) : undefined;
      if (encoding === undefined) {
        return cursor.wanted('a system register', undefined, () => likeThis(token.text));
      }
      cursor.next();
      const [op0, p, g, x, q] = encoding;
      draft.putAll({ h: op0 - 2, p, g, x, q });
      return undefined;
    },
    print: ({ h, p, g, x, q }, { model }) => systemRegisterName([h + 2, p, g, x, q], direction, model),
  };
}

interface Named {
  readonly text: string;
  readonly fields: Partial<Fields>;
}

/** One of a list of names that each stand for some fields. */
function namedOperand(names: () => readonly Named[], what: string): Operand {
  return {
    read(cursor, draft) {
      const { token } = cursor;
      const lower = token.text.toLowerCase();
      const found = token.kind === 'name' ? names().find(({ text }) => text === lower) : undefined;
      if (found === undefined)
        return cursor.wanted(
          `${what}: ${names()
            .map(({ text }) => text)
            .join(', ')}`,
        );
      cursor.next();
      return draft.putAll(found.fields) ? undefined : cursor.wanted(what);
    },
    print: (fields) => names().find((name) => sameFields(fields, name.fields))?.text,
  };
}

const operationNames = (rows: readonly OperationRow[], withOperand: boolean): Named[] =>
  rows
    .filter(([, , hasOperand]) => hasOperand === withOperand)
    .map(([name, [p, g, x, q]]) => ({ text: name.toLowerCase(), fields: { p, g, x, q } }));

/** The operation of `ic`, `dc`, `at` or `tlbi`; those with or those without an operand. */
export function operation(of: OperationClass, withOperand: boolean): Operand {
  const names = operationNames(OPERATIONS[of], withOperand);
  return namedOperand(() => names, `an operation of ${of}`);
}

/**
 * The operation of `gic`, `gicr` or `gsb`, from core/gic's tables. An operation whose operand is ignored is written
 * without one when Xt is XZR.
 */
export function gicOperation(of: 'GIC' | 'GICR' | 'GSB', which: 'all' | 'without operand'): Operand {
  let names: Named[] | undefined;
  return namedOperand(() => (names ??= gicNames(of, which === 'all')), `an operation of ${of.toLowerCase()}`);
}

function gicNames(of: string, all: boolean): Named[] {
  const out: Named[] = [];
  for (const name of registerNames()) {
    if (!name.startsWith(`${of} `)) continue;
    const register = registerByName(name);
    if (register?.encoding === undefined) continue;
    const ignoresOperand = register.fields.every((field) => field.name === 'IGNORED');
    const [, p, g, x, q] = register.encoding;
    if (all || ignoresOperand) out.push({ text: name.slice(of.length + 1).toLowerCase(), fields: { p, g, x, q } });
  }
  return out;
}

/** Barrier domains by CRm; the rest are numbers. */
const BARRIERS: ReadonlyMap<number, string> = new Map([
  [1, 'oshld'],
  [2, 'oshst'],
  [3, 'osh'],
  [5, 'nshld'],
  [6, 'nshst'],
  [7, 'nsh'],
  [9, 'ishld'],
  [10, 'ishst'],
  [11, 'ish'],
  [13, 'ld'],
  [14, 'st'],
  [15, 'sy'],
]);

/** Domain of DMB and DSB: a name or a number. */
export const barrierDomain: Operand = {
  read(cursor, draft, scope) {
    const lower = cursor.token.text.toLowerCase();
    const named = [...BARRIERS].find(([, name]) => name === lower);
    if (named !== undefined && cursor.token.kind === 'name') {
      cursor.next();
      draft.put('x', named[0]);
      return undefined;
    }
    if (cursor.token.kind === 'name') return cursor.wanted(`a barrier domain: ${[...BARRIERS.values()].join(', ')}`);
    const value = readNumber(cursor, scope, [0, 15, 1]);
    if (isMismatchValue(value)) return value;
    draft.put('x', value);
    return undefined;
  },
  print: ({ x }) => BARRIERS.get(x) ?? `#0x${x.toString(16).padStart(2, '0')}`,
};

/** Domain of ISB (only `sy`) and of CLREX (a number): 15 when left out. */
export const fullDomain = (name: string | undefined): Operand => ({
  omitted: { x: 15 },
  read(cursor, draft, scope) {
    if (name !== undefined && cursor.token.text.toLowerCase() === name) {
      cursor.next();
      draft.put('x', 15);
      return undefined;
    }
    const value = readNumber(cursor, scope, [0, 15, 1]);
    if (isMismatchValue(value)) return value;
    draft.put('x', value);
    return undefined;
  },
  print: ({ x }) => `#0x${x.toString(16)}`,
});

/** Fields of PSTATE that MSR (immediate) writes: op1, op2, and the largest value. */
export const PSTATE_FIELDS: readonly (readonly [name: string, p: number, q: number, max: number])[] = [
  ['UAO', 0, 3, 1],
  ['PAN', 0, 4, 1],
  ['SPSel', 0, 5, 15],
  ['ALLINT', 1, 0, 1],
  ['SSBS', 3, 1, 1],
  ['DIT', 3, 2, 1],
  ['TCO', 3, 4, 1],
  ['DAIFSet', 3, 6, 15],
  ['DAIFClr', 3, 7, 15],
];

/** `DAIFSet, #2`: field and value together, because the field bounds the value. */
export const pstateField: Operand = {
  read(cursor, draft, scope) {
    const lower = cursor.token.text.toLowerCase();
    const row = PSTATE_FIELDS.find(([name]) => name.toLowerCase() === lower);
    if (row === undefined)
      return cursor.wanted(`a field of PSTATE (${PSTATE_FIELDS.map(([name]) => name).join(', ')})`);
    cursor.next();
    if (!cursor.mark(',')) return cursor.wanted('`,`');
    const [, p, q, max] = row;
    const value = readNumber(cursor, scope, [0, max, 1]);
    if (isMismatchValue(value)) return value;
    draft.putAll({ p, q, x: value });
    return undefined;
  },
  print({ p, q, x }) {
    const row = PSTATE_FIELDS.find((candidate) => candidate[1] === p && candidate[2] === q);
    return row === undefined || x > row[3] ? undefined : `${row[0]}, #0x${x.toString(16)}`;
  },
};

/** `c0` … `c15` of SYS and SYSL. */
export const controlRegister = (letter: Letter): Operand => ({
  read(cursor, draft) {
    const match = /^c(1[0-5]|[0-9])$/i.exec(cursor.token.text);
    if (match === null) return cursor.wanted('c0 … c15');
    cursor.next();
    draft.put(letter, Number(match[1]));
    return undefined;
  },
  print: (fields) => `C${fields[letter]}`,
});

/** A condition, as it is or inverted; inverted ones cannot be `al` or `nv`. */
export const condition = (inverted: boolean): Operand => ({
  read(cursor, draft) {
    const number = CONDITION_NUMBERS.get(cursor.token.text.toLowerCase());
    const expected = `a condition: ${CONDITIONS.slice(0, inverted ? 14 : 16).join(', ')}`;
    if (number === undefined || (inverted && number >= 14)) return cursor.wanted(expected);
    cursor.next();
    draft.put('c', inverted ? number ^ 1 : number);
    return undefined;
  },
  print: ({ c }) => (inverted && c >= 14 ? undefined : CONDITIONS[inverted ? c ^ 1 : c]),
});

/** Number of a hint: CRm and op2 together. */
export const hintNumber: Operand = {
  read(cursor, draft, scope) {
    const value = readNumber(cursor, scope, [0, 127, 1]);
    if (isMismatchValue(value)) return value;
    draft.putAll({ x: value >> 3, q: value & 7 });
    return undefined;
  },
  print: ({ x, q }) => `#0x${((x << 3) | q).toString(16)}`,
};

const PREFETCH = ['pld', 'pli', 'pst'] as const;

/** `pldl1keep` … `pstl3strm`, or a number. */
export const prefetchOperation: Operand = {
  read(cursor, draft, scope) {
    const match = /^(pld|pli|pst)l([123])(keep|strm)$/i.exec(cursor.token.text);
    if (match === null) {
      if (cursor.token.kind === 'name') return cursor.wanted('a prefetch operation such as pldl1keep, or its number');
      const value = readNumber(cursor, scope, [0, 31, 1]);
      if (isMismatchValue(value)) return value;
      draft.put('z', value);
      return undefined;
    }
    cursor.next();
    const type = PREFETCH.findIndex((name) => name === (match[1] ?? '').toLowerCase());
    draft.put('z', (type << 3) | ((Number(match[2]) - 1) << 1) | (/strm/i.test(match[3] ?? '') ? 1 : 0));
    return undefined;
  },
  print({ z }) {
    const type = PREFETCH[z >> 3];
    const level = ((z >> 1) & 3) + 1;
    return type === undefined || level > 3
      ? `#0x${z.toString(16).padStart(2, '0')}`
      : `${type}l${level}${z & 1 ? 'strm' : 'keep'}`;
  },
};
