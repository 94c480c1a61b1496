import { describe, expect, it } from 'vitest';
import {
  decode,
  nameAt,
  registerAt,
  registerByEncoding,
  registerByName,
  type Register,
} from '../../../core/gic/registers.ts';

function register(name: string): Register {
  const found = registerByName(name);
  if (found === undefined) throw new Error(`no register ${name}`);
  return found;
}

/** Fields by name, with the text where there is one. */
function read(name: string, value: bigint): Record<string, bigint | string> {
  const fields = decode(register(name), value).filter((field) => !field.reserved);
  return Object.fromEntries(fields.map((field) => [field.name, field.text ?? field.value]));
}

describe('values recorded from a Linux boot on GICv5', () => {
  it('reads ICC_IDR0_EL1 0x41 as 24 identifier bits and 5 priority bits', () => {
    expect(read('ICC_IDR0_EL1', 0x41n)).toEqual({ ID_BITS: '24 bits', PRI_BITS: '5 bits', GCIE_LEGACY: 0n });
  });

  it('reads ICC_CR0_EL1 0x6 as connected and disabled, 0x7 as enabled', () => {
    expect(read('ICC_CR0_EL1', 0x6n)).toMatchObject({ EN: 'disabled', LINK: 'connected', LINK_IDLE: 'settled' });
    expect(read('ICC_CR0_EL1', 0x7n)).toMatchObject({ EN: 'enabled' });
  });

  it('reads ICC_ICSR_EL1 0x10000f802 as an enabled edge interrupt of priority 31 for PE 1', () => {
    expect(read('ICC_ICSR_EL1', 0x10000f802n)).toEqual({
      IAFFID: 1n,
      Priority: 31n,
      HM: 'edge',
      Active: 'inactive',
      IRM: 'targeted',
      Pending: 'idle',
      Enabled: 'enabled',
      F: 'valid',
    });
  });

  it('reads the acknowledge 0x12000001b as valid, PPI 27', () => {
    expect(read('GICR CDIA', 0x12000001bn)).toEqual({ VALID: 'valid', TYPE: 'PPI', ID: 'PPI 27' });
    expect(read('GICR CDIA', 0n)).toMatchObject({ VALID: 'nothing acknowledged' });
  });

  it('reads GIC CDPRI 0xf840000008 as priority 31 for LPI 8', () => {
    expect(read('GIC_CDPRI', 0xf840000008n)).toEqual({ PRIORITY: 31n, TYPE: 'LPI', ID: 'LPI 8' });
  });

  it('reads IRS_IDR1 0x4f0002 as 2 PEs, 16 affinity bits and 5 priority bits', () => {
    expect(read('IRS_IDR1', 0x4f0002n)).toEqual({ PRIORITY_BITS: '5 bits', IAFFID_BITS: '16 bits', PE_CNT: 2n });
  });

  it('reads IRS_IST_CFGR 0x10018 as two levels of 4 KB tables over 24 bits', () => {
    expect(read('IRS_IST_CFGR', 0x10018n)).toEqual({
      STRUCTURE: 'two-level',
      ISTSZ: '4 bytes',
      L2SZ: '4 KB',
      LPI_ID_BITS: 24n,
    });
  });
});

describe('values recorded from a Linux boot on GICv3', () => {
  it('reads GITS_TYPER 0x1f0001efb1 without a reserved bit set', () => {
    expect(read('GITS_TYPER', 0x1f0001efb1n)).toMatchObject({
      CIL: 1n,
      CIDbits: '16 bits',
      Devbits: '16 bits',
      Physical: 1n,
    });
    const reserved = decode(register('GITS_TYPER'), 0x1f0001efb1n).filter((field) => field.reserved);
    expect(reserved.every((field) => field.value === 0n)).toBe(true);
  });
});

describe('finding a register', () => {
  it('finds elements of arrays by number', () => {
    expect(register('ICC_PPI_PRIORITYR13_EL1').encoding).toEqual([3, 0, 12, 15, 5]);
    expect(register('GICD_ISENABLER3').offset).toBe(0x10c);
    expect(register('GICR_IPRIORITYR2').offset).toBe(0x408);
    expect(register('ICH_LR8_EL2').encoding).toEqual([3, 4, 12, 13, 0]);
    expect(registerByName('GICD_ISENABLER32')).toBeUndefined();
    expect(registerByName('ICC_PPI_PRIORITYR<n>_EL1')).toBeUndefined();
  });

  it('finds the middle of a 64-bit register by address', () => {
    const found = registerAt('GICD', 0x6106);
    expect(found?.register.name).toBe('GICD_IROUTER32');
    expect(found?.index).toBe(32);
    expect(found?.byte).toBe(6);
  });

  it('prefers GICv5 where two models share an encoding, and obeys a model', () => {
    expect(registerByEncoding(3, 4, 12, 11, 7)?.byName.has('EN')).toBe(true);
    expect(registerByEncoding(3, 4, 12, 11, 7, 'v3')?.byName.has('VENG1')).toBe(true);
    expect(registerByName('ICH_VMCR_EL2', 'v3')?.name).toBe('ICH_VMCR_V3_EL2');
  });

  it('calls the place of an access by its register, and by frame and offset where there is none', () => {
    expect(nameAt('GICD', 0x104)).toBe('GICD_ISENABLER1');
    expect(nameAt('GICR', 0x1_0100)).toBe('GICR_ISENABLER0');
    expect(nameAt('GICD_V2', 0xf00, 'GICD')).toBe('GICD_SGIR');
    expect(nameAt('GICD', 0xfff0_0000)).toBe('GICD+0xfff00000');
  });
});
