/**
 * Loads and stores. One line per access (what is moved), one per addressing mode; their product is the rows. Bits of
 * the words: size 31:30, V 26 = 0, opc 23:22.
 */
import {
  clearExclusive,
  loadAcquire,
  loadExclusive,
  loadExclusivePair,
  storeExclusive,
  storeExclusivePair,
  storeRelease,
} from '../execute/ops-exclusive.ts';
import {
  loadB,
  loadH,
  loadSbW,
  loadSbX,
  loadShW,
  loadShX,
  loadSwX,
  loadW,
  loadX,
  storeB,
  storeH,
  storeW,
  storeX,
} from '../execute/memory.ts';
import {
  atLabel,
  atOffset,
  atRegister,
  pair,
  type PairKind,
  type PairMode,
  prefetch,
  type Single,
  withWriteback,
} from '../execute/ops-memory.ts';
import { signed } from '../pattern.ts';
import { type Row } from '../row.ts';

interface Access extends Single {
  /** Mnemonic after `ld` or `st`: `ldrb` is `rb`. */
  readonly name: string;
  readonly suffix: string;
  readonly size: string;
  readonly opc: string;
  readonly register: 'Xt' | 'Wt';
}

const access = (suffix: string, size: string, opc: string, register: 'Xt' | 'Wt', does: Single['access']): Access => ({
  name: `${opc === '00' ? 'STR' : 'LDR'}${suffix.toUpperCase()} ${register}`,
  suffix,
  size,
  opc,
  register,
  access: does,
  isLoad: opc !== '00',
});

const ACCESSES: readonly Access[] = [
  access('', '11', '00', 'Xt', storeX),
  access('', '11', '01', 'Xt', loadX),
  access('', '10', '00', 'Wt', storeW),
  access('', '10', '01', 'Wt', loadW),
  access('b', '00', '00', 'Wt', storeB),
  access('b', '00', '01', 'Wt', loadB),
  access('sb', '00', '10', 'Xt', loadSbX),
  access('sb', '00', '11', 'Wt', loadSbW),
  access('h', '01', '00', 'Wt', storeH),
  access('h', '01', '01', 'Wt', loadH),
  access('sh', '01', '10', 'Xt', loadShX),
  access('sh', '01', '11', 'Wt', loadShW),
  access('sw', '10', '10', 'Xt', loadSwX),
];

function modes(row: Access): Row[] {
  const { name, suffix, size, opc, register, isLoad } = row;
  const log2 = parseInt(size, 2);
  const bytes = 1 << log2;
  const verb = isLoad ? 'ld' : 'st';
  const full = `${verb}r${suffix}`;
  const unscaled = `${verb}ur${suffix}`;
  const unprivileged = `${verb}tr${suffix}`;
  const nine = (bits: string): string => `${size}111000${opc}0iiiiiiiii${bits}nnnnnttttt`;
  return [
    {
      name: `${name} (unsigned offset)`,
      pattern: `${size}111001${opc}iiiiiiiiiiiinnnnnttttt`,
      forms: [`${full} <${register}>, [<Xn|sp>{, <i:12*${bytes}>}]`],
      run: atOffset(row, ({ i }) => i * bytes),
    },
    {
      name: `${name} (pre-indexed)`,
      pattern: nine('11'),
      forms: [`${full} <${register}>, [<Xn|sp>, <i:-9>]!`],
      run: withWriteback(row, true),
    },
    {
      name: `${name} (post-indexed)`,
      pattern: nine('01'),
      forms: [`${full} <${register}>, [<Xn|sp>], <i:-9>`],
      run: withWriteback(row, false),
    },
    {
      name: `${name} (register offset)`,
      pattern: `${size}111000${opc}1mmmmmooov10nnnnnttttt`,
      forms: [`${full} <${register}>, [<Xn|sp>, <offset:${log2}>]`],
      valid: ({ o }) => (o & 2) !== 0,
      run: atRegister(row, log2),
    },
    {
      name: `${name} (unscaled)`,
      pattern: nine('00'),
      // A negative or unaligned offset of the plain form needs this encoding.
      forms: [
        `${unscaled} <${register}>, [<Xn|sp>{, <i:-9>}]`,
        [`${full} <${register}>, [<Xn|sp>, <i:-9>]`, {}, () => false],
      ],
      run: atOffset(row, ({ i }) => signed(i, 9)),
    },
    {
      // Without translation there are no permissions that EL0 lacks.
      name: `${name} (unprivileged)`,
      pattern: nine('10'),
      forms: [`${unprivileged} <${register}>, [<Xn|sp>{, <i:-9>}]`],
      run: atOffset(row, ({ i }) => signed(i, 9)),
    },
  ];
}

const LITERALS: readonly Row[] = [
  {
    name: 'LDR Wt (literal)',
    pattern: '00011000iiiiiiiiiiiiiiiiiiittttt',
    forms: ['ldr <Wt>, <label:19>'],
    run: atLabel(loadW),
  },
  {
    name: 'LDR Xt (literal)',
    pattern: '01011000iiiiiiiiiiiiiiiiiiittttt',
    forms: ['ldr <Xt>, <label:19>'],
    run: atLabel(loadX),
  },
  {
    name: 'LDRSW (literal)',
    pattern: '10011000iiiiiiiiiiiiiiiiiiittttt',
    forms: ['ldrsw <Xt>, <label:19>'],
    run: atLabel(loadSwX),
  },
  {
    name: 'PRFM (literal)',
    pattern: '11011000iiiiiiiiiiiiiiiiiiizzzzz',
    forms: ['prfm <prefetch>, <label:19>'],
    run: prefetch,
  },
  {
    name: 'PRFM (unsigned offset)',
    pattern: '1111100110iiiiiiiiiiiinnnnnzzzzz',
    forms: ['prfm <prefetch>, [<Xn|sp>{, <i:12*8>}]'],
    run: prefetch,
  },
  {
    name: 'PRFM (register offset)',
    pattern: '11111000101mmmmmooov10nnnnnzzzzz',
    forms: ['prfm <prefetch>, [<Xn|sp>, <offset:3>]'],
    valid: ({ o }) => (o & 2) !== 0,
    run: prefetch,
  },
  {
    name: 'PRFUM',
    pattern: '11111000100iiiiiiiii00nnnnnzzzzz',
    forms: ['prfum <prefetch>, [<Xn|sp>{, <i:-9>}]', ['prfm <prefetch>, [<Xn|sp>, <i:-9>]', {}, () => false]],
    run: prefetch,
  },
];

const PAIR_MODES: readonly { readonly title: string; readonly code: string; readonly mode: PairMode }[] = [
  { title: 'signed offset', code: '010', mode: 'offset' },
  { title: 'pre-indexed', code: '011', mode: 'before' },
  { title: 'post-indexed', code: '001', mode: 'after' },
  { title: 'no allocate', code: '000', mode: 'offset' },
];

function pairRows(kind: PairKind, opc: string, isLoad: boolean): Row[] {
  const r = kind === 'w' ? 'W' : 'X';
  const bytes = kind === 'x' ? 8 : 4;
  return PAIR_MODES.filter(({ title }) => kind !== 'signed word' || title !== 'no allocate').map(
    ({ title, code, mode }) => {
      const stem = title === 'no allocate' ? 'np' : 'p';
      const name = `${isLoad ? 'ld' : 'st'}${stem}${kind === 'signed word' ? 'sw' : ''}`;
      const offset = `<i:-7*${bytes}>`;
      const where =
        mode === 'offset'
          ? `[<Xn|sp>{, ${offset}}]`
          : mode === 'before'
            ? `[<Xn|sp>, ${offset}]!`
            : `[<Xn|sp>], ${offset}`;
      return {
        name: `${name.toUpperCase()} ${r}t (${title})`,
        pattern: `${opc}1010${code}${isLoad ? '1' : '0'}iiiiiiiuuuuunnnnnttttt`,
        forms: [`${name} <${r}t>, <${r}u>, ${where}`],
        run: pair(kind, isLoad, mode),
      };
    },
  );
}

const PAIRS: readonly Row[] = [
  ...pairRows('x', '10', false),
  ...pairRows('x', '10', true),
  ...pairRows('w', '00', false),
  ...pairRows('w', '00', true),
  ...pairRows('signed word', '01', true),
];

/** Exclusive, acquire, release: size, then the letters that follow the mnemonic. */
function exclusiveRows(size: string, suffix: string, r: 'X' | 'W'): Row[] {
  const bytes = 1 << parseInt(size, 2);
  const row = (name: string, bits: string, status: boolean, run: Row['run']): Row => ({
    name: `${name}${suffix}`.toUpperCase() + (suffix === '' ? ` ${r}t` : ''),
    pattern: `${size}001000${bits}nnnnnttttt`,
    forms: [`${name}${suffix} ${status ? '<Ww>, ' : ''}<${r}t>, [<Xn|sp>{, <zero>}]`],
    run,
  });
  return [
    row('stxr', '000wwwww011111', true, storeExclusive(bytes)),
    row('stlxr', '000wwwww111111', true, storeExclusive(bytes)),
    row('ldxr', '01011111011111', false, loadExclusive(bytes)),
    row('ldaxr', '01011111111111', false, loadExclusive(bytes)),
    row('stlr', '10011111111111', false, storeRelease(bytes)),
    row('ldar', '11011111111111', false, loadAcquire(bytes)),
  ];
}

function exclusivePairRows(size: string, r: 'X' | 'W'): Row[] {
  const bytes = r === 'X' ? 8 : 4;
  const row = (name: string, bits: string, status: boolean, run: Row['run']): Row => ({
    name: `${name.toUpperCase()} ${r}t`,
    pattern: `${size}001000${bits}uuuuunnnnnttttt`,
    forms: [`${name} ${status ? '<Ww>, ' : ''}<${r}t>, <${r}u>, [<Xn|sp>{, <zero>}]`],
    run,
  });
  return [
    row('stxp', '001wwwww0', true, storeExclusivePair(bytes)),
    row('stlxp', '001wwwww1', true, storeExclusivePair(bytes)),
    row('ldxp', '011111110', false, loadExclusivePair(bytes)),
    row('ldaxp', '011111111', false, loadExclusivePair(bytes)),
  ];
}

export const MEMORY_ROWS: readonly Row[] = [
  ...ACCESSES.flatMap(modes),
  ...LITERALS,
  ...PAIRS,
  ...exclusiveRows('11', '', 'X'),
  ...exclusiveRows('10', '', 'W'),
  ...exclusiveRows('01', 'h', 'W'),
  ...exclusiveRows('00', 'b', 'W'),
  ...exclusivePairRows('11', 'X'),
  ...exclusivePairRows('10', 'W'),
  {
    name: 'CLREX',
    pattern: '11010101000000110011xxxx01011111',
    forms: ['clrex {<clrex>}'],
    run: clearExclusive,
  },
];
