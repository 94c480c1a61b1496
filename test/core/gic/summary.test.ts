import { describe, expect, it } from 'vitest';
import { registerByName, registerNames, summarize } from '../../../core/gic/registers.ts';

function line(name: string, value: bigint): string {
  const register = registerByName(name);
  if (register === undefined) throw new Error(`no register ${name}`);
  return summarize(register, value);
}

describe('a register value on one line', () => {
  it('is the interrupt where the value names one', () => {
    expect(line('GICR CDIA', 0x12000001bn)).toBe('PPI 27');
    expect(line('GICR CDIA', 0n)).toBe('nothing acknowledged');
    expect(line('ICC_HPPIR_EL1', 0n)).toBe('none');
    expect(line('GIC CDPRI', 0xf840000008n)).toBe('LPI 8 PRIORITY=31');
    expect(line('GIC CDPEND', 0x140000009n)).toBe('LPI 9 PENDING');
    expect(line('ICC_IAR1_EL1', 27n)).toBe('PPI 27');
    expect(line('ICC_IAR1_EL1', 1023n)).toBe('none (1023)');
    expect(line('GICC_IAR', 0x401n)).toBe('SGI 1 CPUID=1');
  });

  it('is the state of a list register that has none', () => {
    expect(line('ICH_LR0_EL2', 0n)).toBe('invalid');
    expect(line('ICH_LR0_EL2', 0x50a0_0200_0000_0021n)).toBe(
      'SPI 33 State=pending Group Priority=160 pINTID_or_EOI=512',
    );
    expect(line('ICH_LR0_EL2', 0x10a0_0200_0000_0021n)).toBe(
      'SPI 33 State=invalid Group Priority=160 pINTID_or_EOI=512',
    );
  });

  it('lists set bits of one-bit-per-interrupt registers as ranges', () => {
    expect(line('ICC_PPI_ENABLER0_EL1', 0x5c800008n)).toBe('PPI 3, PPI 23, PPI 26–28, PPI 30');
    expect(line('ICC_PPI_ENABLER1_EL1', 1n)).toBe('PPI 64');
    expect(line('ICC_PPI_ENABLER0_EL1', (1n << 64n) - 1n)).toBe('PPI 0–63');
    expect(line('GICD_ISENABLER1', 0x6n)).toBe('SPI 33–34');
    expect(line('GICR_ISENABLER0', 0x0801_8001n)).toBe('SGI 0, SGI 15, PPI 16, PPI 27');
    expect(line('ICC_PPI_ENABLER0_EL1', 0x5555_5555n)).toBe(
      'PPI 0, PPI 2, PPI 4, PPI 6, PPI 8, PPI 10, PPI 12, PPI 14, 8 more',
    );
  });

  it('groups equal priorities and triggers', () => {
    expect(line('ICC_PPI_PRIORITYR0_EL1', 0x1f1f_1f1f_1f1f_1f1fn)).toBe('PPI 0–7 = 31');
    expect(line('ICC_PPI_PRIORITYR3_EL1', 0x1000_0000n)).toBe('PPI 27 = 16');
    expect(line('GICD_ICFGR2', 0xaaaa_aaa2n)).toBe('SPI 32 = edge, SPI 34–47 = edge');
  });

  it('names the fields that are set elsewhere', () => {
    expect(line('ICC_CR0_EL1', 7n)).toBe('LINK_IDLE LINK EN');
    expect(line('ICC_PCR_EL1', 0x1fn)).toBe('PRIORITY=31');
    expect(line('CNTV_CTL_EL0', 5n)).toBe('ISTATUS ENABLE');
    expect(line('CNTV_CTL_EL0', 0n)).toBe('0');
    expect(line('IRS_IDR1', 0x4f0002n)).toBe('PRIORITY_BITS=5 bits IAFFID_BITS=16 bits PE_CNT=2');
  });

  it('is short and never empty for any register', () => {
    for (const name of registerNames())
      for (const value of [0n, 0x5555_5555_5555_5555n, (1n << 64n) - 1n]) {
        const text = line(name, value);
        expect(text, name).toMatch(/^\S.{0,398}\S$|^\S$/);
      }
  });
});
