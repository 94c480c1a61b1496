/** Commands of an ITS and why each is refused (kvm-vgic-v3 §10.5). */
import { describe, expect, it } from 'vitest';
import { R } from '../../../../conformance/v3-lab.ts';
import { COLLECTIONS, DEVICES, ITS, ItsLab, ittOf, RAM } from './its-lab.ts';

describe('commands', () => {
  it('MAPD checks table and size, drops what was mapped before, and clears the entry in memory when it unmaps', () => {
    const lab = ItsLab.ready();
    expect([lab.mapd(8192), lab.mapd(8191), lab.mapd(0x1_0000)]).toEqual(['MAPD_DEVICE_OOR', 'ok', 'MAPD_DEVICE_OOR']);
    expect(lab.mapd(3, 17)).toBe('MAPD_ITTSIZE_OOR');
    expect(lab.mapd(3, 17, false)).toBe('ok');
    lab.mapAll(3);
    lab.vm.memory.store(BigInt(DEVICES), 8, 5n);
    expect(lab.mapd(0)).toBe('ok');
    expect([...lab.its.events()]).toEqual([]);
    expect([lab.word(DEVICES), lab.vgic.lpis.all.length]).toEqual([5n, 0]);
    expect(lab.mapd(0, 5, false)).toBe('ok');
    expect([lab.word(DEVICES), lab.its.device(0)]).toEqual([0n, undefined]);
  });

  it('MAPD looks devices up in two levels, the second one where the guest put it', () => {
    const lab = ItsLab.ready();
    lab.w(0, ITS, 0);
    lab.w(0, ITS + 0x100n, (3n << 62n) | BigInt(DEVICES), 8);
    lab.w(0, ITS, 1);
    expect(lab.mapd(8192)).toBe('MAPD_DEVICE_OOR');
    lab.vm.memory.store(BigInt(DEVICES + 8), 8, (1n << 63n) | BigInt(RAM + 0x70_0000));
    expect([lab.mapd(8191), lab.mapd(8192), lab.mapd(0xffff)]).toEqual(['MAPD_DEVICE_OOR', 'ok', 'MAPD_DEVICE_OOR']);
    lab.vm.memory.store(BigInt(DEVICES + 8), 8, (1n << 63n) | 0x9000_0000n);
    expect(lab.mapd(8193)).toBe('MAPD_DEVICE_OOR');
  });

  it('MAPC wants a vCPU and room in the table; unmapping is never refused', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    expect([lab.mapc(0, 2), lab.mapc(8192, 1), lab.mapc(8191, 1), lab.mapc(9, 77, false)]).toEqual([
      'MAPC_PROCNUM_OOR',
      'MAPC_COLLECTION_OOR',
      'ok',
      'ok',
    ]);
  });

  it('MAPC to another vCPU retargets its LPIs; those of a collection that went away stay without one', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(2);
    expect(lab.mapc(0, 1)).toBe('ok');
    expect([lab.irq(8192).target, lab.irq(8193).target]).toEqual([1, 1]);
    expect(lab.mapc(0, 1, false)).toBe('ok');
    expect(lab.msi(0, 0)).toBe(0);
    // The same number is another collection now.
    expect(lab.mapc(0, 0)).toBe('ok');
    expect([lab.msi(0, 0), lab.irq(8192).target]).toEqual([0, 1]);
    expect(lab.movi(0, 0, 0)).toBe('MOVI_UNMAPPED_COLLECTION');
  });

  it('MAPTI checks device, event, LPI and collection in that order, and leaves an existing mapping alone', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    expect(lab.mapti(0, 99, 7, 9000)).toBe('MAPTI_UNMAPPED_DEVICE');
    lab.mapd(0);
    expect(lab.mapti(0, 32, 7, 9000)).toBe('MAPTI_ID_OOR');
    expect(lab.mapti(0, 31, 8191, 9000)).toBe('MAPTI_PHYSICALID_OOR');
    expect(lab.mapti(0, 31, 0x1_0000, 9000)).toBe('MAPTI_PHYSICALID_OOR');
    expect(lab.mapti(0, 31, 8192, 9000)).toBe('MAPC_COLLECTION_OOR');
    expect(lab.mapti(0, 31, 8192, 7)).toBe('ok');
    expect(lab.mapti(0, 31, 8193, 9000)).toBe('ok');
    expect(lab.event(0, 31)?.lpi).toBe(8192);
    // A collection that only an event knows: the LPI has no target until MAPC.
    expect([lab.irq(8192).target, lab.msi(0, 31)]).toEqual([-1, 0]);
    expect(lab.mapc(7, 1)).toBe('ok');
    expect([lab.irq(8192).target, lab.msi(0, 31)]).toEqual([1, 1]);
    // An ITT beyond memory has no room for its events.
    lab.command(0x08, 1n << 32n, 4n, (1n << 63n) | 0x9000_0000n);
    expect(lab.mapti(1, 0, 8194, 7)).toBe('MAPTI_ID_OOR');
    expect(lab.onEvent(0x0b, 0, 30, 7)).toBe('MAPTI_PHYSICALID_OOR');
  });

  it('MAPTI fails without a trace where the configuration table cannot be read', () => {
    const lab = ItsLab.ready();
    lab.mapd(0);
    lab.w(0, R, 0);
    lab.w(0, R + 0x70n, 0x9000_000fn, 8);
    expect(lab.mapti(0, 0, 8192, 3)).toBe('EFAULT');
    expect([lab.event(0, 0), lab.its.collection(3), lab.vgic.lpis.all]).toEqual([undefined, undefined, []]);
  });

  it('MAPI is MAPTI with the EventID for an LPI', () => {
    const lab = ItsLab.ready();
    lab.mapd(0, 14);
    lab.mapc(0, 0);
    expect(lab.onEvent(0x0b, 0, 8195, 0)).toBe('ok');
    expect(lab.msi(0, 8195)).toBe(1);
    expect(lab.list()).toEqual([8195]);
  });

  it('a mapped LPI takes configuration and pending bit from memory, and consumes the bit', () => {
    const lab = ItsLab.ready();
    lab.configure(8192, 0x43);
    lab.configure(8193, 0x20, false);
    lab.setPendingBit(8192);
    lab.mapAll(2);
    const [first, second] = [lab.irq(8192), lab.irq(8193)];
    expect([first.priority, first.enabled, first.latch, first.group]).toEqual([0x40, true, true, 1]);
    expect([second.priority, second.enabled, second.latch]).toEqual([0x20, false, false]);
    expect([lab.pendingBit(8192), lab.list()]).toEqual([false, [8192]]);
  });

  it('an LPI that two events share keeps its target and lives until both are gone', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(1);
    expect(lab.mapti(0, 1, 8192, 1)).toBe('ok');
    expect([lab.irq(8192).target, lab.irq(8192).isLevel]).toEqual([0, false]);
    expect(lab.discard(0, 0)).toBe('ok');
    expect(lab.vgic.lpis.all.map(({ intid }) => intid)).toEqual([8192]);
    expect(lab.discard(0, 1)).toBe('ok');
    expect(lab.vgic.lpis.all).toEqual([]);
  });

  it('INV reads one configuration, INVALL those of the LPIs that target the vCPU of a collection', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(2);
    lab.mapti(0, 4, 8196, 1);
    lab.configure(8192, 0x20);
    lab.configure(8193, 0x20, false);
    lab.configure(8196, 0x20);
    expect(lab.onEvent(0x0c, 0, 0)).toBe('ok');
    expect(lab.onEvent(0x0c, 0, 9)).toBe('INV_UNMAPPED_INTERRUPT');
    expect([8192, 8193, 8196].map((lpi) => lab.irq(lpi).priority)).toEqual([0x20, 0xa0, 0xa0]);
    expect(lab.command(0x0d, 0n, 0n, 0n)).toBe('ok');
    expect([8192, 8193, 8196].map((lpi) => lab.irq(lpi).priority)).toEqual([0x20, 0x20, 0xa0]);
    expect(lab.command(0x0d, 0n, 0n, 6n)).toBe('INVALL_UNMAPPED_COLLECTION');
    // Enabling an LPI that is pending queues it.
    lab.onEvent(0x03, 0, 1);
    expect([lab.irq(8193).latch, lab.list()]).toEqual([true, []]);
    lab.configure(8193, 0x20);
    lab.onEvent(0x0c, 0, 1);
    expect(lab.list()).toEqual([8193]);
  });

  it('INT is a message, CLEAR takes the latch', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    expect([lab.onEvent(0x03, 0, 0), lab.irq(8192).latch]).toEqual(['ok', true]);
    expect([lab.onEvent(0x04, 0, 0), lab.irq(8192).latch]).toEqual(['ok', false]);
    expect([lab.onEvent(0x03, 0, 1), lab.onEvent(0x04, 0, 1)]).toEqual([
      'INT_UNMAPPED_INTERRUPT',
      'CLEAR_UNMAPPED_INTERRUPT',
    ]);
    lab.w(0, R, 0);
    expect(lab.onEvent(0x03, 0, 0)).toBe('EBUSY');
  });

  it('DISCARD clears the entry in memory and wants a mapped collection', () => {
    const lab = ItsLab.ready();
    lab.mapAll(2);
    lab.vm.memory.store(BigInt(ittOf(0) + 8), 8, 77n);
    expect(lab.discard(0, 1)).toBe('ok');
    expect([lab.word(ittOf(0) + 8), lab.event(0, 1)]).toEqual([0n, undefined]);
    expect(lab.discard(0, 1)).toBe('DISCARD_UNMAPPED_INTERRUPT');
    lab.mapc(0, 0, false);
    expect(lab.discard(0, 0)).toBe('DISCARD_UNMAPPED_INTERRUPT');
  });

  it('MOVALL gives every LPI to the second vCPU, and wants two', () => {
    const lab = ItsLab.ready({ vcpus: 3 });
    lab.mapAll(1);
    lab.mapti(0, 1, 8193, 2);
    expect([lab.movall(0, 3), lab.movall(1, 1)]).toEqual(['MOVALL_PROCNUM_OOR', 'ok']);
    expect([lab.irq(8192).target, lab.irq(8193).target]).toEqual([0, 2]);
    expect(lab.movall(0, 1)).toBe('ok');
    expect([lab.irq(8192).target, lab.irq(8193).target]).toEqual([1, 1]);
  });

  it('a table that is no longer valid takes its mappings with it', () => {
    const lab = ItsLab.ready();
    lab.mapAll(2);
    lab.w(0, ITS, 0);
    lab.w(0, ITS + 0x108n, BigInt(COLLECTIONS), 8);
    expect([lab.its.collections, lab.event(0, 0)?.orphaned]).toEqual([[], true]);
    // A new address alone frees nothing.
    lab.w(0, ITS + 0x100n, (1n << 63n) | BigInt(DEVICES + 0x1_0000), 8);
    expect(lab.its.devicesById.map(({ id }) => id)).toEqual([0]);
    lab.w(0, ITS + 0x100n, 0n, 8);
    expect([lab.its.devicesById, lab.vgic.lpis.all]).toEqual([[], []]);
  });
});
