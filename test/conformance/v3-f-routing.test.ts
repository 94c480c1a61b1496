/** gicv3-scenarios, parts F, G and H: SGIs, routing, active registers and stale views. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GROUP } from '../../core/kvm/uapi.ts';
import { noteProfile } from './named-profiles.ts';
import { D, hex, R, V3Lab } from './v3-lab.ts';

const S = R + 0x1_0000n;
const FRAME = 0x2_0000n;

function priority(lab: V3Lab, intid: number, value: number): void {
  lab.w(0, D + 0x400n + BigInt(intid), value, 1);
}

describe('F. SGIs among 512 vCPUs', () => {
  let lab: V3Lab;

  beforeAll(() => {
    lab = new V3Lab({ vcpus: 512 });
    for (let id = 0; id < 512; id++) expect(lab.addVcpu(id)).toBe(0);
    lab.device();
    for (const index of [0, 17]) lab.load(index);
    lab.w(0, D, 2);
    lab.enter(0);
    lab.enter(17);
  });
  // One machine serves all tests: making it takes longer than they do.
  beforeEach(() => noteProfile(lab.host.profile.name));

  /** vCPUs where this SGI is pending; their latches are cleared afterwards. */
  function reached(sgi: number): number[] {
    const queued = lab.take('ap.queue').flatMap((event) => (event.kind === 'ap.queue' ? [event.target] : []));
    const pending = lab.vm.vcpus.map(({ index }) => index).filter((index) => lab.irq(sgi, index).latch);
    for (const index of pending) lab.irq(sgi, index).latch = false;
    // The order of queueing is that of delivery.
    expect(queued).toEqual(pending);
    for (const index of pending) {
      lab.at(index).self.remove(lab.irq(sgi, index), undefined);
      lab.at(index).vcpu.slots.irqPendingRequest.flag = false;
    }
    return queued;
  }

  it('[V3-049] reaches those whose affinity the value names', () => {
    const targets = (value: bigint): number[] => {
      lab.take();
      expect(lab.write('SGI1R', value)).toBe('emulated');
      return reached(5);
    };
    expect(targets(0x0000_0000_0501_0002n)).toEqual([17]);
    expect(targets(0x0000_0000_050c_0100n)).toEqual([200]);
    expect(targets(0x0000_0000_050f_8000n)).toEqual([255]);
    expect(targets(0x0000_0000_051f_8000n)).toEqual([511]);
    expect(targets(0x0000_0000_0501_ffffn)).toEqual(Array.from({ length: 16 }, (_, n) => n + 16));
    expect(targets(0x0000_0001_0501_0002n)).toEqual([]);
    expect(targets(0x0000_1000_0501_0002n)).toEqual([17]);
  });

  it('[V3-050] broadcasts to everybody but the sender, in creation order', () => {
    for (const value of [0x0000_0100_0700_0000n, 0x0000_0101_0703_ffffn]) {
      lab.take();
      lab.write('SGI1R', value, 17);
      expect(reached(7)).toEqual(Array.from({ length: 512 }, (_, n) => n).filter((n) => n !== 17));
    }
  });
});

describe('F. SGIs', () => {
  it('[V3-051] collapses two of one number before the acknowledge', () => {
    const lab = V3Lab.base();
    lab.enter();
    lab.write('SGI1R', 0x0300_0001n);
    lab.exit();
    lab.enter();
    lab.write('SGI1R', 0x0300_0001n);
    expect(lab.iar()).toBe(3);
    lab.eoi(3);
    expect(lab.iar()).toBe(1023);
  });

  it('[V3-052] reaches group 1 with SGI1R alone', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.w(0, S + FRAME + 0x80n, ~(1 << 3) >>> 0);
    lab.enter();
    for (const register of ['SGI0R', 'ASGI1R']) {
      lab.write(register, 0x0300_0002n);
      lab.write(register, 0x0400_0002n);
      expect([lab.irq(3, 1).latch, lab.irq(4, 1).latch]).toEqual([true, false]);
      lab.irq(3, 1).latch = false;
    }
    lab.write('SGI1R', 0x0300_0002n);
    lab.write('SGI1R', 0x0400_0002n);
    expect([lab.irq(3, 1).latch, lab.irq(4, 1).latch]).toEqual([true, true]);
  });

  it('[V3-053] makes reads of the SGI registers UNDEFINED', () => {
    const lab = V3Lab.base();
    for (const name of ['SGI1R', 'ASGI1R', 'SGI0R']) {
      lab.enter();
      expect(lab.at(0).vcpu.sysreg('read', `ICC_${name}_EL1`).outcome).toBe('undefined:handler');
    }
    expect(lab.take('trap.undef')).toHaveLength(3);
  });
});

describe('G. Routing', () => {
  it('[V3-054] routes to vCPUs 17, 200 and 255 by affinity', () => {
    const lab = new V3Lab({ vcpus: 256 });
    for (let id = 0; id < 256; id++) lab.addVcpu(id);
    lab.device();
    lab.load(0);
    lab.w(0, D, 2);
    lab.w(0, D + 0x104n, 0xffff_ffff);
    for (const [route, index] of [
      [0x101, 17],
      [0xc08, 200],
      [0xf0f, 255],
    ] as const) {
      lab.w(0, D + 0x6140n, route);
      expect(lab.r(0, D + 0x6140n, 8)).toBe(BigInt(route));
      lab.take();
      lab.spi(40);
      expect(lab.list(index)).toEqual([40]);
      // Taken back, so that the next route starts from nothing.
      lab.w(0, D + 0x284n, 1 << 8);
      lab.load(index);
      lab.enter(index);
      lab.exit(index);
      expect(lab.list(index)).toEqual([]);
    }
  });

  it('[V3-055] moves a loaded interrupt at the next exit of the vCPU that holds it', () => {
    for (const second of [false, true]) {
      const lab = V3Lab.base({ vcpus: 2 });
      lab.enter(0);
      lab.enter(1);
      lab.spi(40);
      lab.again(0);
      expect(hex(...lab.lr(0))).toEqual(['0x50a0000000000028']);
      lab.take();
      lab.w(1, D + 0x6140n, 1);
      expect([lab.kicked(), lab.lr(1)]).toEqual([[], []]);
      if (second) {
        lab.spi(40);
        expect([lab.irq(40).latch, lab.kicked()]).toEqual([true, [1]]);
      }
      lab.take();
      lab.exit(0);
      expect(lab.irq(40).latch).toBe(true);
      expect(lab.kicked()).toEqual([1]);
      expect(lab.take('ap.migrate')).toEqual([{ kind: 'ap.migrate', intid: 40, from: 0, to: 1 }]);
      lab.enter(0);
      lab.again(1);
      expect([lab.lr(0), ...hex(...lab.lr(1))]).toEqual([[], '0x50a0000000000028']);
      expect([lab.iar(1), (lab.eoi(40, 1), lab.iar(1))]).toEqual([40, 1023]);
    }
    const kept = V3Lab.base({ vcpus: 2 });
    kept.spi(40);
    kept.enter(0);
    kept.w(1, D + 0x6140n, 1);
    expect(kept.iar(0)).toBe(40);
    kept.exit(0);
    expect([kept.list(0), kept.list(1)]).toEqual([[40], []]);
  });

  it('[V3-056] leaves an active interrupt where it was acknowledged', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.spi(40);
    lab.enter(0);
    lab.iar(0);
    lab.w(1, D + 0x6140n, 1);
    lab.exit(0);
    expect(lab.list(0)).toEqual([40]);
    lab.take();
    lab.spi(40);
    expect(lab.kicked()).toEqual([0]);
    lab.enter(0);
    expect(hex(...lab.lr(0))).toEqual(['0xd0a0000000000028']);
    lab.eoi(40, 0);
    expect([...hex(...lab.lr(0)), lab.signal(0)]).toEqual(['0x50a0000000000028', 'irq']);
    lab.take();
    lab.exit(0);
    expect(lab.take('ap.migrate')).toEqual([{ kind: 'ap.migrate', intid: 40, from: 0, to: 1 }]);
  });

  it('[V3-057] holds an interrupt that is routed to nobody until something asks again', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.w(0, D + 0x6140n, 0xff_ffff);
    lab.spi(40);
    expect([lab.irq(40).latch, lab.irq(40).holder, lab.r(0, D + 0x204n)]).toEqual([true, -1, 0x100n]);
    lab.w(0, D + 0x6140n, 1);
    expect(lab.irq(40).holder).toBe(-1);
    lab.w(0, D + 0x104n, 0x100);
    expect(lab.list(1)).toEqual([40]);
  });

  it('[V3-058] does not implement 1-of-N', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.w(0, D + 0x6140n, 0x8000_0000n, 8);
    expect([lab.r(0, D + 0x6140n, 8), lab.irq(40).target]).toEqual([0n, 0]);
    expect((lab.r(0, D + 4n) >> 25n) & 1n).toBe(0n);
  });
});

describe('H. Active registers and stale views', () => {
  it('[V3-059] halts the VM for a read of ISACTIVER', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.spi(32);
    lab.enter(0);
    lab.enter(1);
    lab.iar(0);
    lab.take();
    expect(lab.r(1, D + 0x304n)).toBe(1n);
    expect(lab.take('vcpu.forcedExit')).toHaveLength(1);
    expect(lab.at(0).vcpu.inGuest).toBe(false);
    lab.enter(0);
    lab.r(1, S + 0x300n);
    expect(lab.take('vcpu.forcedExit')).toHaveLength(1);
    lab.enter(0);
    lab.r(0, S + 0x300n);
    expect(lab.take('vcpu.forcedExit')).toHaveLength(0);
  });

  it('[V3-060] does not see in ISPENDR what a running vCPU has loaded', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.spi(32);
    lab.enter(0);
    expect(lab.r(1, D + 0x204n)).toBe(0n);
    lab.exit(0);
    expect(lab.r(1, D + 0x204n)).toBe(1n);
  });

  it('[V3-061] restores more active interrupts than list registers', () => {
    const run = (
      first: number,
      last: number,
      group: number,
      offset: number,
      apr: number,
      hcr: string,
      lrs: string[],
    ): void => {
      const lab = V3Lab.base();
      const count = last - first + 1;
      for (let k = 0; k < count; k++) {
        const at = (first < 32 ? S : D) + 0x400n + BigInt(first + k);
        lab.w(0, at, (count - 1 - k) * 8, 1);
      }
      lab.w(0, S + 0x100n, 0xffff_ffff);
      lab.sysreg(0, 'PMR', 0xf8n);
      lab.sysreg(0, 'CTLR', 0x402n);
      const word = count === 31 ? 0x7fff_ffff : first === 16 ? 0xffff_0000 : 0xffff;
      expect(lab.uset(group, offset, word)).toBe(0);
      lab.sysreg(0, 'AP1R0', BigInt(apr));
      lab.enter();
      expect(hex(lab.hcr(), ...lab.lr())).toEqual([hcr, ...lrs]);
      for (let intid = last; intid >= first; intid--) {
        lab.eoi(intid);
        lab.write('DIR', intid);
        if (lab.misr() !== 0) lab.again();
      }
      lab.again();
      expect([lab.list(), lab.ap1r(), lab.iar()]).toEqual([[], 0, 1023]);
    };
    run(32, 62, GROUP.DIST_REGS, 0x304, 0x7fff_ffff, '0x4197', [
      '0x900000000000003e',
      '0x900800000000003d',
      '0x901000000000003c',
      '0x901800000000003b',
    ]);
    run(0, 15, GROUP.REDIST_REGS, 0x1_0300, 0xffff, '0x4097', [
      '0x900000000000000f',
      '0x900800000000000e',
      '0x901000000000000d',
      '0x901800000000000c',
    ]);
    run(16, 31, GROUP.REDIST_REGS, 0x1_0300, 0xffff, '0x4197', [
      '0x900002000000001f',
      '0x900802000000001e',
      '0x901002000000001d',
      '0x901802000000001c',
    ]);
  });

  it('[V3-062] ends a single restored active interrupt', () => {
    const lab = V3Lab.base();
    lab.uset(GROUP.DIST_REGS, 0x304, 1);
    lab.sysreg(0, 'AP1R0', 0x0010_0000n);
    lab.enter();
    expect([...hex(...lab.lr()), lab.read('RPR')]).toEqual(['0x90a0000000000020', 0xa0]);
    lab.eoi(32);
    expect([...hex(...lab.lr()), lab.ap1r()]).toEqual(['0x10a0000000000020', 0]);
    lab.exit();
    expect(lab.list()).toEqual([]);
  });

  it('[V3-063] attributes a restored active interrupt to its route, so that the old owner ends it by counting', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    lab.uset(GROUP.DIST_REGS, 0x6100, 1);
    lab.uset(GROUP.DIST_REGS, 0x304, 1);
    lab.sysreg(0, 'AP1R0', 0x0010_0000n);
    expect([lab.list(0), lab.list(1)]).toEqual([[], [32]]);
    lab.enter(0);
    lab.take();
    lab.eoi(32, 0);
    expect(lab.eoiCount(0)).toBe(1);
    expect(lab.take('irq.endedElsewhere')).toEqual([{ kind: 'irq.endedElsewhere', intid: 32, holder: 1 }]);
    priority(lab, 32, 0xa0);
    expect(lab.irq(32).active).toBe(true);
  });
});
