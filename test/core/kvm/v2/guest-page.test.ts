/** A GICv2 guest's own CPU interface: the page that is mapped to hardware (gicv3-registers, GICC). */
import { describe, expect, it } from 'vitest';
import { D, V3Lab } from '../../../conformance/v3-lab.ts';

const C = 0x801_0000n;
const CTLR = 0x00n;
const PMR = 0x04n;
const IAR = 0x0cn;
const EOIR = 0x10n;
const RPR = 0x14n;
const HPPIR = 0x18n;
const AIAR = 0x20n;
const AEOIR = 0x24n;
const AHPPIR = 0x28n;
const APR = 0xd0n;

/** A guest in which SPI 32 waits, of this group. */
class Guest {
  readonly lab = V3Lab.v2(1);

  constructor(group: 0 | 1) {
    const { lab } = this;
    lab.w(0, D + 0x84n, group);
    lab.w(0, D + 0x420n, 0x50, 1);
    lab.w(0, D + 0x104n, 1);
    lab.spi(32);
    lab.enter();
    this.set(PMR, 0xff);
    this.set(CTLR, 0);
  }

  get(offset: bigint, length = 4): number {
    return Number(this.lab.at(0).vcpu.directAccess(C + offset, length));
  }

  set(offset: bigint, value: number, length = 4): void {
    this.lab.at(0).vcpu.directAccess(C + offset, length, BigInt(value));
  }

  get signal(): string {
    return this.lab.at(0).vcpu.signal;
  }
}

describe('the CPU interface page of a GICv2 guest', () => {
  it('acknowledges and ends an interrupt of group 0', () => {
    const guest = new Guest(0);
    guest.set(CTLR, 1);
    expect([guest.get(PMR), guest.get(HPPIR), guest.get(AHPPIR)]).toEqual([0xf8, 32, 1023]);
    expect([guest.get(AIAR), guest.get(IAR), guest.get(IAR)]).toEqual([1023, 32, 1023]);
    expect([guest.get(RPR), guest.get(APR)]).toEqual([0x50, 1 << 10]);
    guest.set(EOIR, 32);
    expect([guest.get(RPR), guest.get(APR), guest.lab.irq(32).onLr]).toEqual([0xff, 0, true]);
    expect(guest.lab.lr()[0]).toBe(0x0050_0000_0000_0020n);
  });

  it('signals group 0 as an IRQ, and as a FIQ with FIQEn', () => {
    const guest = new Guest(0);
    expect(guest.signal).toBe('none');
    guest.set(CTLR, 1);
    expect(guest.signal).toBe('irq');
    guest.set(CTLR, 9);
    expect([guest.signal, guest.get(CTLR)]).toEqual(['fiq', 9]);
  });

  it('says 1022 where an interrupt of group 1 waits and AckCtl does not let IAR have it', () => {
    const guest = new Guest(1);
    guest.set(CTLR, 3);
    expect([guest.signal, guest.get(HPPIR), guest.get(AHPPIR), guest.get(IAR)]).toEqual(['irq', 1022, 32, 1022]);
    expect(guest.get(AIAR)).toBe(32);
    guest.set(EOIR, 32);
    expect(guest.lab.lr()[0]).toBe(0x9050_0000_0000_0020n);
  });

  it('ends one of group 1 with AEOIR, and with EOIR where AckCtl is set', () => {
    const ended = (control: number, iar: bigint, eoir: bigint): [number, bigint | undefined] => {
      const guest = new Guest(1);
      guest.set(CTLR, control);
      const intid = guest.get(iar);
      guest.set(eoir, intid);
      return [intid, guest.lab.lr()[0]];
    };
    expect(ended(2, AIAR, AEOIR)).toEqual([32, 0x1050_0000_0000_0020n]);
    expect(ended(6, IAR, EOIR)).toEqual([32, 0x1050_0000_0000_0020n]);
  });

  it('keeps what is no register, and no whole word, RAZ/WI without an exit', () => {
    const guest = new Guest(0);
    guest.set(CTLR, 1, 1);
    guest.set(0x40n, 1);
    expect([guest.get(CTLR), guest.get(PMR, 1), guest.get(0x40n), guest.get(0xfcn)]).toEqual([0, 0, 0, 0x04b2_043b]);
    expect(guest.lab.at(0).vcpu.inGuest).toBe(true);
    // DIR is in the second page, which is KVM's.
    expect(guest.lab.at(0).vcpu.directAccess(C + 0x1000n, 4, 32n)).toBeUndefined();
  });
});
