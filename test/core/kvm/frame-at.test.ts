/** Each model names the registers of its own frames, whatever the other models call theirs. */
import { describe, expect, it } from 'vitest';
import { DEVICE_VGIC_ITS, GROUP, UserWords } from '../../../core/kvm/uapi.ts';
import { D, R, V3Lab } from '../../conformance/v3-lab.ts';
import { IRS_BASE, SpiLab } from '../../conformance/v5-spi-lab.ts';

const ITS = 0x2000_0000n;
const REDISTRIBUTOR = 0x2_0000n;

describe('the frame at an address', () => {
  it('is a GICv3 distributor, a vCPU’s redistributor or an ITS', () => {
    const { vm } = V3Lab.base({ vcpus: 2 });
    for (const [index, base] of [ITS, ITS + 0x2_0000n].entries()) {
      expect(vm.createDevice(DEVICE_VGIC_ITS)).toBe(0);
      const its = { type: DEVICE_VGIC_ITS, index };
      expect(vm.companionAttr(its, 'set', GROUP.ADDR, 4n, new UserWords(base))).toBe(0);
    }
    const at = (address: bigint): unknown => vm.gic?.frameAt(address);
    expect(at(D + 0x104n)).toEqual({ register: 'GICD_ISENABLER1', offset: 0x104 });
    expect(at(D + 0xf40n)).toEqual({ register: 'GICD+0xf40', offset: 0xf40 });
    expect(at(R + REDISTRIBUTOR + 0x1_0100n)).toEqual({ register: 'GICR_ISENABLER0', offset: 0x1_0100, vcpu: 1 });
    expect(at(R + 2n * REDISTRIBUTOR)).toBeUndefined();
    expect(at(ITS + 0x88n)).toEqual({ register: 'GITS_CWRITER', offset: 0x88 });
    // Of a second ITS the register’s name alone would mean the first one.
    expect(at(ITS + 0x2_0088n)).toEqual({ register: 'GITS1+0x88', offset: 0x88 });
  });

  it('is a GICv2 distributor or the trapped part of its CPU interface', () => {
    const { vm } = V3Lab.v2(1);
    const at = (address: bigint): string | undefined => vm.gic?.frameAt(address)?.register;
    const cpu = D + 0x1_0000n;
    expect([at(D + 0xf00n), at(D + 0x1000n), at(cpu), at(cpu + 0x1000n)]).toEqual([
      'GICD_SGIR',
      undefined,
      'GICC_CTLR',
      'GICC_DIR',
    ]);
  });

  it('is the virtual IRS of a GICv5', () => {
    const { vm } = new SpiLab('Q');
    expect(vm.gic?.frameAt(IRS_BASE + 0x80n)).toEqual({ register: 'IRS_CR0', offset: 0x80 });
    expect(vm.gic?.frameAt(IRS_BASE - 4n)).toBeUndefined();
  });

  it('is none before the VM has an interrupt controller', () => {
    expect(new V3Lab().vm.gic?.frameAt(D)).toBeUndefined();
  });
});
