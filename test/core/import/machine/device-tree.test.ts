/** Device trees as QEMU's virt machines have them, and damaged ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImportError } from '../../../../core/import/errors.ts';
import { readDeviceTree } from '../../../../core/import/machine/device-tree.ts';
import { framesText, modelOf, placeOf } from '../../../../core/import/machine/machine.ts';
import { deviceTree, type TestNode } from '../../../support/device-tree.ts';

const root = (nodes: TestNode): Buffer => deviceTree({ '#address-cells': [2], '#size-cells': [2], ...nodes });
const GICV3 = {
  compatible: 'arm,gic-v3',
  reg: [0, 0x800_0000, 0, 0x1_0000, 0, 0x80a_0000, 0, 0xf6_0000],
  '#redistributor-regions': [1],
  '#address-cells': [2],
  '#size-cells': [2],
  ranges: [],
};
const ITS = { compatible: 'arm,gic-v3-its', reg: [0, 0x808_0000, 0, 0x2_0000] };

const textOf = (bytes: Uint8Array): string => framesText(readDeviceTree(bytes, '/boot/virt.dtb'));

describe('a device tree', () => {
  it('of a GICv3 gives distributor, redistributors and ITS', () => {
    const machine = readDeviceTree(root({ 'intc@8000000': { ...GICV3, 'its@8080000': ITS } }), '/boot/virt.dtb');
    expect(machine.gic).toBe('v3');
    expect(framesText(machine)).toBe('GICD 0x8000000, GICR 0x80a0000, ITS 0x8080000 (from the device tree virt.dtb)');
    expect(placeOf(machine, 0x80a_0000n + 5n * 0x2_0000n + 0x14n)).toEqual({
      name: 'GICR',
      frame: 'GICR',
      base: 0x80a_0000n + 5n * 0x2_0000n,
      index: 5,
    });
    // The region ends there.
    expect(placeOf(machine, 0x80a_0000n + 0xf6_0000n)).toBeUndefined();
  });

  it('gives every region of redistributors that it counts, and their stride', () => {
    const reg = [
      0, 0x800_0000, 0, 0x1_0000, 0, 0x80a_0000, 0, 0x4_0000, 0x40, 0, 0, 0x4000_0000, 0, 0x801_0000, 0, 0x2000,
    ];
    const gic = { ...GICV3, reg, '#redistributor-regions': [2], 'redistributor-stride': [0, 0x4_0000] };
    const machine = readDeviceTree(root({ gic }), 'a.dtb');
    expect(machine.frames.map(({ name, base, stride }) => [name, base, stride])).toEqual([
      ['GICD', 0x800_0000n, undefined],
      ['GICR', 0x80a_0000n, 0x4_0000n],
      ['GICR', 0x40_0000_0000n, 0x4_0000n],
    ]);
  });

  it('of a GICv2 and of a GICv5 gives theirs', () => {
    const v2 = { compatible: ['arm,cortex-a15-gic'], reg: [0, 0x800_0000, 0, 0x1_0000, 0, 0x801_0000, 0, 0x1_0000] };
    expect(textOf(root({ v2 }))).toMatch(/^GICD 0x8000000, GICC 0x8010000 /);
    const irs = {
      compatible: 'arm,gic-v5-irs',
      'reg-names': ['s-config', 'ns-config'],
      reg: [0, 0x900_0000, 0, 0x1_0000, 0, 0x801_0000, 0, 0x1_0000],
    };
    const v5 = { compatible: 'arm,gic-v5', '#address-cells': [2], '#size-cells': [2], ranges: [], irs };
    const machine = readDeviceTree(root({ v5 }), 'a.dtb');
    expect([machine.gic, framesText(machine)]).toEqual(['v5', 'IRS 0x8010000 (from the device tree a.dtb)']);
  });

  it('translates addresses by the ranges of the buses above', () => {
    const gic = { compatible: 'arm,gic-400', reg: [0x1000, 0x1000, 0x2000, 0x2000] };
    const bus = { '#address-cells': [1], '#size-cells': [1], ranges: [0, 8, 0x8000_0000, 0x1_0000], gic };
    expect(textOf(root({ bus }))).toMatch(/^GICD 0x880001000, GICC 0x880002000 /);
  });

  it('without a GIC, of another kind, or cut short is refused with the byte', () => {
    for (const [bytes, message, byte] of [
      [root({ uart: { compatible: 'arm,pl011', reg: [0, 1, 0, 1] } }), 'no node of a GICv2, GICv3 or GICv5', 0],
      [
        Buffer.from('/dts-v1/;\n/ { compatible = "linux,dummy-virt"; };\n/* longer than a header */'),
        'no device tree blob',
        0,
      ],
      [root({ gic: GICV3 }).subarray(0, 100), 'a name has no end', 100],
    ] as const) {
      const attempt = (): unknown => readDeviceTree(bytes, 'a.dtb');
      expect(attempt).toThrow(message);
      expect(attempt).toThrow(expect.objectContaining({ at: { byte } }) as Error);
    }
  });

  it('is read or refused whatever its bytes are', () => {
    const seed = root({ gic: { ...GICV3, its: ITS } });
    const change = fc.tuple(fc.nat(seed.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(seed.length), (changes, cut) => {
        const bytes = Buffer.from(cut % 4 === 0 ? seed.subarray(0, cut) : seed);
        for (const [at, to] of changes) if (at < bytes.length) bytes[at] = to;
        try {
          const machine = readDeviceTree(bytes, 'a.dtb');
          expect(modelOf(machine.frames)).toBe(machine.gic);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ImportError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
