/** User space: set-up, registers, images of tables, VM ids (gicv5-spi-scenarios S27 … S31, S44). */
import { describe, expect, it } from 'vitest';
import { LPI_BASE, SPI_BASE } from '../../core/gic/v5/irs/iste.ts';
import {
  E2BIG,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOSPC,
  ENXIO,
  ETIMEDOUT,
} from '../../core/kvm/errno.ts';
import { CTRL, DEVICE_VGIC_V5, encodeIrqLine, GROUP, IRQ_TYPE, UserWords } from '../../core/kvm/uapi.ts';
import { ADDR_IRS } from '../../core/kvm/v5/irs/attributes.ts';
import { UNSET } from '../../core/kvm/frame.ts';
import { teardown } from '../../core/kvm/v5/irs/vm-life.ts';
import { VmVgicV5 } from '../../core/kvm/v5/vm-vgic.ts';
import { sysregAttribute } from '../../core/kvm/v5/userspace-registers.ts';
import { BAD_ADDRESS, Lab } from './v5-lab.ts';
import { Images, images, IRS_BASE, ready, SpiLab, SPI5, type SpiGuest } from './v5-spi-lab.ts';

const IST = 0x1000_0000n;

function getBase(lab: Lab): bigint | undefined {
  const words = new UserWords(0n);
  expect(lab.vm.deviceAttr('get', GROUP.ADDR, ADDR_IRS, words)).toBe(0);
  return words.words[0];
}

function getSpis(lab: Lab): bigint | undefined {
  const words = new UserWords(7n);
  expect(lab.vm.deviceAttr('get', GROUP.NR_IRQS, 0n, words)).toBe(0);
  return words.words[0];
}

describe('set-up', () => {
  it('[SPI-S27] places the frames once, where they fit', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    const ipa = 1n << 48n;
    expect([0x1000n, ipa, ipa - 0x1_0000n].map((base) => lab.setBase(base))).toEqual([-EINVAL, -E2BIG, -E2BIG]);
    expect(getBase(lab)).toBe(UNSET);
    expect(lab.setBase(0n)).toBe(0);
    expect(getBase(lab)).toBe(0n);
    expect(lab.setBase(0xe_0000n)).toBe(-EEXIST);
  });

  it('[SPI-S27] counts SPIs once, in steps of 32', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    expect(getSpis(lab)).toBe(0n);
    expect([31, 33, 1056].map((count) => lab.setSpis(count))).toEqual([-EINVAL, -EINVAL, -EINVAL]);
    expect([lab.setSpis(1024), lab.setSpis(32)]).toEqual([0, -EBUSY]);
    const other = new SpiLab('Q', { until: 'created' });
    expect(other.init()).toBe(0);
    expect([getSpis(other), other.setSpis(64)]).toEqual([32n, -EBUSY]);
  });

  it('[SPI-S27] needs vCPUs, and an address by the first run', () => {
    const empty = new Lab(undefined, 'Q');
    expect(empty.createV5()).toBe(0);
    expect(empty.init()).toBe(-ENODEV);
    const lab = new SpiLab('Q', { until: 'created' });
    expect(lab.line(0, 1)).toBe(-EBUSY);
    expect(lab.init()).toBe(0);
    expect(lab.vcpu(0).beginRun(lab.host.cpu(0))).toBe(-ENXIO);
    expect(lab.vm.dead.flag).toBe(true);
  });

  it('[SPI-S27] answers interrupt lines, routes and further devices', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    expect([lab.line(32, 1), lab.line(31, 1)]).toEqual([-EINVAL, 0]);
    expect(lab.irqLine(encodeIrqLine({ type: IRQ_TYPE.PPI, vcpu: 0, number: 4 }), 1)).toBe(-EINVAL);
    const { listeners } = lab.irs;
    const route = (irqchip: number, pin: number): number => lab.vm.setGsiRouting([{ gsi: 3, to: { irqchip, pin } }]);
    expect([route(0, 1024), route(1, 0), route(0, 7)]).toEqual([-EINVAL, -EINVAL, 0]);
    expect(listeners.signal(3, true)).toBe(0);
    expect(lab.word(7)).toBe(1);
    const msi = { address: 0x2000_0000n, data: 0, flags: 1, device: 0 };
    expect(lab.vm.setGsiRouting([{ gsi: 3, to: { msi } }])).toBe(0);
    expect([listeners.signal(3, true), lab.vm.signalMsi(msi)]).toEqual([-ENODEV, -ENODEV]);
    expect(lab.vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.USERSPACE_PPIS), new UserWords(0n, 0n))).toBe(-ENXIO);
    expect(lab.vm.createDevice(DEVICE_VGIC_V5)).toBe(-EEXIST);
  });
});

describe('registers of the IRS', () => {
  it('[SPI-S28] are refused in the order of checks', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    expect([lab.irsGet(0), lab.irsSet(0, 0x15n), lab.irsHas(0)]).toEqual([-EBUSY, -EBUSY, 0]);
    lab.setBase(IRS_BASE);
    expect(lab.init()).toBe(0);
    expect([0x1_0000, 0x2, 0x184].map((offset) => lab.irsGet(offset))).toEqual([-ENXIO, -EINVAL, -EINVAL]);
    expect(lab.irsSet(0, undefined)).toBe(-EFAULT);
    expect(lab.irsSet(0, 0x14n)).toBe(-EINVAL);
    expect(lab.irsSet(0, 0x215n)).toBe(-EINVAL);
    expect(lab.irsSet(4, 0x70_0002n)).toBe(-EINVAL);
    expect(lab.irsSet(8, 0n)).toBe(-EINVAL);
    expect([0x14, 0x18, 0x1c].map((offset) => lab.irsSet(offset, 0x21n))).toEqual([-EINVAL, -EINVAL, -EINVAL]);
  });

  it('[SPI-S28] take back every value that they give', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    let count = 0;
    for (let offset = 0; offset < 0x1_0000; offset += 4) {
      if (lab.irsHas(offset) !== 0) continue;
      const value = lab.irsGet(offset);
      expect(typeof value).toBe('bigint');
      if (typeof value === 'bigint') expect([offset, lab.irsSet(offset, value)]).toEqual([offset, 0]);
      count++;
    }
    expect(count).toBe(65);
    expect([0x118, 0x144, 0x194, 0xc4].map((offset) => lab.irsGet(offset))).toEqual([1n, 1n, 1n, 1n]);
  });

  it('[SPI-S28] hold a described table of LPIs until its image comes, and are closed after the first run', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    expect([lab.irsSet(0x190, 5n), lab.irsSet(0x180, IST | 1n), lab.irsGet(0x180)]).toEqual([0, 0, IST | 1n]);
    expect(lab.vcpu(0).beginRun(lab.host.cpu(0))).toBe(-EINVAL);
    const other = new SpiLab('Q', { until: 'initialised' });
    other.guest(0).run();
    other.guest(0).stop();
    expect([other.irsSet(0x84, 0n), other.irsGet(0x84)]).toEqual([-EBUSY, 0n]);
  });
});

describe('registers of vCPUs', () => {
  it('[SPI-S29] answer with the errors of the series', () => {
    const before = new SpiLab('Q', { until: 'created' });
    expect(before.getRegister('ICC_CR0_EL1')).toBe(-EBUSY);
    const lab = new SpiLab('Q', { until: 'initialised' });
    // ICC_CTLR_EL1
    const foreign = 0xc664n;
    const access = (op: 'has' | 'get' | 'set', attr: bigint, memory = new UserWords(0n)): number =>
      lab.vm.deviceAttr(op, GROUP.CPU_SYSREGS, attr, memory);
    expect([access('has', foreign), access('get', foreign)]).toEqual([-ENXIO, -ENOENT]);
    const cr0 = sysregAttribute(lab.vcpu(0), 'ICC_CR0_EL1');
    expect(access('get', cr0 | (9n << 32n))).toBe(-EINVAL);
    const bad = (op: 'get' | 'set', attr: bigint): number =>
      lab.vm.deviceAttr(op, GROUP.CPU_SYSREGS, attr, BAD_ADDRESS);
    expect([bad('get', cr0), bad('set', cr0), bad('set', foreign), bad('get', foreign)]).toEqual([
      -EFAULT,
      -EFAULT,
      -EFAULT,
      -ENOENT,
    ]);
    expect(lab.getRegister('ICC_CR0_EL1')).toBe(6n);
    const ones = (1n << 64n) - 1n;
    expect([lab.setRegister('ICC_PPI_ENABLER1_EL1', ones), lab.getRegister('ICC_PPI_ENABLER1_EL1')]).toEqual([0, 0n]);
    expect([lab.setRegister('ICC_PPI_PRIORITYR0_EL1', ones), lab.getRegister('ICC_PPI_PRIORITYR0_EL1')]).toEqual([
      0,
      0x1f1f_1f1f_1f1f_1f1fn,
    ]);
  });
});

describe('images of the tables', () => {
  const stopped = (guest: SpiGuest): void => guest.stop();

  it('[SPI-S30] are saved when their sizes fit and nothing runs', () => {
    const { lab, g0, g1 } = ready('Q');
    lab.line(5, 1);
    expect(lab.ist('get', images(new Uint32Array(32)))).toBe(-EBUSY);
    stopped(g0);
    stopped(g1);
    const spis = new Uint32Array(32);
    expect(lab.ist('get', images(spis))).toBe(0);
    expect(spis[5]).toBe(0x8009);
    expect(spis.filter((word) => word !== 0)).toHaveLength(1);
    const sizes = (...bytes: number[]): number =>
      lab.ist('get', images(new Uint32Array(32), bytes.length > 1 ? new Uint32Array(32) : undefined, bytes));
    expect(sizes(124)).toBe(-EINVAL);
    // No table of LPIs is described, so there must be no buffer for them.
    expect(sizes(128, 128)).toBe(-EINVAL);
    expect(lab.ist('get', images(spis), 1n)).toBe(-ENXIO);
    g0.w32(0x190, 5);
    g0.w64(0x180, IST | 1n);
    stopped(g0);
    expect(sizes(128)).toBe(-EINVAL);
    expect(sizes(128, 124)).toBe(-EINVAL);
    expect(sizes(128, 128)).toBe(0);
    lab.irs.host.failNext('quiesce');
    expect(sizes(128, 128)).toBe(-EBUSY);
    lab.irs.host.failNext('save');
    expect(sizes(128, 128)).toBe(-ETIMEDOUT);
  });

  const SPIS = new Uint32Array(32);
  SPIS.set([0x4009, 0x8009, 0x4001, 0x4008]);
  const LPIS = new Uint32Array(32);
  LPIS[0] = 0x1_4009;

  it('[SPI-S31] are restored with every pending interrupt replayed, and give the same images again', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    expect(lab.ist('set', images(SPIS, LPIS))).toBe(-EINVAL);
    expect([lab.irsSet(0x190, 5n), lab.irsSet(0x180, IST | 1n), lab.irsSet(0x80, 1n)]).toEqual([0, 0, 0]);
    lab.take();
    expect(lab.ist('set', images(SPIS, LPIS))).toBe(0);
    expect(lab.told().filter((line) => /^(ist\.replay|vdpend)/.test(line))).toEqual(
      [SPI_BASE, SPI_BASE + 1, SPI_BASE + 2, LPI_BASE].flatMap((intid) => [
        `ist.replay 0x${intid.toString(16)}`,
        `vdpend 0x${intid.toString(16)} 1`,
      ]),
    );
    const [spis, lpis] = [new Uint32Array(32), new Uint32Array(32)];
    expect(lab.ist('get', images(spis, lpis))).toBe(0);
    expect([spis, lpis]).toEqual([SPIS, LPIS]);
    expect(lab.irsSet(0x180, IST | 1n)).toBe(0);
    expect([lab.irsSet(0x180, 0x2000_0001n), lab.irsSet(0x180, IST), lab.irsSet(0x190, 6n)]).toEqual([
      -EINVAL,
      -EINVAL,
      -EINVAL,
    ]);
    const [g0, g1] = [lab.spiGuest(0).ready(8), lab.spiGuest(1).ready()];
    g1.run();
    expect(g0.handle()).toBe(0x1_6000_0000n);
    expect(g0.handle()).toBe(0n);
    g0.write('PCR', 0x10n);
    expect(g0.handle()).toBe(0x1_6000_0001n);
    g0.cd('EN', SPI5 - 3);
    expect(g0.handle()).toBe(0x1_6000_0002n);
    lab.line(3, 1);
    expect(g0.handle()).toBe(0x1_6000_0003n);
    expect(g1.handle()).toBe(0x1_4000_0000n);
    g0.stop();
    g1.stop();
    expect(lab.ist('set', images(SPIS, LPIS))).toBe(-EBUSY);
  });

  it('[SPI-S31] put what is pending on the list again, in a kernel that has it', () => {
    const lab = new SpiLab('H3', { until: 'initialised' });
    expect(lab.ist('set', new Images().with(0n, SPIS))).toBe(0);
    expect(lab.irs.list).toEqual([0, 1, 2]);
  });

  it('reach the table and not the latch in the first posting, so that nobody will be told of them (H1)', () => {
    const lab = new SpiLab('H1', { until: 'initialised' });
    expect(lab.ist('set', new Images().with(0n, SPIS))).toBe(0);
    expect([lab.irs.list, lab.word(0), lab.irs.spi(0)?.latch]).toEqual([[], 0x4009, false]);
  });

  it('[SPI-S31] keep LPIs in guest memory in the earlier postings', () => {
    const lab = new SpiLab('H3', { until: 'initialised' });
    const memory = new Map<number, number>([[Number(IST), 0x1_4009]]);
    lab.irs.guestMemory = {
      load32: (address) => memory.get(address) ?? 0,
      store32: (address, value) => {
        memory.set(address, value);
        return true;
      },
    };
    expect([lab.irsSet(0x190, 5n), lab.irsSet(0x180, IST | 1n), lab.irsSet(0x80, 1n)]).toEqual([0, 0, 0]);
    expect(lab.ist('set', new Images().with(0n, SPIS))).toBe(0);
    expect(lab.lpiWord(0)).toBe(0x1_4009);
    expect(lab.spiGuest(1).ready().handle()).toBe(0x1_4000_0000n);
    lab.spiGuest(1).stop();
    const spis = new Uint32Array(32);
    expect(lab.ist('get', new Images().with(0n, spis))).toBe(0);
    expect([spis[1], memory.get(Number(IST))]).toEqual([0x8009, 0x1_4008]);
  });
});

describe('VM ids', () => {
  it('[SPI-S44] are given lowest first, and leaked when the host does not let go', () => {
    const lab = new Lab({ ...new SpiLab('Q', { until: 'created' }).host.facts, irs: { vms: 2 } }, 'Q');
    const make = (vm = lab.host.createVm()): { result: number; irs: NonNullable<VmVgicV5['irs']> } => {
      if (vm.online.lo === 0) {
        vm.createVcpu(0);
        vm.vcpu(0)?.init();
        vm.createDevice(DEVICE_VGIC_V5);
      }
      const part = vm.gics.get(DEVICE_VGIC_V5);
      if (!(part instanceof VmVgicV5) || part.irs === undefined) throw new Error('no IRS');
      return { result: vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords()), irs: part.irs };
    };
    const a = make(lab.vm);
    const b = make();
    expect([a.result, a.irs.vmId.lo, b.result, b.irs.vmId.lo]).toEqual([0, 0, 0, 1]);
    const third = lab.host.createVm();
    expect(make(third).result).toBe(-ENOSPC);
    expect(teardown(a.irs)).toBe(0);
    const c = make(third);
    expect([c.result, c.irs.vmId.lo]).toEqual([0, 0]);
    lab.take();
    lab.host.irs?.failNext('unmap');
    expect(teardown(b.irs)).toBe(-ETIMEDOUT);
    expect(lab.take('vm.id.leak')).toMatchObject([{ vmId: 1 }]);
    expect(make().result).toBe(-ENOSPC);
  });
});
