/** Tables of an ITS saved to guest memory and restored from there. */
import { describe, expect, it } from 'vitest';
import { DEVICE_VGIC_V3, GROUP } from '../../../../../core/kvm/uapi.ts';
import { hex, R, V3Lab } from '../../../../conformance/v3-lab.ts';
import { COLLECTIONS, DEVICES, ITS, ItsLab, ittOf, RAM } from './its-lab.ts';

const EBUSY = -16;
const EEXIST = -17;
const EFAULT = -14;
const EINVAL = -22;
const ENXIO = -6;
const CTRL = { save: 1n, restore: 2n, reset: 4n } as const;
const SAVE_PENDING = 3n;

describe('tables in guest memory', () => {
  /** A source of three devices, two collections in use, one known only by name. */
  function source(): ItsLab {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapc(7, 1);
    lab.mapc(2, 0);
    lab.mapd(0);
    lab.mapd(40, 4);
    lab.mapd(9);
    lab.mapti(0, 5, 8200, 7);
    lab.mapti(0, 1, 8201, 2);
    lab.mapti(40, 15, 8202, 3);
    lab.take();
    return lab;
  }

  it('are saved in the layout of revision 0', () => {
    const lab = source();
    const save = (): number => lab.itsAttr('set', GROUP.CTRL, CTRL.save).ret;
    expect(save()).toBe(EBUSY);
    expect(lab.stopped(save)).toBe(0);
    // V, distance to the next device, address of its ITT, bits of its EventIDs less one.
    expect(hex(lab.word(DEVICES), lab.word(DEVICES + 9 * 8), lab.word(DEVICES + 40 * 8))).toEqual([
      '0x80120000080c0004',
      '0x803e0000080c1204',
      '0x80000000080c5003',
    ]);
    expect(hex(lab.word(ittOf(0) + 8), lab.word(ittOf(0) + 40), lab.word(ittOf(40) + 120))).toEqual([
      '0x4000020090002',
      '0x20080007',
      '0x200a0003',
    ]);
    // In the order in which they were mentioned first; the unmapped one has all ones for a target; then the end.
    expect(hex(...[0, 8, 16, 24].map((offset) => lab.word(COLLECTIONS + offset)))).toEqual([
      '0x8000000000010007',
      '0x8000000000000002',
      '0x8000ffffffff0003',
      '0x0',
    ]);
  });

  it('give back the same ITS, in the order in which a restore has to be made', () => {
    const from = source();
    from.msi(0, 5);
    from.msi(0, 1);
    from.stopped(() => {
      expect(from.attr('set', GROUP.CTRL, SAVE_PENDING).ret).toBe(0);
      expect(from.itsAttr('set', GROUP.CTRL, CTRL.save).ret).toBe(0);
    });
    expect([from.pendingBit(8200, 1), from.pendingBit(8201, 0), from.pendingBit(8201, 1)]).toEqual([true, true, false]);
    const to = ItsLab.bare({ vcpus: 2 });
    copyMemory(from, to);
    restore(from, to);
    expect(picture(to)).toEqual(picture(from));
    expect([to.list(0), to.list(1)]).toEqual([[8201], [8200]]);
    expect(to.pendingBit(8200, 1)).toBe(false);
    to.stopped(() => expect(to.itsAttr('set', GROUP.CTRL, CTRL.save).ret).toBe(0));
    for (const address of [DEVICES, DEVICES + 72, DEVICES + 320, COLLECTIONS, COLLECTIONS + 8, ittOf(0) + 8])
      expect(to.word(address)).toBe(from.word(address));
    expect([to.msi(40, 15), to.mapc(3, 1), to.msi(40, 15)]).toEqual([0, 'ok', 1]);
  });

  it('lose the pending state when the LPI pending tables were not saved first', () => {
    const from = source();
    from.msi(0, 5);
    from.stopped(() => from.itsAttr('set', GROUP.CTRL, CTRL.save));
    const to = ItsLab.bare({ vcpus: 2 });
    copyMemory(from, to);
    restore(from, to);
    expect([from.irq(8200).latch, to.irq(8200).latch]).toEqual([true, false]);
  });

  it('are refused when they are inconsistent, and nothing of them is kept', () => {
    const attempts: readonly (readonly [address: number, entry: bigint, result: number])[] = [
      [COLLECTIONS, 0x8000_0000_0005_0007n, EINVAL],
      [COLLECTIONS + 8, 0x8000_0000_0000_0007n, EEXIST],
      [COLLECTIONS + 8, 0x8000_0000_0000_ffffn, EINVAL],
      [COLLECTIONS, 0x8000_0000_0001_0008n, EINVAL],
      [ittOf(0) + 8, 0x0004_0000_2009_0009n, EINVAL],
      [ittOf(0) + 8, 0x0004_0000_1fff_0002n, EINVAL],
      [ittOf(0) + 40, 0x001b_0000_2008_0007n, EINVAL],
      [DEVICES + 72, 0x803e_0012_0000_0004n, EFAULT],
    ];
    for (const [address, entry, result] of attempts) {
      const from = source();
      from.stopped(() => from.itsAttr('set', GROUP.CTRL, CTRL.save));
      const to = ItsLab.bare({ vcpus: 2 });
      copyMemory(from, to);
      to.vm.memory.store(BigInt(address), 8, entry);
      restore(from, to, result);
      expect([to.its.collections, to.its.devicesById, to.vgic.lpis.all]).toEqual([[], [], []]);
    }
  });

  it('cannot be saved beyond memory, nor with an event whose collection went away', () => {
    const lab = source();
    lab.mapc(7, 1, false);
    const save = (): number => lab.stopped(() => lab.itsAttr('set', GROUP.CTRL, CTRL.save).ret);
    lab.take();
    expect(save()).toBe(EINVAL);
    expect(lab.take('host.warning')).toHaveLength(1);
    const far = source();
    far.w(0, ITS, 0);
    far.w(0, ITS + 0x100n, (1n << 63n) | 0x9000_0000n, 8);
    expect(far.stopped(() => far.itsAttr('set', GROUP.CTRL, CTRL.save).ret)).toBe(EINVAL);
    // Tables that are not valid are left out.
    far.w(0, ITS + 0x100n, 0n, 8);
    far.w(0, ITS + 0x108n, 0n, 8);
    expect(far.stopped(() => far.itsAttr('set', GROUP.CTRL, CTRL.save).ret)).toBe(0);
  });

  it('of pending LPIs want a controller that is initialised and no vCPU that runs', () => {
    const lab = source();
    expect(lab.attr('set', GROUP.CTRL, SAVE_PENDING).ret).toBe(EBUSY);
    lab.w(0, R, 0);
    lab.w(0, R + 0x78n, 0x9000_0000n, 8);
    expect(lab.stopped(() => lab.attr('set', GROUP.CTRL, SAVE_PENDING).ret)).toBe(EFAULT);
    const early = new V3Lab();
    early.vm.createDevice(DEVICE_VGIC_V3);
    expect(early.attr('set', GROUP.CTRL, SAVE_PENDING).ret).toBe(ENXIO);
  });

  it('stay in memory at a reset, which forgets everything else but the address', () => {
    const lab = source();
    expect(lab.stopped(() => lab.itsAttr('set', GROUP.CTRL, CTRL.reset).ret)).toBe(0);
    expect([lab.its.devicesById, lab.its.collections, lab.vgic.lpis.all]).toEqual([[], [], []]);
    expect(hex(...[0n, 0x80n, 0x88n, 0x90n].map((offset) => lab.r(0, ITS + offset, offset === 0n ? 4 : 8)))).toEqual([
      '0x80000000',
      '0x0',
      '0x0',
      '0x0',
    ]);
    expect(hex(lab.r(0, ITS + 0x100n, 8), lab.r(0, ITS + 0x108n, 8))).toEqual([
      '0x1907000040400200',
      '0x1c07000040500200',
    ]);
  });
});

/** Guest memory is moved by whoever migrates the VM. */
function copyMemory(from: ItsLab, to: ItsLab): void {
  for (let address = RAM; address < RAM + 0x70_0000; address += 8) {
    const word = from.word(address);
    if (word !== 0n) to.vm.memory.store(BigInt(address), 8, word);
  }
}

/** GICR registers, then GITS registers, tables, and GITS_CTLR last. */
function restore(from: ItsLab, to: ItsLab, result = 0): void {
  for (const { index } of to.vm.vcpus)
    for (const [offset, length] of [
      [0x70, 8],
      [0x78, 8],
      [0, 4],
    ] as const)
      for (let half = 0; half < length; half += 4)
        to.uset(GROUP.REDIST_REGS, offset + half, from.uget(GROUP.REDIST_REGS, offset + half, index), index);
  expect(to.itsAttr('set', GROUP.ADDR, 4n, ITS).ret).toBe(0);
  const copy = (offset: bigint): void => {
    const { val } = from.stopped(() => from.itsAttr('get', GROUP.ITS_REGS, offset));
    expect(to.stopped(() => to.itsAttr('set', GROUP.ITS_REGS, offset, val).ret)).toBe(0);
  };
  for (const offset of [0x80n, 0x88n, 0x90n, 0x100n, 0x108n, 4n]) copy(offset);
  expect(to.stopped(() => to.itsAttr('set', GROUP.CTRL, CTRL.restore).ret)).toBe(result);
  if (result === 0) copy(0n);
}

/** Everything that an ITS and its LPIs are. */
function picture(lab: ItsLab): unknown {
  const { its } = lab;
  return {
    collections: its.collections.map(({ icid, target }) => [icid, target]),
    devices: its.devicesById.map((device) => [
      device.id,
      device.itt,
      device.idBits,
      device.eventsById.map(({ id, lpi, icid }) => [id, lpi, icid]),
    ]),
    lpis: lab.vgic.lpis.all.map(({ intid, priority, enabled, latch, target, holder }) => [
      intid,
      priority,
      enabled,
      latch,
      target,
      holder,
    ]),
    registers: [0x80n, 0x88n, 0x90n, 0x100n, 0x108n].map((offset) => lab.r(0, ITS + offset, 8)),
  };
}
