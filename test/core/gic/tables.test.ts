import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../../../core/gic/decode.ts';
import {
  decode,
  type EncodingRow,
  fieldValue,
  registerAt,
  registerByEncoding,
  registerByName,
  registerNames,
  type Register,
} from '../../../core/gic/registers.ts';
import { TABLES } from '../../../core/gic/tables/index.ts';

/** The A64 word of `MSR`/`SYS`, or with `read` of `MRS`/`SYSL`. `rt` is 0 … 31, 31 = XZR. */
function instructionWord([op0, op1, crn, crm, op2]: EncodingRow, rt: number, read: boolean): number {
  const word = (op0 << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5) | rt;
  return ((read ? 0xd520_0000 : 0xd500_0000) | word) >>> 0;
}

const names = registerNames();
const all: readonly Register[] = names.map(register);

function register(name: string): Register {
  const found = registerByName(name);
  if (found === undefined) throw new Error(`no register ${name}`);
  return found;
}

function roundTrip(found: Register, value: bigint): bigint {
  return encode(found, Object.fromEntries(decode(found, value).map((field) => [field.name, field.value])));
}

describe('the register tables', () => {
  it('have every name once and find each register by its own name', () => {
    const rows = TABLES.flatMap((table) => table.rows);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    expect(new Set(names).size).toBe(rows.reduce((sum, row) => sum + (row.count ?? 1), 0));
    expect(all.map((found) => found.name)).toEqual(names);
    expect(names.length).toBeGreaterThan(3000);
  });

  it('have every encoding once, but for the one that two models share', () => {
    const owners = new Map<string, string[]>();
    for (const found of all) {
      if (found.encoding === undefined) continue;
      const key = found.encoding.join(',');
      owners.set(key, [...(owners.get(key) ?? []), found.name]);
    }
    expect([...owners.values()].filter((list) => list.length > 1)).toEqual([['ICH_VMCR_EL2', 'ICH_VMCR_V3_EL2']]);
    for (const found of all)
      if (found.encoding !== undefined)
        expect(registerByEncoding(...found.encoding, found.model)?.name).toBe(found.name);
  });

  it('place every memory-mapped register where no other is, byte by byte', () => {
    for (const found of all) {
      if (found.offset === undefined) continue;
      expect(found.offset % (found.width / 8), found.name).toBe(0);
      for (let byte = 0; byte < found.width / 8; byte++) {
        const located = registerAt(found.space, found.offset + byte);
        expect(located?.register.name).toBe(found.name);
        expect(located?.byte).toBe(byte);
        expect(located?.index).toBe(found.index ?? 0);
      }
    }
  });

  it('give every register fields that do not overlap, cover it exactly and have names of their own', () => {
    for (const found of all) {
      let next = found.width - 1;
      for (const field of found.fields) {
        expect(field.msb, `${found.name}.${field.name}`).toBe(next);
        expect(field.lsb).toBeLessThanOrEqual(field.msb);
        expect(field.description, `${found.name}.${field.name}`).not.toBe('');
        next = field.lsb - 1;
      }
      expect(next, found.name).toBe(-1);
      expect(found.byName.size, found.name).toBe(found.fields.length);
    }
  });

  it('fill every placeholder of names and descriptions', () => {
    for (const found of all) {
      expect(found.name).not.toMatch(/[<>]/);
      for (const field of found.fields) expect(`${field.name} ${field.description}`).not.toMatch(/<\w+>/);
    }
  });

  it('say for every register of a document in sections which section describes it', () => {
    expect(register('ICC_CR0_EL1').clause).toBe('gicv5-registers §2');
    expect(register('ITS_TRANSLATER').clause).toBe('gicv5-irs-registers §9');
    for (const table of TABLES)
      for (const row of table.rows)
        if (table.sections !== undefined)
          expect(register(row.name.replace('<n>', '0')).clause, row.name).toMatch(/ \S+$/);
  });

  it('have resets and masks that fit the register', () => {
    for (const found of all) {
      for (const value of [found.reset, found.writeMask])
        if (value !== undefined) expect(BigInt.asUintN(found.width, value), found.name).toBe(value);
    }
  });

  it('never list more words than a field has values', () => {
    for (const found of all)
      for (const field of found.fields)
        if (typeof field.text === 'object')
          expect(BigInt(field.text.length), `${found.name}.${field.name}`).toBeLessThanOrEqual(field.mask + 1n);
  });
});

describe('decode and encode', () => {
  it('are inverse for every register and any value', () => {
    for (const found of all)
      for (const value of [0n, 0x5555_5555_5555_5555n, 0xaaaa_aaaa_aaaa_aaaan, (1n << 64n) - 1n]) {
        const fitting = BigInt.asUintN(found.width, value);
        expect(roundTrip(found, fitting), found.name).toBe(fitting);
      }
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (found, value) => {
        const fitting = BigInt.asUintN(found.width, value);
        expect(roundTrip(found, fitting)).toBe(fitting);
        expect(decode(found, value).map((field) => field.value)).toEqual(
          found.fields.map((field) => fieldValue(found, field.name, value)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('encode fields by name and leave the others zero', () => {
    expect(encode(register('GICR CDIA'), { VALID: true, TYPE: 1, ID: 27n })).toBe(0x12000001bn);
    expect(encode(register('GIC CDAFF'), { IAFFID: 1, TYPE: 3, ID: 33 })).toBe(0x1_6000_0021n);
    expect(encode(register('ICC_PCR_EL1'), {})).toBe(0n);
  });

  it('refuse a field that does not exist and a value that does not fit', () => {
    const pcr = register('ICC_PCR_EL1');
    expect(() => encode(pcr, { PRIO: 1n })).toThrow('ICC_PCR_EL1 has no field PRIO; it has RES0_63_5, PRIORITY');
    expect(() => encode(pcr, { PRIORITY: 32n })).toThrow('ICC_PCR_EL1.PRIORITY: 32 does not fit bits 4:0');
    expect(() => encode(pcr, { PRIORITY: -1n })).toThrow(RangeError);
    expect(() => encode(pcr, { PRIORITY: 1.5 })).toThrow(RangeError);
    expect(fieldValue(pcr, 'PRIO', 1n)).toBeUndefined();
  });

  it('say which interrupt a field is about', () => {
    expect(register('ICC_PPI_ENABLER1_EL1').byName.get('EN3')?.interrupt).toBe('ppi67');
    expect(register('ICC_PPI_PRIORITYR3_EL1').byName.get('Priority3')?.interrupt).toBe('ppi27');
    expect(register('GICD_ISPENDR1').byName.get('Set_pending_bit1')?.interrupt).toBe('spi33');
    expect(register('GICR_ICFGR1').byName.get('Int_config11')?.interrupt).toBe('ppi27');
    expect(register('GICD_V2_SPENDSGIR1').byName.get('sources_1')?.interrupt).toBe('sgi5');
    expect(register('GICD_ISENABLER31').byName.get('Set_enable_bit31')?.interrupt).toBeUndefined();
    expect(register('ICC_PPI_HMR0_EL1').byName.get('HM27')?.description).toBe('Handling mode of PPI 27 (CNTV).');
  });
});

describe('spot checks against the specification', () => {
  it('gives the instruction words that the specification prints', () => {
    const words: [name: string, rt: number, read: boolean, word: number][] = [
      ['ICC_APR_EL1', 0, true, 0xd539c000],
      ['ICC_CR0_EL1', 0, false, 0xd519c020],
      ['ICC_IDR0_EL1', 0, true, 0xd538ca40],
      ['ICC_PPI_PRIORITYR15_EL1', 0, false, 0xd518cfe0],
      ['ICH_CONTEXTR_EL2', 0, false, 0xd51ccbc0],
      ['GIC CDEOI', 31, false, 0xd508c1ff],
      ['GIC CDDI', 0, false, 0xd508c200],
      ['GICR CDIA', 0, true, 0xd528c300],
      ['GIC VDPEND', 0, false, 0xd50cc180],
      ['GSB ACK', 31, false, 0xd508c03f],
    ];
    for (const [name, rt, read, word] of words) {
      const { encoding } = register(name);
      expect(encoding && instructionWord(encoding, rt, read), name).toBe(word);
    }
  });

  it('knows resets by index and those that are no single number', () => {
    expect(register('ICC_PPI_HMR0_EL1').reset).toBe(0x5c80_0000n);
    expect(register('ICC_PPI_HMR1_EL1').reset).toBe(0n);
    expect(register('ICH_HFGWTR_EL2').reset).toBe(0x1e0065n);
    expect(register('GICD_IGROUPR0').reset).toBe(0n);
    expect(register('GICD_IGROUPR7').reset).toBe(0xffff_ffffn);
    expect(register('GITS_BASER1').reset).toBe(0x1c07_0000_0000_0600n);
    expect(register('IRS_IDR5').reset).toBeUndefined();
    expect(register('IRS_IDR5').resetNote).toBe('KVM: nr_spis');
  });

  it('decodes the worked values of the IRS', () => {
    const idr2 = register('IRS_IDR2');
    expect(encode(idr2, { ID_BITS: 16, LPI: 1, MIN_LPI_ID_BITS: 5 })).toBe(0x170n);
    const cfgr = register('IRS_IST_CFGR');
    expect(encode(cfgr, { STRUCTURE: 1, L2SZ: 2, ISTSZ: 1, LPI_ID_BITS: 16 })).toBe(0x100d0n);
  });

  it('decodes a list register with a hardware-backed PPI', () => {
    const lr = decode(register('ICH_LR0_EL2'), 0x70a0_001b_0000_001bn).filter((field) => !field.reserved);
    expect(lr.map((field) => `${field.name} ${field.text ?? field.value}`)).toEqual([
      'State pending',
      'HW hardware',
      'Group group 1',
      'NMI 0',
      'Priority 160',
      'pINTID_or_EOI 27',
      'vINTID PPI 27',
    ]);
  });

  it('keeps the two layouts of ICH_VMCR_EL2 apart', () => {
    expect(encode(register('ICH_VMCR_EL2'), { VPMR: 0x10, EN: 1 })).toBe(0x8000_0001n);
    expect(encode(register('ICH_VMCR_V3_EL2'), { VPMR: 0xf0, VBPR0: 2, VBPR1: 3, VFIQEn: 1, VENG1: 1 })).toBe(
      0xf04c_000an,
    );
    expect(register('ICH_VMCR_V3_EL2').arm).toBe('ICH_VMCR_EL2');
  });
});

describe('looking registers up', () => {
  it('takes the names that traces and assemblers use', () => {
    const spellings: [given: string, name: string][] = [
      ['GICR_CDIA', 'GICR CDIA'],
      ['GIC_CDEOI', 'GIC CDEOI'],
      ['gic cddi', 'GIC CDDI'],
      ['GSB_ACK', 'GSB ACK'],
      ['GSB_SYS', 'GSB SYS'],
      ['gic_cdpend', 'GIC CDPEND'],
      ['icc_cr0_el1', 'ICC_CR0_EL1'],
      ['ICV_CR0_EL1', 'ICC_CR0_EL1'],
      ['S3_1_C12_C0_1', 'ICC_CR0_EL1'],
      ['s1_0_c12_c3_0', 'GICR CDIA'],
      ['CNTV_CTL_EL02', 'CNTV_CTL_EL02'],
    ];
    for (const [given, name] of spellings) expect(registerByName(given)?.name, given).toBe(name);
  });

  it('answers undefined for what is not in the tables', () => {
    for (const name of ['', 'X0', 'GIC CDXX', 'GICD_ISENABLER32', 'GICD_ISENABLER03', 'S3_7_C15_C15_7', 'constructor'])
      expect(registerByName(name), name).toBeUndefined();
    expect(registerByEncoding(3, 7, 15, 15, 7)).toBeUndefined();
    for (const offset of [-4, 0.5, 0x20000, Number.NaN, Number.MAX_SAFE_INTEGER])
      expect(registerAt('GICD', offset), String(offset)).toBeUndefined();
    expect(registerAt('GICR', 0x20000)).toBeUndefined();
    expect(registerAt('IRS_CONFIG', 0x20)).toBeUndefined();
  });

  it('joins the pages of a frame', () => {
    expect(registerAt('IRS', 0x180)?.register.name).toBe('IRS_IST_BASER');
    expect(registerAt('IRS', 0x10000)?.register.name).toBe('IRS_SETLPIR');
    expect(registerAt('ITS', 0x10000)?.register.name).toBe('ITS_TRANSLATER');
    expect(registerAt('GICR', 0x14)?.register.name).toBe('GICR_WAKER');
    expect(registerAt('GICR', 0x10104)).toBeUndefined();
    expect(registerAt('GICR', 0x10410)?.register.name).toBe('GICR_IPRIORITYR4');
    expect(registerAt('GITS', 0x10040)?.register.name).toBe('GITS_TRANSLATER');
    expect(registerAt('GICC', 0x1000)?.register.name).toBe('GICC_DIR');
    expect(registerAt('GICD_V2', 0x823)?.register.name).toBe('GICD_V2_ITARGETSR8');
  });

  it('resolves every register that the recorded boots touch, by name and by encoding', () => {
    for (const [name, encoding] of RECORDED) {
      const [op0, op1, crn, crm, op2] = encoding.split(',').map(Number);
      const found = registerByEncoding(op0 ?? 0, op1 ?? 0, crn ?? 0, crm ?? 0, op2 ?? 0, registerByName(name)?.model);
      expect(found?.name, name).toBe(registerByName(name)?.name);
      expect(found, name).toBeDefined();
    }
  });
});

/** System registers and instructions as a QEMU plugin names them in recordings of Linux on GICv5, GICv3 and under KVM. */
const RECORDED: readonly (readonly [name: string, encoding: string])[] = [
  ['CNTHCTL_EL2', '3,4,14,1,0'],
  ['CNTKCTL_EL1', '3,0,14,1,0'],
  ['CNTKCTL_EL12', '3,5,14,1,0'],
  ['CNTP_CTL_EL02', '3,5,14,2,1'],
  ['CNTP_CVAL_EL02', '3,5,14,2,2'],
  ['CNTVOFF_EL2', '3,4,14,0,3'],
  ['CNTV_CTL_EL0', '3,3,14,3,1'],
  ['CNTV_CTL_EL02', '3,5,14,3,1'],
  ['CNTV_CVAL_EL0', '3,3,14,3,2'],
  ['CNTV_CVAL_EL02', '3,5,14,3,2'],
  ['GICR_CDIA', '1,0,12,3,0'],
  ['GIC_CDAFF', '1,0,12,1,3'],
  ['GIC_CDDI', '1,0,12,2,0'],
  ['GIC_CDEN', '1,0,12,1,1'],
  ['GIC_CDEOI', '1,0,12,1,7'],
  ['GIC_CDHM', '1,0,12,2,1'],
  ['GIC_CDPEND', '1,0,12,1,4'],
  ['GIC_CDPRI', '1,0,12,1,2'],
  ['GIC_CDRCFG', '1,0,12,1,5'],
  ['GSB_ACK', '1,0,12,0,1'],
  ['ICC_AP0R0_EL1', '3,0,12,8,4'],
  ['ICC_AP1R0_EL1', '3,0,12,9,0'],
  ['ICC_BPR1_EL1', '3,0,12,12,3'],
  ['ICC_CR0_EL1', '3,1,12,0,1'],
  ['ICC_CTLR_EL1', '3,0,12,12,4'],
  ['ICC_DIR_EL1', '3,0,12,11,1'],
  ['ICC_EOIR1_EL1', '3,0,12,12,1'],
  ['ICC_IAR1_EL1', '3,0,12,12,0'],
  ['ICC_ICSR_EL1', '3,0,12,10,4'],
  ['ICC_IDR0_EL1', '3,0,12,10,2'],
  ['ICC_IGRPEN1_EL1', '3,0,12,12,7'],
  ['ICC_PCR_EL1', '3,1,12,0,2'],
  ['ICC_PMR_EL1', '3,0,4,6,0'],
  ['ICC_PPI_ENABLER0_EL1', '3,0,12,10,6'],
  ['ICC_PPI_ENABLER1_EL1', '3,0,12,10,7'],
  ['ICC_PPI_HMR0_EL1', '3,0,12,10,0'],
  ['ICC_PPI_PRIORITYR0_EL1', '3,0,12,14,0'],
  ['ICC_PPI_PRIORITYR15_EL1', '3,0,12,15,7'],
  ['ICC_PPI_PRIORITYR8_EL1', '3,0,12,15,0'],
  ['ICC_SGI1R_EL1', '3,0,12,11,5'],
  ['ICC_SRE_EL1', '3,0,12,12,5'],
  ['ICH_AP0R0_EL2', '3,4,12,8,0'],
  ['ICH_AP1R0_EL2', '3,4,12,9,0'],
  ['ICH_ELRSR_EL2', '3,4,12,11,5'],
  ['ICH_HCR_EL2', '3,4,12,11,0'],
  ['ICH_LR0_EL2', '3,4,12,12,0'],
  ['ICH_LR1_EL2', '3,4,12,12,1'],
  ['ICH_LR2_EL2', '3,4,12,12,2'],
  ['ICH_LR3_EL2', '3,4,12,12,3'],
  ['ICH_MISR_EL2', '3,4,12,11,2'],
  ['ICH_VMCR_EL2', '3,4,12,11,7'],
  ['ICH_VTR_EL2', '3,4,12,11,1'],
  ['ISR_EL1', '3,0,12,1,0'],
];
