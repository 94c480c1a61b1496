/** gicv3-scenarios, parts L and N: the GICv2 on the shared core, and what real hosts wrote. */
import { describe, expect, it } from 'vitest';
import { D, hex, R, V3Lab } from './v3-lab.ts';

const S = R + 0x1_0000n;

/** A hypercall after which userspace moves a line. */
function hypercall(lab: V3Lab, action: () => void): void {
  lab.exit();
  action();
  lab.enter();
}

describe('L. GICv2', () => {
  it('[V3-076] delivers one source of an SGI at a time', () => {
    const lab = V3Lab.v2(4);
    lab.w(0, D + 0x403n, 0xa0, 1);
    lab.w(1, D + 0xf00n, 0x0001_0003);
    lab.w(2, D + 0xf00n, 0x0001_0003);
    expect(lab.r(0, D + 0xf10n)).toBe(0x0600_0000n);
    lab.enter();
    const { hardware } = lab.at(0);
    expect(hex(...lab.lr(), lab.hcr())).toEqual(['0x40a0020000000403', '0x61']);
    expect([lab.irq(3).source, lab.irq(3).latch]).toEqual([4, true]);
    expect(hardware.acknowledge(0)).toBe(0x403);
    lab.again();
    expect(hex(...lab.lr())).toEqual(['0x80a0020000000403']);
    hardware.endOfInterrupt(0, 0x403);
    expect(hardware.eisr).toBe(1);
    lab.again();
    expect(hex(...lab.lr())).toEqual(['0x40a0000000000803']);
    expect([lab.irq(3).source, lab.irq(3).latch]).toEqual([0, false]);
    const reached = (value: number): number[] => {
      for (let n = 0; n < 4; n++) lab.irq(3, n).latch = false;
      lab.w(1, D + 0xf00n, value);
      return [0, 1, 2, 3].filter((n) => lab.irq(3, n).latch);
    };
    expect([reached(0x0100_0003), reached(0x0200_0003), reached(0x0300_0003)]).toEqual([[0, 2, 3], [1], []]);
  });

  it('[V3-077] delivers to the lowest CPU of a target mask', () => {
    const lab = V3Lab.v2(4);
    lab.w(0, D + 0x104n, 0xffff_ffff);
    lab.w(0, D + 0x828n, 0x0c, 1);
    expect(lab.r(0, D + 0x828n, 1)).toBe(0x0cn);
    lab.spi(40);
    expect(lab.list(2)).toEqual([40]);
    lab.w(0, D + 0x829n, 0xf0, 1);
    expect(lab.r(0, D + 0x829n, 1)).toBe(0n);
    lab.spi(41);
    expect(lab.list(0)).toEqual([41]);
    expect(lab.r(3, D + 0x800n)).toBe(0x0808_0808n);
  });
});

describe('N. Recorded truth and late additions', () => {
  it('[V3-079] builds the list registers of nested PPIs as a real host wrote them', () => {
    const lab = V3Lab.base();
    lab.sysreg(0, 'PMR', 0xf8n);
    const ppis = [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 29, 31];
    for (const intid of ppis) {
      lab.w(0, S + 0x400n + BigInt(intid), (31 - intid) * 8, 1);
      lab.w(0, S + 0x100n, (1 << intid) >>> 0);
    }
    const entries: Record<number, string[]> = {};
    lab.enter();
    for (const intid of ppis) {
      hypercall(lab, () => lab.ppi(intid));
      entries[intid] = hex(lab.hcr(), ...lab.lr());
      expect(lab.iar()).toBe(intid);
      hypercall(lab, () => lab.ppi(intid, 0));
    }
    expect(entries[16]).toEqual(['0x191', '0x5078020000000010']);
    expect(entries[19]).toEqual([
      '0x191',
      '0x9078020000000010',
      '0x9070020000000011',
      '0x9068020000000012',
      '0x5060020000000013',
    ]);
    expect(entries[20]).toEqual([
      '0x4197',
      '0x5058020000000014',
      '0x9060020000000013',
      '0x9068020000000012',
      '0x9070020000000011',
    ]);
    expect(entries[21]).toEqual([
      '0x4197',
      '0x5050020000000015',
      '0x9058020000000014',
      '0x9060020000000013',
      '0x9068020000000012',
    ]);
    expect(entries[25]).toEqual([
      '0x4197',
      '0x5030020000000019',
      '0x9038020000000018',
      '0x9040020000000017',
      '0x9048020000000016',
    ]);
    expect(entries[29]).toEqual([
      '0x4197',
      '0x501002000000001d',
      '0x9030020000000019',
      '0x9038020000000018',
      '0x9040020000000017',
    ]);
    expect(entries[31]).toEqual([
      '0x4197',
      '0x500002000000001f',
      '0x901002000000001d',
      '0x9030020000000019',
      '0x9038020000000018',
    ]);
    expect(lab.ap1r()).toBe(0xffc5);
    const ends: string[][] = [];
    for (const intid of [...ppis].reverse()) {
      lab.eoi(intid);
      const [apr, misr] = [lab.ap1r(), lab.misr()];
      lab.again();
      ends.push(hex(apr, misr, lab.hcr(), lab.lr()[0] ?? 0n));
      if (intid === 20)
        expect(hex(lab.hcr(), ...lab.lr())).toEqual([
          '0x191',
          '0x9060020000000013',
          '0x9068020000000012',
          '0x9070020000000011',
          '0x9078020000000010',
        ]);
    }
    expect(ends.slice(0, 3)).toEqual([
      ['0xffc4', '0x1', '0x4197', '0x901002000000001d'],
      ['0xffc0', '0x1', '0x4197', '0x9030020000000019'],
      ['0xff80', '0x1', '0x4197', '0x9038020000000018'],
    ]);
    lab.exit();
    expect([lab.ap1r(), lab.list()]).toEqual([0, []]);
  });

  it('[V3-080] sweeps 32 level SPIs as a real host did', () => {
    const lab = V3Lab.base();
    for (let intid = 32; intid < 64; intid++) lab.w(0, D + 0x400n + BigInt(intid), (intid % 31) * 8, 1);
    lab.w(0, D + 0xc08n, 0);
    lab.w(0, D + 0xc0cn, 0);
    lab.sysreg(0, 'PMR', 0xf8n);
    for (let intid = 32; intid < 64; intid++) lab.spi(intid);
    lab.enter();
    expect(hex(lab.hcr(), ...lab.lr())).toEqual([
      '0x419b',
      '0x500002000000003e',
      '0x5008020000000020',
      '0x500802000000003f',
      '0x5010020000000021',
    ]);
    const round = (): number => {
      const intid = lab.iar();
      hypercall(lab, () => lab.spi(intid, 0));
      return intid;
    };
    const loaded = (): number[] => lab.lr().map((lr) => Number(lr & 0x3ffn));
    expect(round()).toBe(62);
    expect([...hex(lab.hcr()), loaded()]).toEqual(['0x419f', [32, 63, 33, 34]]);
    lab.eoi(62);
    expect(hex(lab.hcr(), lab.misr())).toEqual(['0x800419f', '0x4']);
    lab.take();
    lab.again();
    expect(lab.take('irq.acknowledged')).toEqual([{ kind: 'irq.acknowledged', pin: 30 }]);
    expect([...hex(lab.hcr()), loaded()]).toEqual(['0x419b', [32, 63, 33, 34]]);
    const end = (intid: number): void => {
      lab.eoi(intid);
      if (lab.misr() !== 0) lab.again();
    };
    for (let intid = round(); ; intid = round()) {
      if (intid === 57) break;
      end(intid);
    }
    expect(hex(lab.hcr())).toEqual(['0x4197']);
    end(57);
    expect(hex(lab.hcr(), ...lab.lr())).toEqual([
      '0x4191',
      '0x50d802000000003a',
      '0x50e002000000003b',
      '0x50e802000000003c',
      '0x50f002000000003d',
    ]);
    expect(round()).toBe(58);
    expect(hex(lab.hcr(), lab.lr()[0] ?? 0n)).toEqual(['0x4191', '0x90d802000000003a']);
    end(58);
    for (let n = 0; n < 3; n++) end(round());
    lab.again();
    expect(hex(lab.hcr())).toEqual(['0x191']);
  });

  it('[V3-081] loses a latch that is set while a level interrupt is active', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0xc08n, 0xaaaa_aaa2);
    lab.spi(33);
    lab.enter();
    expect(lab.iar()).toBe(33);
    hypercall(lab, () => lab.spi(33, 0));
    lab.w(0, D + 0x204n, 2);
    expect([...hex(...lab.lr()), lab.r(0, D + 0x204n)]).toEqual(['0x90a0020000000021', 2n]);
    lab.eoi(33);
    expect(hex(...lab.lr(), lab.misr())).toEqual(['0x10a0020000000021', '0x1']);
    lab.take();
    lab.exit();
    expect([lab.irq(33).latch, lab.take('ap.remove').length, lab.r(0, D + 0x204n)]).toEqual([false, 1, 0n]);
    lab.enter();
    expect(lab.iar()).toBe(1023);
    lab.exit();
    lab.spi(32);
    lab.enter();
    lab.iar();
    lab.w(0, D + 0x204n, 1);
    expect(hex(...lab.lr())).toEqual(['0xd0a0000000000020']);
    lab.eoi(32);
    expect(hex(...lab.lr())).toEqual(['0x50a0000000000020']);
    expect(lab.iar()).toBe(32);
  });

  it('[V3-082] keeps the interface over a power cycle of the CPU', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.enter(1);
    lab.write('CTLR', 2, 1);
    const { vcpu } = lab.at(1);
    lab.exit(1);
    vcpu.setPoweredOff(true);
    vcpu.setPoweredOff(false);
    vcpu.reset();
    lab.enter(1);
    expect(['PMR', 'IGRPEN1', 'CTLR'].map((name) => lab.read(name, 1))).toEqual([0xf0, 1, 0x402]);
    expect(lab.r(1, S + 0x2_0000n + 0x100n)).toBe(0xffffn);
  });

  it('[V3-083] takes equal priorities in the order of arrival', () => {
    for (const [first, second] of [
      [63, 27],
      [27, 63],
    ] as const) {
      const lab = V3Lab.base();
      lab.w(0, S + 0x100n, 1 << 27);
      lab.enter();
      const raise = (intid: number): void => (intid === 27 ? lab.ppi(27) : lab.spi(63));
      raise(first);
      raise(second);
      lab.again();
      expect([lab.read('HPPIR1'), lab.iar(), lab.iar()]).toEqual([first, first, 1023]);
      lab.eoi(first);
      expect(lab.iar()).toBe(second);
    }
  });
});
