/** Which thread is which vCPU, what a syndrome says, and where register frames are: only what events prove. */
import { describe, expect, it } from 'vitest';
import { abort, abortDetail, className, classOf, trappedRegister } from '../../../../core/import/ftrace/esr.ts';
import { type FrameName, type FramePlace, modelOf } from '../../../../core/import/machine/machine.ts';
import { Frames } from '../../../../core/import/ftrace/frames.ts';
import { printedInterrupt } from '../../../../core/import/ftrace/interrupt-number.ts';
import { Threads } from '../../../../core/import/ftrace/threads.ts';
import { interruptLabel } from '../../../../core/trace/interrupts.ts';

describe('the vCPU of a thread', () => {
  it('is what the file says, before events, before its name, before the order of entries', () => {
    const threads = new Threads();
    threads.state(10, 3);
    threads.names(10, 2);
    expect(threads.laneOfVcpuThread(10, 'CPU 1/KVM')).toBe(3);
    threads.names(11, 2);
    expect(threads.laneOfVcpuThread(11, 'CPU 1/KVM')).toBe(2);
    expect(threads.laneOfVcpuThread(12, 'CPU 1/KVM')).toBe(1);
    expect(threads.laneOfVcpuThread(13, 'worker')).toBe(0);
    expect(threads.summary).toBe(
      'vCPU 0: worker (13), a guess, by the order of first entries; vCPU 1: CPU 1/KVM (12), by its name; ' +
        'vCPU 2: CPU 1/KVM (11), as its events say; vCPU 3: CPU 1/KVM (10), as the file says',
    );
  });

  it('has the name that the scheduler said where the source has none', () => {
    const threads = new Threads();
    threads.hears(10, 'qemu-system-aar');
    threads.hears(10, 'CPU 3/KVM');
    threads.hears(11, 'CPU 2/KVM');
    expect(threads.laneOfVcpuThread(10, '<...>')).toBe(3);
    expect(threads.laneOfVcpuThread(11, ':11')).toBe(2);
    expect(threads.laneOfVcpuThread(12, '<...>')).toBe(0);
    expect(threads.summary).toContain('<...> (12), a guess');
    expect(threads.summary).toContain('vCPU 3: CPU 3/KVM (10), by its name');
  });

  it('passes on when its thread has left KVM_RUN, and is another VM’s while it has not', () => {
    const threads = new Threads();
    const first = threads.laneOfVcpuThread(10, 'CPU 0/KVM');
    threads.runs(first, true);
    expect(threads.laneOfVcpuThread(20, 'CPU 0/KVM')).toBe(1);
    expect(threads.rivals).toBe(1);
    threads.runs(first, false);
    expect(threads.laneOfVcpuThread(30, 'CPU 0/KVM')).toBe(first);
    expect(threads.laneOfThread(10)).toBe(-1);
  });

  it('is of the VM whose process its thread is of, and another lane once its thread comes back', () => {
    const threads = new Threads();
    expect(threads.laneOfVcpuThread(101, 'CPU 0/KVM', 100)).toBe(0);
    expect(threads.laneOfVcpuThread(201, 'CPU 0/KVM', 200)).toBe(1);
    expect(threads.laneOfVcpuThread(101, 'CPU 0/KVM', 100)).toBe(0);
    expect(threads.rivals).toBe(1);
    // Another thread of the first VM.
    expect(threads.laneOfVcpuThread(102, 'CPU 0/KVM', 100)).toBe(0);
    expect([threads.laneOfNumber(100, 0, 100), threads.laneOfNumber(200, 0, 200)]).toEqual([0, 1]);
    expect([threads.laneOfNumber(300, 0, 300), threads.laneOfNumber(undefined, 0)]).toEqual([-1, -1]);

    const unnamed = new Threads();
    expect([101, 201].map((tid) => unnamed.laneOfVcpuThread(tid, 'CPU 0/KVM'))).toEqual([0, 0]);
    expect([101, 201].map((tid) => unnamed.laneOfVcpuThread(tid, 'CPU 0/KVM'))).toEqual([1, 0]);
    expect(unnamed.rivals).toBe(1);
  });

  it('follows a thread that runs one vCPU after another', () => {
    const threads = new Threads();
    threads.names(10, 0);
    expect(threads.laneOfVcpuThread(10, 'test')).toBe(0);
    threads.names(10, 1);
    expect(threads.laneOfVcpuThread(10, 'test')).toBe(1);
    threads.names(10, 0);
    expect(threads.laneOfVcpuThread(10, 'test')).toBe(0);
  });

  it('stays within bounds whatever numbers a file prints', () => {
    const threads = new Threads();
    expect(threads.laneOfNumber(1, 511)).toBe(511);
    expect(threads.laneOfNumber(1, 512)).toBe(-1);
    expect(threads.laneOfNumber(1, 4_000_000_000)).toBe(-1);
    for (let tid = 0; tid < 2000; tid++) threads.laneOfVcpuThread(tid + 5000, 'x');
    expect(threads.count).toBe(512);
    expect(threads.dropped).toBeGreaterThan(0);
  });
});

describe('a syndrome', () => {
  it('names the register of a trapped access, Op2 above Op1', () => {
    // ICC_SGI1R_EL1 is 3, 0, 12, 11, 5; a write from X1.
    const esr = ((0x18 << 26) | (1 << 25) | (3 << 20) | (5 << 17) | (12 << 10) | (1 << 5) | (11 << 1)) >>> 0;
    expect(trappedRegister(esr)).toEqual({ what: 'ICC_SGI1R_EL1', op: 'write' });
    // As a recorder saw it for MDSCR_EL1 (2, 0, 0, 2, 2).
    expect(trappedRegister(0x6224_0024)).toEqual({ what: 'S2_0_C0_C2_2', op: 'write' });
    expect(trappedRegister(0x8200_0005)).toBeUndefined();
  });

  it('tells aborts apart', () => {
    expect(abort(0x8200_0005)).toEqual({ what: 'instruction abort: translation fault, level 1', op: 'execute' });
    expect(abort(0x9384_0047)).toEqual({ what: 'data abort: translation fault, level 3', op: 'write' });
    expect(abortDetail(0x9384_0047)).toEqual({ 'access bytes': 4, 'access register': 4 });
    expect(className(classOf(0x9384_0047))).toBe('DABT_LOW');
    expect(className(0x3f)).toBe('EC 0x3f');
  });
});

describe('register frames', () => {
  const read = (address: number, value: number, size = 4) => ({
    isWrite: false,
    size,
    address: BigInt(address),
    value: BigInt(value),
  });
  const write = (address: number, value: number) => ({ ...read(address, value), isWrite: true });

  it('are found as Linux looks for them, and neither the ITS nor a clock chip is one', () => {
    const frames = new Frames();
    expect(frames.name(read(0x800_0000, 0)).register).toBe('0x8000000');
    expect(frames.name(read(0x800_ffe8, 0x3b))).toEqual({ register: 'GICD_PIDR2', offset: 0xffe8n });
    frames.name(read(0x80a_ffe8, 0x3b));
    frames.name(read(0x808_ffe8, 0x3b));
    frames.name(read(0x808_0008, 1, 8));
    frames.name(read(0x901_0014, 0));
    expect(frames.name(read(0x80a_0014, 6)).register).toBe('GICR_WAKER');
    expect(frames.name(write(0x80b_0100, 1)).register).toBe('GICR_ISENABLER0');
    expect(frames.name(read(0x808_0000, 0)).register).toBe('0x8080000');
    expect(frames.summary).toContain('GICD 0x8000000, GICR 0x80a0000 (inferred');
    expect(frames.model).toBe('v3');
  });

  it('of a GICv2 are found by the targets that each CPU reads of its own interrupts', () => {
    const frames = new Frames();
    frames.name(read(0x800_0004, 0xfc24));
    expect(frames.name(read(0x800_0800, 0)).register).toBe('0x8000800');
    expect(frames.name(read(0x800_0800, 0x0101_0101)).register).toBe('GICD_ITARGETSR0');
    expect(frames.name(write(0x800_0f00, 1)).register).toBe('GICD_SGIR');
    expect(frames.name(read(0x801_0000, 1)).register).toBe('0x8010000');
    expect([frames.model, frames.because]).toEqual(['v2', 'a read of GICD_TYPER and of GICD_ITARGETSR0 as 0x1010101']);
  });

  it.each([
    ['v3', 'GICD', 0x800_0100, 'GICD_ISENABLER0', undefined],
    ['v3', 'GICR', 0x80c_0014, 'GICR_WAKER', 1],
    ['v3', 'GICR', 0x80d_0100, 'GICR_ISENABLER0', 1],
    ['v3', 'ITS', 0x808_0080, 'GITS_CBASER', undefined],
    ['v3', 'ITS', 0x809_0040, 'GITS_TRANSLATER', undefined],
    ['v2', 'GICC', 0x801_000c, 'GICC_IAR', undefined],
    ['v2', 'GICD', 0x800_0f00, 'GICD_SGIR', undefined],
    ['v5', 'IRS', 0x801_0000, 'IRS_IDR0', undefined],
    ['v5', 'ITS', 0x812_0000, 'ITS_IDR0', undefined],
  ] as const)(
    'that are known beforehand name registers at once: %s %s %i',
    (gic, _, address, register, redistributor) => {
      const base = { GICD: 0x800_0000n, GICR: 0x80a_0000n, GICC: 0x801_0000n, ITS: 0x808_0000n, IRS: 0x801_0000n };
      const places: Readonly<Record<string, readonly FrameName[]>> = {
        v3: ['GICD', 'GICR', 'ITS'],
        v2: ['GICD', 'GICC'],
        v5: ['IRS'],
      };
      const own = (places[gic] ?? []).map((name) => ({ name, base: base[name] }));
      const all: FramePlace[] = gic === 'v5' ? [...own, { name: 'ITS', base: 0x812_0000n }] : own;
      const frames = new Frames({ gic: modelOf(all), frames: all, from: 'the user' });
      const named = frames.name(read(address, 0));
      expect([named.register, named.redistributor, frames.model]).toEqual([register, redistributor, gic]);
      expect(frames.name(read(0x1234_0000, 0)).register).toBe('0x12340000');
      // Nothing is inferred then.
      frames.name(read(0x2000_ffe8, 0x3b));
      expect(frames.name(read(0x2000_ffe8, 0x3b)).register).toBe('0x2000ffe8');
    },
  );

  it('are not seen in the accesses of other devices', () => {
    const frames = new Frames();
    for (const address of [0xa00_0000, 0xa00_0004, 0xa00_0008, 0xa00_0084, 0xa00_ffe8]) {
      frames.name(read(address, 0x7472_6976));
      frames.name(write(address, 1));
    }
    expect(frames.model).toBeUndefined();
    expect(frames.summary).toBe('');
  });
});

describe('a printed interrupt number', () => {
  it('is flat or typed, or no interrupt', () => {
    const label = (number: number): string | undefined => {
      const intid = printedInterrupt(number);
      return intid === undefined ? undefined : interruptLabel(intid);
    };
    expect([0, 27, 33, 8192, 1023, 0x2000_001b, 0x6000_0003, 0xffff_ffff].map(label)).toEqual([
      'SGI 0',
      'PPI 27',
      'SPI 33',
      'LPI 8192',
      undefined,
      'PPI 27',
      'SPI 3',
      undefined,
    ]);
  });
});
