/** The control page of an ITS (gicv3-registers, GITS). */
import { describe, expect, it } from 'vitest';
import { GROUP } from '../../../../../core/kvm/uapi.ts';
import { hex } from '../../../../conformance/v3-lab.ts';
import { COLLECTIONS, DEVICES, DOORBELL, ITS, ItsLab, QUEUE } from './its-lab.ts';

const EBUSY = -16;
const EINVAL = -22;

describe('the ITS frame', () => {
  it('shows KVM its identity, whole or in halves', () => {
    const lab = ItsLab.bare();
    lab.itsAttr('set', GROUP.ADDR, 4n, ITS);
    const word = (offset: number): bigint => lab.r(0, ITS + BigInt(offset));
    expect(hex(word(0), word(4), word(8), word(0xc), lab.r(0, ITS + 8n, 8))).toEqual([
      '0x80000000',
      '0x4b00043b',
      '0x1ef71',
      '0x0',
      '0x1ef71',
    ]);
    expect([0xffd0, 0xffe0, 0xffe4, 0xffe8, 0xfff0, 0xfff4, 0xfff8, 0xfffc].map(word)).toEqual([
      0x40n,
      0x92n,
      0xb4n,
      0x3bn,
      0x0dn,
      0xf0n,
      0x05n,
      0xb1n,
    ]);
    // Bytes, the translation page and what lies between are nobody's.
    lab.w(0, DOORBELL, 0);
    expect([lab.r(0, ITS, 1), lab.r(0, ITS + 0x1_0040n), lab.r(0, ITS + 0x140n, 8), lab.r(0, ITS, 8)]).toEqual([
      0n,
      0n,
      0n,
      0n,
    ]);
  });

  it('keeps of tables and queue what KVM supports', () => {
    const lab = ItsLab.bare();
    lab.itsAttr('set', GROUP.ADDR, 4n, ITS);
    const baser = (n: number): bigint => ITS + 0x100n + BigInt(8 * n);
    expect(hex(lab.r(0, baser(0), 8), lab.r(0, baser(1), 8), lab.r(0, baser(2), 8))).toEqual([
      '0x1907000000000600',
      '0x1c07000000000600',
      '0x0',
    ]);
    // As recorded from a real KVM.
    lab.w(0, baser(0), 0n, 8);
    lab.w(0, baser(1), 0n, 8);
    expect(hex(lab.r(0, baser(0), 8), lab.r(0, baser(1), 8))).toEqual(['0x1907000000000200', '0x1c07000000000200']);
    lab.w(0, baser(0), 0x7800_0000_0000_0400n, 8);
    expect(hex(lab.r(0, baser(0), 8))).toEqual(['0x7907000000000600']);
    // One level only for collections; the upper half alone.
    lab.w(0, baser(1) + 4n, 0xc000_0000n);
    expect(hex(lab.r(0, baser(1), 8))).toEqual(['0x9c07000000000200']);
    lab.w(0, ITS + 0x80n, 0xb8e0_0000_4030_f8ffn, 8);
    expect(hex(lab.r(0, ITS + 0x80n, 8))).toEqual(['0xb8000000403004ff']);
  });

  it('is enabled only with a queue and both tables, which it then holds on to', () => {
    const lab = ItsLab.bare();
    lab.itsAttr('set', GROUP.ADDR, 4n, ITS);
    lab.w(0, ITS, 1);
    expect(lab.r(0, ITS)).toBe(0x8000_0000n);
    const valid = 1n << 63n;
    lab.w(0, ITS + 0x80n, valid | BigInt(QUEUE), 8);
    lab.w(0, ITS + 0x100n, valid | BigInt(DEVICES), 8);
    lab.w(0, ITS, 1);
    expect(lab.r(0, ITS)).toBe(0x8000_0000n);
    lab.w(0, ITS + 0x108n, valid | BigInt(COLLECTIONS), 8);
    lab.w(0, ITS, 1);
    expect(lab.r(0, ITS)).toBe(0x8000_0001n);
    const before = [0x80n, 0x100n, 0x108n].map((offset) => lab.r(0, ITS + offset, 8));
    for (const offset of [0x80n, 0x100n, 0x108n]) lab.w(0, ITS + offset, 0n, 8);
    expect([0x80n, 0x100n, 0x108n].map((offset) => lab.r(0, ITS + offset, 8))).toEqual(before);
  });

  it('reads commands around the end of the queue, passes over those beyond memory, and ignores offsets outside', () => {
    const lab = ItsLab.ready();
    for (let n = 0; n < 130; n++) expect(lab.command(0x05)).toBe('ok');
    expect([lab.r(0, ITS + 0x88n, 8), lab.r(0, ITS + 0x90n, 8)]).toEqual([64n, 64n]);
    lab.w(0, ITS + 0x88n, 0x1000n, 8);
    expect(lab.r(0, ITS + 0x88n, 8)).toBe(64n);
    expect(lab.command(0x77)).toBe('ignored');
    // Disabled, commands wait; enabled again, they are executed. The queue is where nothing is.
    lab.w(0, ITS, 0);
    lab.w(0, ITS + 0x80n, (1n << 63n) | 0x10_0000n, 8);
    lab.w(0, ITS + 0x88n, 0x40n, 8);
    expect([lab.r(0, ITS), lab.r(0, ITS + 0x90n, 8)]).toEqual([0n, 0n]);
    lab.take();
    lab.w(0, ITS, 1);
    expect(lab.take('its.command').map((event) => event.kind === 'its.command' && event.outcome)).toEqual([
      'EFAULT',
      'EFAULT',
    ]);
    expect(lab.r(0, ITS)).toBe(0x8000_0001n);
  });

  it('lets userspace restore GITS_CREADR while it is disabled', () => {
    const lab = ItsLab.ready();
    const creadr = (value: bigint): number => lab.stopped(() => lab.itsAttr('set', GROUP.ITS_REGS, 0x90n, value).ret);
    expect(creadr(0x20n)).toBe(EBUSY);
    lab.w(0, ITS, 0);
    expect([creadr(0x20n), creadr(0x1000n)]).toEqual([0, EINVAL]);
    expect([lab.r(0, ITS + 0x90n, 8), lab.r(0, ITS)]).toEqual([0x20n, 0n]);
    lab.w(0, ITS + 0x90n, 0n, 8);
    expect(lab.r(0, ITS + 0x90n, 8)).toBe(0x20n);
  });
});
