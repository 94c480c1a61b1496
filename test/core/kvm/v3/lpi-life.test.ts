/** LPIs on AP lists and in list registers: delivery, end, migration, unmapping (kvm-vgic-v3 §5 … §8). */
import { describe, expect, it } from 'vitest';
import { hex, R } from '../../../conformance/v3-lab.ts';
import { ItsLab } from './its/its-lab.ts';

describe('LPIs in list registers', () => {
  it('are loaded as pending edges, acknowledged, and folded without their active state', () => {
    const lab = ItsLab.ready();
    lab.mapAll(2);
    lab.configure(8193, 0x9c);
    lab.onEvent(0x0c, 0, 1);
    lab.msi(0, 0);
    lab.msi(0, 1);
    lab.enter();
    // Six bits of priority in KVM's image, the implemented five in the register.
    expect(hex(...lab.lr())).toEqual(['0x50a0000000002000', '0x5098000000002001']);
    expect(hex(lab.at(0).self.lr[1]?.value ?? 0n)).toEqual(['0x509c000000002001']);
    expect([lab.iar(), lab.irq(8193).latch]).toEqual([8193, false]);
    expect(hex(...lab.lr())).toEqual(['0x50a0000000002000', '0x9098000000002001']);
    lab.exit();
    // The active state is thrown away: nothing of it is left for the next entry.
    expect([lab.irq(8193).active, lab.list()]).toEqual([false, [8192]]);
    lab.enter();
    expect(hex(...lab.lr())).toEqual(['0x50a0000000002000']);
    lab.eoi(8193);
    expect([lab.ap1r(), lab.iar()]).toEqual([0, 8192]);
    lab.eoi(8192);
    expect(hex(...lab.lr())).toEqual(['0x10a0000000002000']);
  });

  it('end with EOIR in either mode, and DIR is not for them', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    lab.enter();
    lab.write('CTLR', 2);
    lab.exit();
    lab.msi(0, 0);
    lab.enter();
    expect(lab.iar()).toBe(8192);
    lab.write('DIR', 8192);
    expect(hex(...lab.lr())).toEqual(['0x90a0000000002000']);
    lab.eoi(8192);
    expect([hex(...lab.lr()), lab.eoiCount()]).toEqual([['0x10a0000000002000'], 0]);
  });

  it('a message while one is being handled waits as pending', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    lab.msi(0, 0);
    lab.enter();
    expect(lab.iar()).toBe(8192);
    lab.msi(0, 0);
    lab.again();
    // As the active half was folded away, the register holds a plain pending interrupt of no higher priority.
    expect([...hex(...lab.lr()), lab.signal()]).toEqual(['0x50a0000000002000', 'none']);
    lab.eoi(8192);
    expect([lab.signal(), lab.iar()]).toEqual(['irq', 8192]);
  });

  it('MOVI moves a pending LPI at the next exit of the vCPU that holds it, not before', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(1);
    lab.msi(0, 0);
    lab.enter(0);
    lab.take();
    expect(lab.mapc(1, 1)).toBe('ok');
    // The command comes from vCPU 1, while vCPU 0 runs with the LPI in a list register.
    const w1 = 0n;
    expect(lab.command(0x01, 0n, w1, 1n, 0n, 1)).toBe('ok');
    expect([hex(...lab.lr(0)), lab.list(0), lab.list(1)]).toEqual([['0x50a0000000002000'], [8192], []]);
    expect(lab.kicked()).toEqual([]);
    lab.exit(0);
    expect(lab.take('ap.migrate')).toEqual([{ kind: 'ap.migrate', intid: 8192, from: 0, to: 1 }]);
    expect([lab.list(0), lab.list(1)]).toEqual([[], [8192]]);
    lab.enter(1);
    expect(lab.iar(1)).toBe(8192);
  });

  it('DISCARD of a queued LPI does not take it back: it is delivered once more and then gone', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    lab.msi(0, 0);
    expect(lab.discard(0, 0)).toBe('ok');
    expect([lab.list(), lab.msi(0, 0)]).toEqual([[8192], 0]);
    // Mapped again while it waits, it is the same interrupt: nothing is read from memory.
    lab.configure(8192, 0x40);
    expect(lab.mapti(0, 3, 8192, 0)).toBe('ok');
    expect(lab.irq(8192).priority).toBe(0xa0);
    expect(lab.discard(0, 3)).toBe('ok');
    lab.enter();
    expect(lab.iar()).toBe(8192);
    lab.eoi(8192);
    lab.exit();
    expect([lab.list(), lab.vgic.lpis.all]).toEqual([[], []]);
    expect(lab.mapti(0, 3, 8192, 0)).toBe('ok');
    expect(lab.irq(8192).priority).toBe(0x40);
  });

  it('DISCARD of an LPI that is not queued loses its pending state', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    lab.configure(8192, 0xa0, false);
    lab.onEvent(0x0c, 0, 0);
    lab.msi(0, 0);
    expect([lab.irq(8192).latch, lab.list()]).toEqual([true, []]);
    lab.discard(0, 0);
    lab.configure(8192, 0xa0);
    lab.mapti(0, 0, 8192, 0);
    expect(lab.irq(8192).latch).toBe(false);
  });

  it('an LPI that is unmapped while LPIs are disabled under a running vCPU is skipped when it is folded', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(1);
    lab.msi(0, 0);
    lab.enter(0);
    lab.w(1, R, 0);
    lab.command(0x0f, 0n, 0n, 0n, 0n, 1);
    expect(lab.vgic.lpis.all).toEqual([]);
    expect(lab.iar(0)).toBe(8192);
    lab.exit(0);
    expect([lab.vgic.lpis.all, lab.list(0)]).toEqual([[], []]);
  });
});
