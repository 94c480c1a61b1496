/** gicv3-scenarios, part B: registers. */
import { describe, expect, it } from 'vitest';
import { profileByName } from '../../core/kvm/profiles.ts';
import { D, hex, R, V3Lab } from './v3-lab.ts';

const S = R + 0x1_0000n;
const FRAME = 0x2_0000n;

describe('B. Registers', () => {
  it('[V3-016] reads its constants', () => {
    const lab = V3Lab.base();
    for (const value of [2, 3, 0x13]) {
      lab.w(0, D, value);
      expect(lab.r(0, D)).toBe(0x52n);
    }
    lab.w(0, D, 1);
    expect(lab.r(0, D)).toBe(0x50n);
    lab.w(0, R + 0x14n, 2);
    const words: [bigint, bigint][] = [
      [D + 4n, 0x0048_0001n],
      [D + 0x10n, 0xffff_ffffn],
      [R + 0x10n, 0n],
      [D + 0xffe8n, 0x3bn],
      [R + 0xffe8n, 0x3bn],
      [D + 0xffd0n, 0n],
      [D + 0xffe0n, 0n],
      [D + 0xfff0n, 0n],
      [R + 0x14n, 0n],
      [S + 0xc00n, 0xaaaa_aaaan],
      [S + 0xc04n, 0n],
      [S + 0x100n, 0x0000_ffffn],
      [S + 0x80n, 0xffff_ffffn],
      [D + 0x84n, 0xffff_ffffn],
      [D + 0xc08n, 0xaaaa_aaaan],
    ];
    for (const [address, value] of words) expect([address, lab.r(0, address)]).toEqual([address, value]);
    expect(lab.r(0, R + 0x78n, 8)).toBe(0x580n);
    expect(lab.r(0, R + 0x70n, 8)).toBe(0n);
  });

  it('[V3-017] takes 64-bit accesses only where a register has 64 bits', () => {
    const lab = V3Lab.base({ vcpus: 18 });
    const typer = R + 17n * FRAME + 8n;
    expect(hex(lab.r(0, typer, 8), lab.r(0, typer), lab.r(0, typer + 4n))).toEqual([
      '0x10100001110',
      '0x1110',
      '0x101',
    ]);
    expect(lab.r(0, R + 16n * FRAME + 8n, 8)).toBe(0x0000_0100_0000_1000n);
    const router = D + 0x6140n;
    lab.w(0, router, 0xffff_ffff_8123_4567n, 8);
    expect(lab.r(0, router, 8)).toBe(0x23_4567n);
    expect(lab.r(0, router + 4n)).toBe(0n);
    lab.w(0, router, 0x101);
    expect([lab.r(0, router, 8), lab.irq(40).target]).toEqual([0x101n, 17]);
    lab.w(0, router + 4n, 0xff);
    expect([lab.r(0, router, 8), lab.irq(40).target]).toEqual([0x101n, 17]);
    lab.w(0, D + 0x184n, 0xff);
    const enables = lab.r(0, D + 0x104n);
    expect(lab.r(0, D + 0x100n, 8)).toBe(0n);
    lab.w(0, D + 0x100n, 0xffff_ffff_ffff_ffffn, 8);
    expect(lab.r(0, D + 0x104n)).toBe(enables);
    lab.w(0, D + 0x104n, 0xffff, 2);
    expect([lab.r(0, D + 0x104n, 2), lab.r(0, D + 0x104n), lab.r(0, router + 2n)]).toEqual([0n, enables, 0n]);
  });

  it('[V3-017] carried a 64-bit access out in 2014 as two words, the high one first', () => {
    const lab = V3Lab.plain({ profile: profileByName('vgicv3-2014') });
    lab.w(0, D + 0x104n, 5);
    lab.take();
    expect(lab.r(0, D + 0x100n, 8)).toBe(0x5_0000_0000n);
    const halves = lab.take('mmio.half').map((event) => ('offset' in event ? event.offset : -1));
    expect(halves).toEqual([0x104, 0x100]);
    lab.w(0, D + 0x6140n, 0x1_0000_0003n, 8);
    expect(lab.r(0, D + 0x6140n, 8)).toBe(3n);
    expect(lab.r(0, R + 8n, 8)).toBe(0x10n);
    expect(V3Lab.plain().r(0, D + 0x100n, 8)).toBe(0n);
  });

  it('[V3-018] takes bytes of priorities and keeps their upper five bits', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0x420n, 0xdead_beef);
    expect(lab.r(0, D + 0x420n)).toBe(0xd8a8_b8e8n);
    expect([0n, 1n, 2n, 3n].map((n) => lab.r(0, D + 0x420n + n, 1))).toEqual([0xe8n, 0xb8n, 0xa8n, 0xd8n]);
    lab.w(0, D + 0x422n, 7, 1);
    expect(lab.r(0, D + 0x420n)).toBe(0xd800_b8e8n);
    lab.w(0, S + 0x41bn, 0xff, 1);
    expect(lab.r(0, S + 0x41bn, 1)).toBe(0xf8n);
    lab.w(0, D + 0x184n, 0xffff_ffff);
    lab.w(0, D + 0x104n, 0xff, 1);
    expect([lab.r(0, D + 0x100n, 1), lab.r(0, D + 0x104n)]).toEqual([0n, 0n]);
  });

  it('[V3-019] ignores what affinity routing or KVM leaves out', () => {
    const lab = V3Lab.base();
    const dist = [
      0x40, 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0xc00, 0xc04, 0xd00, 0xe00, 0xf00, 0xf10, 0xf20, 0x1000,
    ];
    for (let n = 0; n < 0x20; n += 4) dist.push(0x400 + n);
    for (let n = 0; n < 0x40; n += 4) dist.push(0x800 + n);
    for (let n = 0; n <= 0xf8; n += 4) dist.push(0x6000 + n);
    const places = [...dist.map((n) => D + BigInt(n)), S + 0xd00n, S + 0xe00n, R + 0x40n];
    lab.host.journal.clear();
    for (const place of places) lab.w(0, place, 0xffff_ffff);
    expect(lab.host.journal.count).toBe(0);
    expect(places.map((place) => lab.r(0, place)).filter((value) => value !== 0n)).toEqual([]);
  });

  it('[V3-020] ignores blocks beyond the number of interrupts', () => {
    const lab = V3Lab.base();
    lab.host.journal.clear();
    for (const offset of [0x108n, 0x440n, 0xc10n]) {
      lab.w(0, D + offset, 0xffff_ffff);
      expect(lab.r(0, D + offset)).toBe(0n);
    }
    lab.w(0, D + 0x6200n, 0xffff_ffffn, 8);
    expect([lab.r(0, D + 0x6200n, 8), lab.host.journal.count]).toEqual([0n, 0]);
  });

  it('[V3-021] configures SPIs alone', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0xc08n, 0xaaaa_aa82);
    expect(lab.r(0, D + 0xc08n)).toBe(0xaaaa_aa82n);
    expect([32, 33, 34, 35].map((n) => lab.irq(n).isLevel)).toEqual([false, true, true, false]);
    lab.w(0, D + 0xc08n, 0xffff_ffff);
    lab.w(0, S + 0xc04n, 0xaaaa_aaaa);
    lab.w(0, S + 0xc00n, 0);
    expect([D + 0xc08n, S + 0xc04n, S + 0xc00n].map((at) => lab.r(0, at))).toEqual([0xaaaa_aaaan, 0n, 0xaaaa_aaaan]);
  });

  it('[V3-022] lets a redistributor act on its owner, whoever accesses it', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.w(0, S + FRAME + 0x180n, 0xffff);
    expect([lab.r(0, S + FRAME + 0x100n), lab.r(0, S + 0x100n)]).toEqual([0n, 0xffffn]);
  });
});
