/** GICv2 VMs whose vCPU ids are not their creation indexes, and attributes that are refused (kvm-vgic-v3 §14.2, §14.9). */
import { describe, expect, it } from 'vitest';
import { EBUSY, EFAULT, EINVAL, ENXIO } from '../../../../core/kvm/errno.ts';
import { BAD_ADDRESS, DEVICE_VGIC_V2, GROUP } from '../../../../core/kvm/uapi.ts';
import { D, V3Lab } from '../../../conformance/v3-lab.ts';

const SGIR = 0xf00n;

/** vCPUs with ids 3 and 0, in this order of creation. */
function lab(): V3Lab {
  const made = new V3Lab({ vcpus: 2 });
  for (const id of [3, 0]) expect(made.addVcpu(id)).toBe(0);
  expect(made.vm.createDevice(DEVICE_VGIC_V2)).toBe(0);
  return made;
}

describe('a GICv2 whose vCPU ids are not their indexes', () => {
  it('gives userspace the registers of the vCPU with that id, and EINVAL for an id that does not exist', () => {
    const vm = lab();
    const target = (id: bigint): number | bigint => {
      const { ret, val } = vm.attr('get', GROUP.DIST_REGS, (id << 32n) | 0x800n);
      return ret === 0 ? val : ret;
    };
    expect([target(3n), target(0n), target(1n)]).toEqual([0x0808_0808n, 0x0101_0101n, -EINVAL]);
  });

  it('counts the sender of an SGI by its id in every filter, and targets by index', () => {
    const vm = lab();
    expect(vm.attr('set', GROUP.ADDR, 0n, D).ret).toBe(0);
    expect(vm.attr('set', GROUP.ADDR, 1n, D + 0x1_0000n).ret).toBe(0);
    vm.mapFrames();
    const reached = (sender: number, value: number): number[] => {
      for (const n of [0, 1]) vm.irq(5, n).source = 0;
      vm.w(sender, D + SGIR, value);
      return [0, 1].filter((n) => vm.irq(5, n).source !== 0);
    };
    // Index 0 has id 3: "all but the sender" leaves out an index that nobody has.
    expect([reached(0, 0x0100_0005), reached(0, 0x0200_0005), reached(0, 0x0002_0005)]).toEqual([[0, 1], [], [1]]);
    // Index 1 has id 0: it leaves out, or reaches, the other one.
    expect([reached(1, 0x0100_0005), reached(1, 0x0200_0005)]).toEqual([[1], [0]]);
    expect(vm.irq(5, 0).source).toBe(1);
  });
});

describe('attributes of a GICv2 that are refused', () => {
  it('answer EBUSY while a vCPU runs, and leave the controller uninitialised', () => {
    const vm = lab();
    const slots = vm.at(0).vcpu.slots;
    slots.locked.flag = true;
    expect(vm.attr('get', GROUP.DIST_REGS, 0n).ret).toBe(-EBUSY);
    expect(vm.vm.initialized.flag).toBe(false);
    slots.locked.flag = false;
    expect(vm.attr('get', GROUP.DIST_REGS, 0n).ret).toBe(0);
    expect(vm.vm.initialized.flag).toBe(true);
  });

  it('fetch the word first where the read of a redistributor region takes its index from it', () => {
    const { vm } = lab();
    expect([5n, 2n].map((attr) => vm.deviceAttr('get', GROUP.ADDR, attr, BAD_ADDRESS))).toEqual([-EFAULT, -ENXIO]);
  });
});
