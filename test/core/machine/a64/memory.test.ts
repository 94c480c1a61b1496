/** Loads and stores: sizes, addressing modes, order of effects, faults, devices. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bus,
  type BusAnswer,
  CORE_REGISTERS,
  DONE,
  FAULT,
  type Ram,
  TRAP,
} from '../../../../core/machine/a64/index.ts';
import { type Words } from '../../../../core/gic/v5/words.ts';
import { machine, ORIGIN } from './support/facts.ts';

const DATA = ORIGIN + 0x8000n;

/** Runs lines with X1 = DATA and SP = DATA + 0x100, then stops. */
function after(
  lines: string,
  prepare: (given: ReturnType<typeof machine>) => void = () => undefined,
): ReturnType<typeof machine> {
  const given = machine(`${lines}\nend: nop`);
  given.core.setX(1, DATA);
  given.core.sp = DATA + 0x100n;
  prepare(given);
  given.core.breakpoints.add(given.at('end'));
  expect(given.core.run(100)).toEqual({ kind: 'breakpoint', address: given.at('end') });
  return given;
}

const bytesAt = (ram: Ram, address: bigint, length: number): number[] => [...ram.read(address, length)];
const bytesOf = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const systemIndex = (name: string): number => CORE_REGISTERS.findIndex((register) => register.name === name);

describe('loads and stores', () => {
  it('sign-extend or zero-extend to the width that the mnemonic says', () => {
    const { core } = after(
      'ldrb w2, [x1]\nldrsb w3, [x1]\nldrsb x4, [x1]\nldrh w5, [x1]\nldrsh w6, [x1]\nldrsh x7, [x1]\nldr w8, [x1]\nldrsw x9, [x1]\nldr x10, [x1]',
      ({ ram }) => ram.write(DATA, Uint8Array.of(0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88)),
    );
    const hex = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => core.x(n).toString(16));
    expect(hex).toEqual([
      '81',
      'ffffff81',
      'ffffffffffffff81',
      '8281',
      'ffff8281',
      'ffffffffffff8281',
      '84838281',
      'ffffffff84838281',
      '8887868584838281',
    ]);
  });

  it('store little-endian bytes and only those', () => {
    const { ram } = after('mov x2, #-1\nstr x2, [x1]\nmov x2, #0x1234\nstrb w2, [x1, #1]\nstrh w2, [x1, #4]');
    expect(bytesAt(ram, DATA, 8)).toEqual([0xff, 0x34, 0xff, 0xff, 0x34, 0x12, 0xff, 0xff]);
  });

  it('move the base before or after the access', () => {
    const { core } = after(
      'mov x5, x1\nstr x5, [x1, #16]!\nldr x2, [x1], #-8\nstp x1, x2, [sp, #-32]!\nldp x3, x4, [sp], #48',
    );
    expect(core.x(1)).toBe(DATA + 8n);
    expect(core.x(2)).toBe(DATA);
    expect([core.x(3), core.x(4)]).toEqual([DATA + 8n, DATA]);
    expect(core.sp).toBe(DATA + 0x100n - 32n + 48n);
  });

  it('extend and scale a register offset', () => {
    const prepare = ({ core, ram }: ReturnType<typeof machine>): void => {
      ram.write(DATA - 8n, Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9));
      core.setX(2, 0xffff_ffffn);
      core.setX(3, 1n);
    };
    const { core } = after('ldr w4, [x1, w2, sxtw]\nldr w5, [x1, x3, lsl #2]\nldrb w6, [x1, w3, uxtw]', prepare);
    expect(core.x(5)).toBe(9n);
    const first = machine('ldr x4, [x1, w2, sxtw #3]');
    first.core.setX(1, DATA);
    prepare(first);
    first.core.step();
    expect(first.core.x(4)).toBe(7n);
  });

  it('load literals from before and behind the PC', () => {
    const { core } = after(
      'b 1f\n2: .quad 0x1122334455667788\n1: ldr x2, 2b\nldrsw x3, 3f\nb end\n3: .word 0x80000000',
    );
    expect(core.x(2)).toBe(0x1122_3344_5566_7788n);
    expect(core.x(3)).toBe(0xffff_ffff_8000_0000n);
  });

  it('reach unaligned addresses byte by byte, at any offset and size, across words', () => {
    fc.assert(
      fc.property(fc.nat(64), fc.constantFrom(1, 2, 4, 8), fc.bigInt(0n, (1n << 64n) - 1n), (offset, size, value) => {
        const suffix = size === 1 ? 'b' : size === 2 ? 'h' : '';
        const r = size === 8 ? 'x' : 'w';
        const { core, ram } = after(`str${suffix} ${r}2, [x3]\nldr${suffix} ${r}4, [x3]`, ({ core: c }) => {
          c.setX(2, value);
          c.setX(3, DATA + BigInt(offset));
        });
        const wanted = BigInt.asUintN(size * 8, value);
        expect(core.x(4)).toBe(wanted);
        const bytes = Array.from({ length: size }, (_, n) => Number((wanted >> BigInt(8 * n)) & 0xffn));
        expect(bytesAt(ram, DATA + BigInt(offset) - 1n, size + 2)).toEqual([0, ...bytes, 0]);
      }),
      { numRuns: 200 },
    );
  });

  it('fault when unaligned while SCTLR_EL1.A is set', () => {
    const { core } = machine('ldr w2, [x1, #2]');
    core.setSystem(systemIndex('VBAR_EL1'), ORIGIN);
    core.setSystem(systemIndex('SCTLR_EL1'), 0x00c5_007an);
    core.setX(1, DATA);
    core.step();
    expect(core.pcValue).toBe(ORIGIN + 0x200n);
    expect(core.systemValue(systemIndex('ESR_EL1'))).toBe(0x9600_0021n);
    expect(core.systemValue(systemIndex('FAR_EL1'))).toBe(DATA + 2n);
  });

  it('are UNDEFINED where the architecture leaves the result open', () => {
    for (const text of [
      'ldr x1, [x1], #8',
      'str x1, [x1, #8]!',
      'ldp x2, x2, [x1]',
      'ldp x1, x2, [x1], #16',
      'stp x2, x1, [x1, #16]!',
    ]) {
      const { core } = machine(text);
      core.setX(1, DATA);
      core.step();
      expect(core.systemValue(systemIndex('ESR_EL1')), text).toBe(0x0200_0000n);
    }
  });
});

describe('accesses outside RAM', () => {
  interface Access {
    readonly at: bigint;
    readonly size: number;
    readonly value: bigint | undefined;
  }

  /** A device that answers with its address, and remembers. */
  function device(answer: BusAnswer = DONE): { bus: Bus; seen: Access[] } {
    const seen: Access[] = [];
    const address = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo);
    const bus: Bus = {
      load: (lo: number, hi: number, size: number, value: Words) => {
        seen.push({ at: address(lo, hi), size, value: undefined });
        value.set(0x8877_6655, 0xffee_ddcc);
        return answer;
      },
      store: (lo: number, hi: number, size: number, value: Words) => {
        seen.push({ at: address(lo, hi), size, value: value.value });
        return answer;
      },
    };
    return { bus, seen };
  }

  it('go to the bus with address, size and value', () => {
    const { bus, seen } = device();
    const { core } = machine('ldr x2, [x1]\nldrsh x3, [x1, #6]\nstrb w2, [x1, #-1]\nstr x2, [x1, #8]', { bus });
    core.setX(1, 0x1234_0900_0000n);
    core.run(4);
    expect(core.x(2)).toBe(0xffee_ddcc_8877_6655n);
    expect(core.x(3)).toBe(0x6655n);
    expect(seen).toEqual([
      { at: 0x1234_0900_0000n, size: 8, value: undefined },
      { at: 0x1234_0900_0006n, size: 2, value: undefined },
      { at: 0x1234_08ff_ffffn, size: 1, value: 0x55n },
      { at: 0x1234_0900_0008n, size: 8, value: 0xffee_ddcc_8877_6655n },
    ]);
  });

  it('become data aborts with the status that the bus answers', () => {
    const { bus } = device(FAULT.EXTERNAL);
    const { core } = machine('str x2, [x1], #8', { bus });
    core.setX(1, 0x900_0000n);
    core.step();
    expect(core.systemValue(systemIndex('ESR_EL1'))).toBe(0x9600_0050n);
    expect(core.systemValue(systemIndex('FAR_EL1'))).toBe(0x900_0000n);
    expect(core.x(1), 'no writeback').toBe(0x900_0000n);
  });

  it('trap with all that a hypervisor needs to carry them out', () => {
    const { bus } = device(TRAP);
    const { core } = machine('ldrsh x7, [x1, #2]\nnop', { bus });
    core.setX(1, 0x900_0000n);
    const stop = core.run(10);
    if (stop.kind !== 'trap') throw new Error(stop.kind);
    const { exception } = stop;
    expect(exception).toEqual({
      kind: 'dataAbort',
      pc: ORIGIN,
      address: 0x900_0002n,
      // ISV, SAS halfword, SSE, SRT 7, SF, translation fault level 0 + 4.
      iss: (1 << 24) | (1 << 22) | (1 << 21) | (7 << 16) | (1 << 15) | 4,
      access: { isWrite: false, size: 2, register: 7, isSigned: true, is64: true },
    });
    expect(core.pcValue).toBe(ORIGIN);
    core.skip();
    expect(core.run(1).kind).toBe('limit');
    expect(core.pcValue).toBe(ORIGIN + 8n);
  });

  it('trap without a syndrome for pairs and writeback, which a hypervisor cannot carry out', () => {
    for (const text of ['ldp x2, x3, [x1]', 'ldr x2, [x1], #8', 'str x2, [x1, #8]!']) {
      const { bus } = device(TRAP);
      const { core } = machine(text, { bus });
      core.setX(1, 0x900_0000n);
      const stop = core.run(1);
      expect(stop.kind === 'trap' && stop.exception.access, text).toBe(undefined);
    }
  });

  it('leave both registers of a pair alone when its second half faults', () => {
    const { core } = machine('ldp x2, x3, [x1]');
    core.setX(1, ORIGIN + 65_536n - 8n);
    core.setX(2, 2n);
    core.setX(3, 3n);
    core.step();
    expect([core.x(2), core.x(3)]).toEqual([2n, 3n]);
    expect(core.systemValue(systemIndex('FAR_EL1'))).toBe(ORIGIN + 65_536n);
  });
});

describe('DC ZVA', () => {
  it('stores zeros to the 64 bytes around an address', () => {
    const { ram } = after('dc zva, x2', ({ core, ram: memory }) => {
      memory.write(DATA, new Uint8Array(192).fill(0xaa));
      core.setX(2, DATA + 100n);
    });
    expect(bytesAt(ram, DATA, 192)).toEqual([...bytesOf(64, 0xaa), ...bytesOf(64, 0), ...bytesOf(64, 0xaa)]);
  });
});
