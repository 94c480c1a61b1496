/** System registers and instructions, hints, barriers, exceptions. */
import {
  barrier,
  exceptionCall,
  hint,
  readSystem,
  returnFromException,
  systemInstruction,
  systemInstructionWithResult,
  undefinedInstruction,
  writePstate,
  writeSystem,
} from '../execute/ops-system.ts';
import { PSTATE_FIELDS } from '../operand/system.ts';
import { type Fields } from '../pattern.ts';
import { type Form, type Row } from '../row.ts';

/** Names of hints by CRm:op2; the other numbers are written `hint #n`. */
const HINT_NAMES: readonly (readonly [name: string, number: number])[] = [
  ['nop', 0],
  ['yield', 1],
  ['wfe', 2],
  ['wfi', 3],
  ['sev', 4],
  ['sevl', 5],
  ['dgh', 6],
  ['xpaclri', 7],
  ['pacia1716', 8],
  ['pacib1716', 10],
  ['autia1716', 12],
  ['autib1716', 14],
  ['esb', 16],
  ['psb csync', 17],
  ['tsb csync', 18],
  ['csdb', 20],
  ['clearbhb', 22],
  ['paciaz', 24],
  ['paciasp', 25],
  ['pacibz', 26],
  ['pacibsp', 27],
  ['autiaz', 28],
  ['autiasp', 29],
  ['autibz', 30],
  ['autibsp', 31],
  ['bti', 32],
  ['bti c', 34],
  ['bti j', 36],
  ['bti jc', 38],
];

const hintForms: readonly Form[] = HINT_NAMES.map(([name, number]): Form => [name, { x: number >> 3, q: number & 7 }]);

const isPstateField = ({ p, q, x }: Fields): boolean =>
  PSTATE_FIELDS.some(([, op1, op2, max]) => op1 === p && op2 === q && x <= max);

const call = (name: string, bits: string, kind: 'svc' | 'hvc' | 'smc' | 'brk' | 'hlt'): Row => ({
  name,
  pattern: `11010100${bits.slice(0, 3)}iiiiiiiiiiiiiiii000${bits.slice(3)}`,
  forms: [`${name.toLowerCase()} <i:16x>`],
  run: exceptionCall(kind),
});

export const SYSTEM_ROWS: readonly Row[] = [
  {
    name: 'MRS',
    pattern: '110101010011hpppggggxxxxqqqttttt',
    forms: ['mrs <Xt>, <sysreg read>'],
    run: readSystem,
  },
  {
    name: 'MSR (register)',
    pattern: '110101010001hpppggggxxxxqqqttttt',
    forms: ['msr <sysreg write>, <Xt>'],
    run: writeSystem,
  },
  {
    name: 'MSR (immediate)',
    pattern: '1101010100000ppp0100xxxxqqq11111',
    forms: ['msr <pstate>'],
    valid: isPstateField,
    run: writePstate,
  },
  {
    name: 'SYS',
    pattern: '1101010100001pppggggxxxxqqqttttt',
    forms: [
      ['gic <gic>', { t: 31 }],
      'gic <gic Xt>, <Xt>',
      ['gsb <gsb>', { t: 31 }],
      'gsb <gsb Xt>, <Xt>',
      ['ic <ic>', { t: 31 }],
      'ic <ic Xt>, <Xt>',
      'dc <dc Xt>, <Xt>',
      'at <at Xt>, <Xt>',
      ['tlbi <tlbi>', { t: 31 }],
      'tlbi <tlbi Xt>, <Xt>',
      'sys <p:3>, <C g>, <C x>, <q:3>{, <Xt or zero>}',
    ],
    run: systemInstruction,
  },
  {
    name: 'SYSL',
    pattern: '1101010100101pppggggxxxxqqqttttt',
    forms: ['gicr <Xt>, <gicr Xt>', 'sysl <Xt>, <p:3>, <C g>, <C x>, <q:3>'],
    run: systemInstructionWithResult,
  },
  { name: 'HINT', pattern: '11010101000000110010xxxxqqq11111', forms: [...hintForms, 'hint <hint>'], run: hint },
  {
    name: 'DSB',
    pattern: '11010101000000110011xxxx10011111',
    forms: [['ssbb', { x: 0 }], ['pssbb', { x: 4 }], 'dsb <barrier>'],
    run: barrier('DSB'),
  },
  { name: 'DMB', pattern: '11010101000000110011xxxx10111111', forms: ['dmb <barrier>'], run: barrier('DMB') },
  { name: 'ISB', pattern: '11010101000000110011xxxx11011111', forms: ['isb {<isb>}'], run: barrier('ISB') },
  { name: 'SB', pattern: '11010101000000110011000011111111', forms: ['sb'], run: barrier('SB') },
  call('SVC', '00001', 'svc'),
  call('HVC', '00010', 'hvc'),
  call('SMC', '00011', 'smc'),
  call('BRK', '00100', 'brk'),
  call('HLT', '01000', 'hlt'),
  { name: 'ERET', pattern: '11010110100111110000001111100000', forms: ['eret'], run: returnFromException },
  { name: 'UDF', pattern: '0000000000000000iiiiiiiiiiiiiiii', forms: ['udf <i:16>'], run: undefinedInstruction },
];
