/** Names of system registers and instructions, both ways. */
import { describe, expect, it } from 'vitest';
import { registerByName, registerNames } from '../../../../core/gic/registers.ts';
import {
  disassemble,
  packEncoding,
  systemRegisterEncoding,
  systemRegisterName,
  unpackEncoding,
} from '../../../../core/machine/a64/index.ts';
import { SYSTEM_REGISTERS } from '../../../../core/machine/a64/names/system-registers.data.ts';
import { hex, wordOf } from './support/facts.ts';

describe('system register names', () => {
  it('lead from every encoding to a name and back', () => {
    for (let packed = 0x8000; packed < 0x1_0000; packed++)
      for (const direction of ['read', 'write'] as const) {
        const name = systemRegisterName(unpackEncoding(packed), direction);
        const encoding = systemRegisterEncoding(name);
        expect(encoding && packEncoding(encoding), name).toBe(packed);
      }
  });

  it('are read in any case', () => {
    expect(systemRegisterEncoding('vbar_EL1')).toEqual([3, 0, 12, 0, 0]);
    expect(systemRegisterEncoding('currentel')).toEqual([3, 0, 4, 2, 2]);
    expect(systemRegisterEncoding('pmevcntr30_el0')).toEqual([3, 3, 14, 11, 6]);
    expect(systemRegisterEncoding('s3_1_c12_c0_1')).toEqual([3, 1, 12, 0, 1]);
  });

  it('do not include instructions, other operands, or numbers out of range', () => {
    for (const name of ['GIC CDDI', 'S1_0_C12_C1_0', 'S3_8_C0_C0_0', 'PMEVCNTR31_EL0', 'x0', '', '__proto__'])
      expect(systemRegisterEncoding(name), name).toBeUndefined();
  });

  it('are not repeated from the interrupt controller tables', () => {
    for (const [name, encoding] of SYSTEM_REGISTERS) {
      const known = registerByName(name);
      expect(known?.encoding?.join(), name).not.toBe(encoding.join());
    }
  });

  it('include every system register of the interrupt controller tables', () => {
    for (const name of registerNames()) {
      const register = registerByName(name);
      if (register?.space !== 'sysreg' || register.encoding === undefined) continue;
      const word = wordOf(register.access === 'WO' ? `msr ${name}, x7` : `mrs x7, ${name}`);
      const direction = register.access === 'WO' ? 0 : 1 << 21;
      expect(typeof word === 'number' ? hex(word) : word, name).toBe(
        hex((0xd500_0000 | direction | (packEncoding(register.encoding) << 5) | 7) >>> 0),
      );
    }
  });
});

describe('interrupt controller instructions', () => {
  // gicv5-registers §4: words with X0, or XZR where there is no operand.
  it.each([
    ['gic cddis, x0', 0xd508c100],
    ['gic cden, x0', 0xd508c120],
    ['gic cdpri, x0', 0xd508c140],
    ['gic cdaff, x0', 0xd508c160],
    ['gic cdpend, x0', 0xd508c180],
    ['gic cdrcfg, x0', 0xd508c1a0],
    ['gic cdeoi', 0xd508c1ff],
    ['gic cddi, x0', 0xd508c200],
    ['gic cdhm, x0', 0xd508c220],
    ['gicr x0, cdia', 0xd528c300],
    ['gicr x0, cdnmia', 0xd528c320],
    ['gic vddis, x0', 0xd50cc100],
    ['gic vden, x0', 0xd50cc120],
    ['gic vdpri, x0', 0xd50cc140],
    ['gic vdaff, x0', 0xd50cc160],
    ['gic vdrcfg, x0', 0xd50cc1a0],
    ['gic vddi, x0', 0xd50cc200],
    ['gic vdhm, x0', 0xd50cc220],
    ['gic vdpend, x0', 0xd50cc180],
    ['gsb sys', 0xd508c01f],
    ['gsb ack', 0xd508c03f],
  ])('`%s` is the word that the tables give', (text, word) => {
    expect(wordOf(text)).toBe(word);
    expect(disassemble(word, { address: 0n })).toBe(text);
  });

  it('show an operand where one is written that is ignored', () => {
    expect(disassemble(0xd508c1e5, { address: 0n })).toBe('gic cdeoi, x5');
    expect(wordOf('gic cdeoi, x5')).toBe(0xd508c1e5);
  });
});
