/** Messages through the ITS of the prototype, at the depth that is known (kvm-vgic-v5-spi §12, gicv5-spi-lpi-behaviour §11). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LPI_BASE, PENDING } from '../../../../core/gic/v5/irs/iste.ts';
import { E2BIG, EEXIST, EFAULT, EINVAL, ENODEV, ENXIO, EPERM } from '../../../../core/kvm/errno.ts';
import { GROUP, UserWords } from '../../../../core/kvm/uapi.ts';
import { ADDR_ITS } from '../../../../core/kvm/v5/irs/attributes.ts';
import { ready, type SpiGuest, type SpiLab } from '../../../conformance/v5-spi-lab.ts';

const ITS = 0x2000_0000n;
const DT = 0x8000_0000n;
const ITT = 0x8001_0000n;
const L2 = 0x8002_0000n;
const DELIVERED = 1;

class Memory {
  readonly words = new Map<bigint, bigint>();

  load(address: bigint, bytes: 1 | 8): bigint | undefined {
    return address < DT || bytes !== 8 ? undefined : (this.words.get(address) ?? 0n);
  }

  store(): boolean {
    return false;
  }

  contains(address: bigint): boolean {
    return address >= DT;
  }
}

interface Setting {
  readonly lab: SpiLab;
  readonly g0: SpiGuest;
  readonly memory: Memory;
  send(device: number, event: number, address?: bigint, flags?: number): number;
  its(offset: number, bytes: 4 | 8, value?: bigint): bigint;
}

const place = (lab: SpiLab, op: 'has' | 'get' | 'set', base = 0n): number =>
  lab.vm.deviceAttr(op, GROUP.ADDR, ADDR_ITS, new UserWords(base));

/** An ITS with a linear device table of 16 devices; device 3 has 4 events, of which 1 is LPI 7. */
function withIts(): Setting {
  const { lab, g0 } = ready('its-preview');
  const memory = new Memory();
  lab.vm.memory = memory;
  expect(place(lab, 'set', ITS)).toBe(0);
  const its = (offset: number, bytes: 4 | 8, value?: bigint): bigint => {
    g0.run();
    const answer = g0.vcpu.memoryAccess(ITS + BigInt(offset), bytes, value);
    if (answer === undefined) throw new Error(`nothing answers at 0x${offset.toString(16)}`);
    return answer;
  };
  memory.words.set(DT + 24n, 0x1000_0000_0000_0000n | ITT | 1n);
  memory.words.set(ITT + 8n, 0x8000_0007n);
  its(0xc0, 8, DT);
  its(0xd0, 4, 4n);
  its(0x80, 4, 1n);
  g0.w32(0x190, 5);
  g0.w64(0x180, 0x4_8010_0001n);
  g0.configure(LPI_BASE + 7).configure(LPI_BASE + 8);
  lab.take();
  return {
    lab,
    g0,
    memory,
    send: (device, event, address = ITS + 0x1_0000n, flags = 1) =>
      lab.vm.signalMsi({ address, data: event, flags, device }),
    its,
  };
}

describe('the ITS of the prototype', () => {
  it('identifies itself with 20 DeviceID and 10 EventID bits and tables of two levels', () => {
    const { its } = withIts();
    expect([its(4, 4), its(8, 4), its(0x80, 4), its(0x120, 4)]).toEqual([0x1d4n, 10n, 3n, 1n]);
  });

  it('is placed once, where it fits, and only in its own profile', () => {
    const { lab } = ready('its-preview');
    expect([place(lab, 'has'), place(lab, 'set', 0x1000n), place(lab, 'set', 1n << 48n)]).toEqual([0, -EINVAL, -E2BIG]);
    expect([place(lab, 'set', ITS), place(lab, 'set', ITS)]).toEqual([0, -EEXIST]);
    for (const profile of ['H1', 'H3', 'Q']) {
      const { lab: without } = ready(profile);
      expect([place(without, 'has'), place(without, 'set', ITS)]).toEqual([-ENXIO, -ENXIO]);
      expect(without.vm.signalMsi({ address: ITS, data: 0, flags: 1, device: 0 })).toBe(-ENODEV);
      expect(without.journal.layout.find('its.ITS_CR0')).toBeUndefined();
    }
  });

  it('turns a message into VDPEND of the LPI that the guest’s tables name', () => {
    const { lab, g0, send } = withIts();
    expect(send(3, 1)).toBe(DELIVERED);
    expect(lab.take('its.translate', 'gic.vdpend', 'irs.hppi')).toMatchObject([
      { kind: 'its.translate', device: 3, event: 1, lpi: 7 },
      { kind: 'gic.vdpend', intid: LPI_BASE + 7, pending: true },
      { kind: 'irs.hppi', intid: LPI_BASE + 7 },
    ]);
    expect(g0.handle()).toBe(0x1_4000_0007n);
  });

  it('answers every failure with its own error', () => {
    const { memory, send, its } = withIts();
    expect([send(3, 0), send(3, 4), send(2, 0), send(16, 0)]).toEqual([-EINVAL, -E2BIG, -EINVAL, -E2BIG]);
    expect([send(3, 1, ITS + 0x2_0000n), send(3, 1, ITS + 0x1_0000n, 0)]).toEqual([-EINVAL, -EINVAL]);
    expect(send(3, 1, ITS, 2)).toBe(-EINVAL);
    // An entry that names another VM, and a table where no memory is.
    memory.words.set(ITT + 16n, 0xc000_0007n);
    memory.words.set(DT + 8n, 0x1000_0000_0000_1001n);
    expect([send(3, 2), send(1, 0)]).toEqual([-EINVAL, -EFAULT]);
    // Two levels: device 0x203 is within the span of 8 entries, 0x208 is not.
    its(0x80, 4, 0n);
    memory.words.set(DT, 0n);
    memory.words.set(DT + 8n, 0x3000_0000_0000_0000n | L2 | 1n);
    memory.words.set(L2 + 24n, ITT | 1n);
    memory.words.set(ITT, 0x8000_0008n);
    its(0xd0, 4, 0x1_000cn);
    expect(send(0x203, 0)).toBe(-ENXIO);
    its(0x80, 4, 1n);
    expect([send(0x203, 0), send(0x208, 0), send(0, 0)]).toEqual([DELIVERED, -ENXIO, -EINVAL]);
  });

  it('keeps what it has translated until the guest invalidates it', () => {
    const { lab, memory, send, its } = withIts();
    expect(send(3, 1)).toBe(DELIVERED);
    memory.words.set(ITT + 8n, 0x8000_0008n);
    expect(send(3, 1)).toBe(DELIVERED);
    expect(lab.take('its.stale')).toMatchObject([{ lpi: 7 }]);
    its(0x100, 8, 3n);
    its(0x108, 4, 1n);
    its(0x10c, 4, 0x8000_0000n);
    expect(send(3, 1)).toBe(DELIVERED);
    expect(lab.take('its.translate')).toMatchObject([{ lpi: 8 }]);
  });

  it('does nothing when the guest writes ITS_TRANSLATER or ITS_SYNCR', () => {
    const { lab, its } = withIts();
    its(0x1_0000, 4, 1n);
    its(0x140, 8, 1n << 63n);
    expect((lab.lpiWord(7) ?? 0) & PENDING).toBe(0);
    expect(lab.count('its.translate')).toBe(0);
  });

  it('is reached by eventfds through a route, on rising levels alone', () => {
    const { lab, send } = withIts();
    expect(send(3, 1)).toBe(DELIVERED);
    const msi = { address: ITS + 0x1_0000n, data: 1, flags: 1, device: 3 };
    expect(
      lab.vm.setGsiRouting([
        { gsi: 40, to: { msi } },
        { gsi: 5, to: { irqchip: 0, pin: 6 } },
      ]),
    ).toBe(0);
    lab.take();
    const { gsis } = lab.vgic;
    expect([gsis?.signal(40, true), gsis?.signal(40, false), gsis?.signal(5, true), gsis?.signal(6, true)]).toEqual([
      0,
      -EPERM,
      0,
      -EPERM,
    ]);
    expect(lab.take('gic.vdpend').map(({ kind, ...event }) => [kind, 'intid' in event ? event.intid : 0])).toEqual([
      ['gic.vdpend', LPI_BASE + 7],
      ['gic.vdpend', 0x6000_0006],
    ]);
    expect(lab.vm.setGsiRouting([{ gsi: 1, to: { irqchip: 0, pin: 1024 } }])).toBe(-EINVAL);
  });

  it('is taken back by undo with its cache, whatever was sent', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(17), fc.nat(5)), { maxLength: 12 }), (messages) => {
        const { lab, send, memory } = withIts();
        for (let n = 0n; n < 4n; n++) memory.words.set(ITT + n * 8n, 0x8000_0000n | n);
        const mark = lab.journal.mark();
        const before = lab.journal.state.clone();
        const results = messages.map(([device, event]) => send(device, event));
        const after = lab.journal.state.clone();
        lab.journal.undoTo(mark);
        // Slots of translations that were cached meanwhile stay claimed, and are 0.
        for (let slot = 0; slot < after.size; slot++)
          expect([slot, lab.journal.state.lo[slot]]).toEqual([slot, before.lo[slot] ?? 0]);
        expect(messages.map(([device, event]) => send(device, event))).toEqual(results);
        expect(lab.journal.state.equals(after)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
