/** Exclusive, acquire and release accesses: when a store exclusive succeeds. */
import { describe, expect, it } from 'vitest';
import { Core, CORE_REGISTERS } from '../../../../core/machine/a64/index.ts';
import { machine, ORIGIN } from './support/facts.ts';

const DATA = ORIGIN + 0x8000n;
const systemIndex = (name: string): number => CORE_REGISTERS.findIndex((register) => register.name === name);

/** Runs a program of `count` instructions with X1 = DATA; W9 is its status. */
function run(source: string, count: number): Core {
  const { core } = machine(source);
  core.setX(1, DATA);
  core.setX(9, 99n);
  core.run(count);
  return core;
}

describe('a store exclusive', () => {
  it('succeeds once after a load exclusive of the same bytes', () => {
    const core = run('ldxr x2, [x1]\nmov x3, #5\nstxr w9, x3, [x1]\nstxr w10, x3, [x1]\nldr x4, [x1]', 5);
    expect([core.x(9), core.x(10), core.x(4)]).toEqual([0n, 1n, 5n]);
  });

  it.each([
    ['without a load exclusive', 'nop\nstxr w9, x3, [x1]'],
    ['to another address', 'ldxr x2, [x1]\nadd x1, x1, #8\nstxr w9, x3, [x1]'],
    ['of another size', 'ldxr x2, [x1]\nstxr w9, w3, [x1]'],
    ['after CLREX', 'ldxr x2, [x1]\nclrex\nstxr w9, x3, [x1]'],
    ['after a store of its own core to the 16 bytes', 'ldxr x2, [x1]\nstrb w3, [x1, #15]\nstxr w9, x3, [x1]'],
  ])('fails %s', (_when, source) => {
    const core = run(source, source.split('\n').length);
    expect(core.x(9)).toBe(1n);
  });

  it('is not disturbed by a store to the next 16 bytes', () => {
    expect(run('ldxr x2, [x1]\nstr x3, [x1, #16]\nstxr w9, x3, [x1]', 3).x(9)).toBe(0n);
  });

  it('fails when another core has stored there, and succeeds when it stored elsewhere', () => {
    for (const [offset, status] of [
      [0, 1n],
      [8, 1n],
      [64, 0n],
    ] as const) {
      const { core, ram } = machine(`ldxr x2, [x1]\nnop\nstxr w9, x3, [x1]\n.org 0x100\nstrb w4, [x1, #${offset}]`);
      const other = new Core({ ram });
      other.reset(ORIGIN + 0x100n);
      other.setX(1, DATA);
      core.setX(1, DATA);
      core.run(1);
      other.run(1);
      core.run(2);
      expect(core.x(9), `offset ${offset}`).toBe(status);
    }
  });

  it('fails when a device has written there', () => {
    const { core, ram } = machine('ldxr x2, [x1]\nstxr w9, x3, [x1]');
    core.setX(1, DATA);
    core.run(1);
    ram.write(DATA + 4n, Uint8Array.of(1));
    core.run(1);
    expect(core.x(9)).toBe(1n);
  });

  it('fails after an exception return', () => {
    const { core } = machine('ldxr x2, [x1]\neret\nback: stxr w9, x3, [x1]');
    core.setX(1, DATA);
    core.setSystem(systemIndex('ELR_EL1'), ORIGIN + 8n);
    core.setSystem(systemIndex('SPSR_EL1'), 0x3c5n);
    core.run(3);
    expect(core.x(9)).toBe(1n);
  });

  it('stores a pair', () => {
    const core = run('ldxp x2, x3, [x1]\nmov x4, #4\nmov x5, #5\nstlxp w9, x4, x5, [x1]\nldp x6, x7, [x1]', 5);
    expect([core.x(9), core.x(6), core.x(7)]).toEqual([0n, 4n, 5n]);
  });

  it('lets two cores count together without losing an increment', () => {
    const { core, ram } = machine(
      '1: ldaxr w2, [x1]\nadd w2, w2, #1\nstlxr w3, w2, [x1]\ncbnz w3, 1b\nsub w4, w4, #1\ncbnz w4, 1b\nhlt #0',
    );
    const cores = [core, new Core({ ram }), new Core({ ram })];
    for (const each of cores) {
      each.reset(ORIGIN);
      each.setX(1, DATA);
      each.setX(4, 100n);
      each.breakpoints.add(ORIGIN + 24n);
    }
    // Turns of different lengths, so that cores meet inside each other's loops.
    for (let turn = 0; cores.some((each) => each.pcValue !== ORIGIN + 24n) && turn < 10_000; turn++) {
      const each = cores[turn % 3];
      if (each !== undefined && each.pcValue !== ORIGIN + 24n) each.run(1 + ((turn * 7) % 5));
    }
    expect(ram.view.getUint32(0x8000, true)).toBe(300);
  });
});

describe('alignment of exclusive, acquire and release accesses', () => {
  it.each([
    'ldxr x2, [x1]',
    'stxr w9, x2, [x1]',
    'ldar w2, [x1]',
    'stlr x2, [x1]',
    'ldxp w2, w3, [x1]',
    'ldarh w2, [x1]',
  ])('`%s` faults when unaligned', (text) => {
    const { core } = machine(text);
    core.setX(1, DATA + 1n);
    core.step();
    const isStore = text.startsWith('st');
    expect(core.systemValue(systemIndex('ESR_EL1'))).toBe(isStore ? 0x9600_0061n : 0x9600_0021n);
    expect(core.systemValue(systemIndex('FAR_EL1'))).toBe(DATA + 1n);
  });
});

describe('exclusive accesses outside RAM', () => {
  it('fault, for there is no monitor', () => {
    const { core } = machine('ldxr x2, [x1]');
    core.setX(1, 0x900_0000n);
    core.step();
    expect(core.systemValue(systemIndex('ESR_EL1'))).toBe(0x9600_0035n);
  });
});
