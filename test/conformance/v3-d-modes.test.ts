/** gicv3-scenarios, parts D and E: EOImode 1, and more interrupts than list registers. */
import { describe, expect, it } from 'vitest';
import { D, hex, V3Lab } from './v3-lab.ts';

function priority(lab: V3Lab, intid: number, value: number): void {
  lab.w(0, D + 0x400n + BigInt(intid), value, 1);
}

function actives(lab: V3Lab): number[] {
  return Array.from({ length: 32 }, (_, n) => n + 32).filter((intid) => lab.irq(intid).active);
}

/** 32 … 37, each preempting the one before; gives HCR at the entry after each. */
function nestSix(lab: V3Lab): { hcr: number[]; ap1r: number[] } {
  const seen = { hcr: [] as number[], ap1r: [] as number[] };
  for (let n = 0; n < 6; n++) {
    lab.spi(32 + n);
    lab.again();
    seen.hcr.push(lab.hcr());
    expect(lab.iar()).toBe(32 + n);
    seen.ap1r.push(lab.ap1r());
  }
  return seen;
}

function six(): V3Lab {
  const lab = V3Lab.base();
  for (let n = 0; n < 6; n++) priority(lab, 32 + n, 0xa8 - 8 * n);
  return lab;
}

describe('D. EOImode 1', () => {
  it('[V3-040] separates the priority drop from the deactivation', () => {
    const lab = V3Lab.base();
    lab.enter();
    lab.write('CTLR', 2);
    lab.spi(32);
    lab.again();
    expect(lab.iar()).toBe(32);
    lab.eoi(32);
    expect([lab.ap1r(), ...hex(...lab.lr())]).toEqual([0, '0x90a0000000000020']);
    expect(lab.r(0, D + 0x304n)).toBe(1n);
    lab.spi(32);
    lab.again();
    expect(lab.iar()).toBe(1023);
    expect(lab.write('DIR', 32)).toBe('emulated');
    expect(lab.r(0, D + 0x304n)).toBe(0n);
    expect(lab.iar()).toBe(32);
  });

  it('[V3-041] ignores DIR in mode 0, though it traps', () => {
    const lab = V3Lab.base();
    lab.spi(32);
    lab.enter();
    lab.iar();
    expect(lab.write('DIR', 32)).toBe('emulated');
    expect([...hex(...lab.lr(), lab.hcr()), lab.eoiCount()]).toEqual(['0x90a0000000000020', '0x4191', 0]);
  });

  it('[V3-042] deactivates what another running vCPU has loaded, by halting the VM', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.enter(0);
    lab.enter(1);
    lab.write('CTLR', 2, 0);
    lab.write('CTLR', 2, 1);
    lab.spi(32);
    lab.again(0);
    lab.again(1);
    expect(lab.iar(0)).toBe(32);
    lab.eoi(32, 0);
    expect(hex(lab.hcr(1))).toEqual(['0x4191']);
    lab.take();
    expect(lab.write('DIR', 32, 1)).toBe('emulated');
    const told = lab.take('vm.requestAll', 'vcpu.forcedExit', 'vcpu.requestUpdate', 'vcpu.pruned');
    expect(told.map(({ kind }) => kind)).toEqual(['vm.requestAll', 'vcpu.forcedExit', 'vcpu.requestUpdate']);
    expect([lab.irq(32).active, lab.list(0)]).toEqual([false, [32]]);
    lab.enter(0);
    expect(lab.take('vcpu.pruned')).toHaveLength(1);
    expect([lab.lr(0), ...hex(lab.hcr(0))]).toEqual([[], '0x4191']);
    expect([lab.r(0, D + 0x304n), lab.r(1, D + 0x304n)]).toEqual([0n, 0n]);
  });

  it('[V3-043] deactivates six with four list registers, in any order', () => {
    const lab = six();
    lab.enter();
    lab.write('CTLR', 2);
    nestSix(lab);
    expect(hex(lab.hcr())).toEqual(['0x4197']);
    for (let intid = 37; intid >= 32; intid--) lab.eoi(intid);
    expect([lab.ap1r(), lab.eoiCount(), lab.misr()]).toEqual([0, 0, 0]);
    expect(hex(...lab.lr())).toEqual([
      '0x9080000000000025',
      '0x9088000000000024',
      '0x9090000000000023',
      '0x9098000000000022',
    ]);
    for (let intid = 32; intid <= 37; intid++) {
      expect(lab.write('DIR', intid)).toBe('emulated');
      expect(actives(lab)).toEqual([32, 33, 34, 35, 36, 37].filter((each) => each > intid));
    }
  });
});

describe('E. More interrupts than list registers', () => {
  it('[V3-044] delivers six pending ones once each, the most urgent first', () => {
    for (const late of [false, true]) {
      const lab = V3Lab.base();
      for (let n = 0; n < 6; n++) priority(lab, 32 + n, 0xa0 - 8 * n);
      for (let n = 0; n < 6; n++) lab.spi(32 + n);
      expect(lab.list()).toEqual([32, 33, 34, 35, 36, 37]);
      lab.enter();
      expect(lab.list()).toEqual([37, 36, 35, 34, 33, 32]);
      expect(hex(...lab.lr(), lab.hcr())).toEqual([
        '0x5078000000000025',
        '0x5080000000000024',
        '0x5088000000000023',
        '0x5090000000000022',
        '0x419b',
      ]);
      const taken: [number, number][] = [];
      const pair = (): void => {
        const intid = lab.iar();
        lab.eoi(intid);
        taken.push([intid, lab.misr()]);
      };
      for (let n = 0; n < 3; n++) pair();
      expect(taken).toEqual([
        [37, 0],
        [36, 0],
        [35, 2],
      ]);
      if (late) {
        pair();
        expect(taken.at(-1)).toEqual([34, 0xa]);
      }
      lab.again();
      expect(hex(lab.hcr())).toEqual(['0x4191']);
      expect(lab.lr().map((lr) => Number(lr & 0x3ffn))).toEqual(late ? [33, 32] : [34, 33, 32]);
      while (taken.length < 6) pair();
      expect(taken.map(([intid]) => intid)).toEqual([37, 36, 35, 34, 33, 32]);
      expect(lab.iar()).toBe(1023);
    }
  });

  it('[V3-045] nests six with four list registers in mode 0', () => {
    const lab = six();
    const { hcr, ap1r } = nestSix(lab);
    expect(hex(...hcr)).toEqual(['0x4191', '0x4191', '0x4191', '0x4191', '0x4197', '0x4197']);
    expect(hex(...ap1r)).toEqual(['0x200000', '0x300000', '0x380000', '0x3c0000', '0x3e0000', '0x3f0000']);
    expect(lab.lr().map((lr) => Number(lr & 0x3ffn))).toEqual([37, 36, 35, 34]);
    const misr = [37, 36, 35].map((intid) => {
      lab.eoi(intid);
      return lab.misr();
    });
    expect(misr).toEqual([0, 0, 2]);
    lab.again();
    expect(lab.lr().map((lr) => Number(lr & 0x3ffn))).toEqual([34, 33, 32]);
    for (const intid of [34, 33, 32]) lab.eoi(intid);
    lab.exit();
    expect([actives(lab), lab.ap1r()]).toEqual([[], 0]);
  });

  it('[V3-046] ends an interrupt that is in no list register by counting', () => {
    const lab = V3Lab.base();
    priority(lab, 32, 0x10);
    for (let intid = 33; intid <= 37; intid++) priority(lab, intid, 0x80);
    lab.spi(32);
    lab.enter();
    expect([lab.iar(), lab.ap1r()]).toEqual([32, 4]);
    lab.exit();
    for (let intid = 33; intid <= 37; intid++) lab.spi(intid);
    lab.enter();
    expect([lab.list(), ...hex(lab.hcr()), lab.signal(), lab.iar()]).toEqual([
      [33, 34, 35, 36, 37, 32],
      '0x419f',
      'none',
      1023,
    ]);
    lab.eoi(32);
    expect([lab.ap1r(), ...hex(lab.hcr(), lab.misr())]).toEqual([0, '0x800419f', '0x4']);
    lab.again();
    expect([lab.irq(32).active, lab.list()]).toEqual([false, [33, 34, 35, 36, 37]]);
    expect([...hex(lab.hcr()), lab.signal(), lab.iar()]).toEqual(['0x419b', 'irq', 33]);
  });

  it('[V3-047] nests 31 preemptions with 1, 4 and 16 list registers, in both modes, edge and level', () => {
    for (const numLr of [1, 4, 16])
      for (const split of [false, true])
        for (const level of [false, true]) {
          const lab = V3Lab.base({ numLr });
          for (let n = 0; n < 31; n++) priority(lab, 32 + n, (30 - n) * 8);
          lab.w(0, D + 0xc08n, level ? 0 : 0xaaaa_aaaa);
          lab.w(0, D + 0xc0cn, level ? 0 : 0xaaaa_aaaa);
          lab.sysreg(0, 'PMR', 0xf8n);
          lab.enter();
          lab.write('CTLR', split ? 2 : 0);
          for (let n = 0; n < 31; n++) {
            lab.spi(32 + n);
            lab.again();
            expect(lab.iar()).toBe(32 + n);
            if (level) {
              lab.exit();
              lab.spi(32 + n, 0);
              lab.enter();
            }
          }
          expect(lab.ap1r()).toBe(0x7fff_ffff);
          for (let n = 30; n >= 0; n--) {
            lab.eoi(32 + n);
            if (lab.misr() !== 0) lab.again();
          }
          if (split) for (let n = 0; n < 31; n++) lab.write('DIR', 32 + n);
          lab.again();
          expect([lab.ap1r(), actives(lab), lab.iar()]).toEqual([0, [], 1023]);
          expect(lab.list()).toEqual([]);
        }
  });

  it('[V3-048] delivers 32 SPIs raised together once each, by priority and arrival', () => {
    for (const numLr of [1, 4, 16]) {
      const lab = V3Lab.base({ numLr });
      for (let intid = 32; intid < 64; intid++) priority(lab, intid, (intid % 31) * 8);
      lab.sysreg(0, 'PMR', 0xf8n);
      for (let intid = 32; intid < 64; intid++) lab.spi(intid);
      lab.enter();
      const taken: number[] = [];
      for (let n = 0; n < 32; n++) {
        const intid = lab.iar();
        taken.push(intid);
        lab.eoi(intid);
        if (lab.misr() !== 0) lab.again();
      }
      expect(taken.slice(0, 10)).toEqual([62, 32, 63, 33, 34, 35, 36, 37, 38, 39]);
      expect(taken.slice(-3)).toEqual([59, 60, 61]);
      expect(new Set(taken).size).toBe(32);
      expect(lab.iar()).toBe(1023);
    }
  });
});
