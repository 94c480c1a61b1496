/** The physical IRS and the ITS, without KVM (gicv5-spi-scenarios S35 … S40). */
import { describe, expect, it } from 'vitest';
import { CpuInterface } from '../../core/gic/v5/cpu-interface.ts';
import { gicInstruction } from '../../core/gic/v5/instructions.ts';
import { ACTIVE, LEVEL, LPI_BASE, PENDING, SPI_BASE } from '../../core/gic/v5/irs/iste.ts';
import { Its, type ItsEvent } from '../../core/gic/v5/irs/its.ts';
import { writeIts } from '../../core/gic/v5/irs/its-frame.ts';
import { SlotMemory } from '../../core/gic/v5/irs/memory.ts';
import { istOperation } from '../../core/gic/v5/irs/operations.ts';
import { readIrs, writeIrs } from '../../core/gic/v5/irs/physical-frame.ts';
import { PhysicalIrs, type PhysicalIrsConfig } from '../../core/gic/v5/irs/physical-irs.ts';
import { Words } from '../../core/gic/v5/words.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { ARCHITECTURE, noteProfile } from './named-profiles.ts';

const RAM = 0x8000_0000;
const IST = RAM + 0x1_0000;
const DEFAULTS: PhysicalIrsConfig = {
  spis: 32,
  idBits: 16,
  minIdBits: 5,
  priorityBits: 5,
  level2Sizes: 1,
  setLpi: true,
  oneOfN: true,
};

class Machine {
  readonly memory = new SlotMemory(new Journal(new Layout()));
  readonly pes: readonly CpuInterface[];
  readonly irs: PhysicalIrs;
  readonly events: string[] = [];

  /** Affinities from `first` on. */
  constructor(config: Partial<PhysicalIrsConfig> = {}, pes = 1, first = 0) {
    noteProfile(ARCHITECTURE);
    this.memory.add({ base: RAM, bytes: 0x100_0000, word: 8, path: (n) => `ram.${n}` });
    this.pes = Array.from(
      { length: pes },
      (_, n) =>
        new CpuInterface(this.memory.journal, `pe${first + n}.`, {
          implemented: [8n, 0n],
          level: [0n, 0n],
          idr0: 0x40n,
          iaffid: first + n,
          irs: true,
        }),
    );
    this.irs = new PhysicalIrs(this.memory, this.pes, { ...DEFAULTS, ...config });
    this.irs.observer = (event) => {
      if (event.kind === 'irs.hppi') this.events.push(`${event.iaffid}:${event.intid.toString(16)}`);
    };
    for (const pe of this.pes) {
      pe.vmcr.set((0x1f << 27) | 1);
      pe.reevaluate('el2write');
    }
    this.write(0x80, 1);
  }

  write(offset: number, value: number | bigint, bytes = 4): void {
    writeIrs(this.irs, offset, bytes, BigInt(value));
  }

  read(offset: number, bytes = 4): bigint {
    return readIrs(this.irs, offset, bytes);
  }

  insn(name: string, operand = 0n, pe = 0): bigint {
    const instruction = gicInstruction(name);
    const cpu = this.pes[pe];
    if (instruction === undefined || cpu === undefined) throw new Error(name);
    const words = new Words();
    words.value = operand;
    cpu.execute(instruction, words);
    return words.value;
  }

  icsr(intid: number): bigint {
    this.insn('GIC CDRCFG', BigInt(intid));
    return this.pes[0]?.icsr.value ?? 0n;
  }

  /** A linear table of 2^5 LPIs. */
  withLpis(): this {
    this.write(0x190, 5);
    this.write(0x180, BigInt(IST) | 1n, 8);
    return this;
  }
}

describe('the physical IRS', () => {
  it('[SPI-S35] keeps the priority bits that it implements', () => {
    const machine = new Machine({ priorityBits: 4 }).withLpis();
    machine.insn('GIC CDPRI', (0x1fn << 35n) | BigInt(LPI_BASE + 3));
    expect((machine.icsr(LPI_BASE + 3) >> 11n) & 0x1fn).toBe(0x1en);
    expect((machine.memory.load32(IST + 12) ?? 0) >>> 11).toBe(0x1e);
  });

  it('[SPI-S36] moves Pending when the trigger mode of an SPI changes', () => {
    const machine = new Machine();
    const { irs } = machine;
    machine.write(0x108, 5);
    machine.insn('GIC CDEN', BigInt(SPI_BASE + 5));
    const expectState = (pending: boolean, level: boolean, active = false): void => {
      const word = irs.domain.word(SPI_BASE + 5) ?? 0;
      expect([(word & PENDING) !== 0, (word & LEVEL) !== 0, (word & ACTIVE) !== 0]).toEqual([pending, level, active]);
    };
    irs.setWire(5, true);
    expectState(true, false);
    irs.setWire(5, false);
    expectState(true, false);
    machine.write(0x114, 1);
    expectState(false, false);
    irs.setWire(5, true);
    expectState(true, true);
    expect(machine.insn('GICR CDIA')).toBe(0x1_6000_0005n);
    expectState(true, true, true);
    irs.setWire(5, false);
    expectState(false, true, true);
    machine.insn('GIC CDDI', BigInt(SPI_BASE + 5));
    expectState(false, true);
    irs.setWire(5, true);
    machine.write(0x114, 0);
    expectState(false, true);
    machine.write(0x110, 5);
    expectState(true, false);
  });

  it('[SPI-S37] makes LPIs pending through the SETLPI frame', () => {
    const machine = new Machine().withLpis();
    machine.write(0x1_0000, 7);
    expect(machine.irs.domain.word(LPI_BASE + 7)).toBe(PENDING);
    machine.write(0x1_0000, 32);
    expect(machine.irs.domain.word(LPI_BASE + 32)).toBeUndefined();
    const without = new Machine({ setLpi: false }).withLpis();
    without.write(0x1_0000, 7);
    expect(without.irs.domain.word(LPI_BASE + 7)).toBe(0);
  });

  it('[SPI-S40] finds LPIs through a level-1 table whose entries it makes valid itself', () => {
    const machine = new Machine();
    const level2 = RAM + 0x2_0000;
    machine.memory.store64(IST + 16, BigInt(level2));
    machine.write(0x190, 0x1_000c);
    machine.write(0x180, BigInt(IST) | 1n, 8);
    expect(machine.icsr(LPI_BASE + 0x800)).toBe(1n);
    machine.write(0x1c0, 0x800);
    expect(machine.memory.load64(IST + 16)).toBe(BigInt(level2) | 1n);
    machine.insn('GIC CDEN', BigInt(LPI_BASE + 0x801));
    expect(machine.memory.load32(level2 + 4)).toBe(8);
    expect(machine.icsr(LPI_BASE + 0x400)).toBe(1n);
  });

  it('withdraws candidates while it is disabled and recomputes them when it is enabled', () => {
    const machine = new Machine();
    machine.insn('GIC CDEN', BigInt(SPI_BASE + 1));
    machine.irs.setWire(1, true);
    expect(machine.pes[0]?.irsCandidate?.lo).toBe(SPI_BASE + 1);
    machine.write(0x80, 0);
    expect([machine.pes[0]?.irsCandidate?.lo, machine.irs.domain.word(SPI_BASE + 1)]).toEqual([0, 0x9]);
    machine.write(0x80, 1);
    expect([machine.pes[0]?.irsCandidate?.lo, machine.read(0x80)]).toEqual([SPI_BASE + 1, 3n]);
  });

  it('sends a 1-of-N interrupt to one PE: the least busy that takes such interrupts', () => {
    const machine = new Machine({}, 3);
    const candidates = (): (number | undefined)[] => machine.pes.map(({ irsCandidate }) => irsCandidate?.lo);
    // PE 0 takes targeted interrupts alone.
    machine.write(0x140, 0);
    machine.write(0x148, 1);
    machine.insn('GIC CDAFF', BigInt((SPI_BASE | (1 << 28)) >>> 0) + 2n);
    machine.insn('GIC CDEN', BigInt(SPI_BASE + 2));
    machine.irs.setWire(2, true);
    expect(candidates()).toEqual([0, SPI_BASE + 2, 0]);
    // PE 1 gets something of its own, less urgent: the shared one moves to PE 2.
    machine.insn('GIC CDPRI', (0x10n << 35n) | BigInt(SPI_BASE + 3));
    machine.insn('GIC CDAFF', (1n << 32n) | BigInt(SPI_BASE + 3));
    machine.insn('GIC CDEN', BigInt(SPI_BASE + 3));
    machine.irs.setWire(3, true);
    expect(candidates()).toEqual([0, SPI_BASE + 3, SPI_BASE + 2]);
    expect(machine.insn('GICR CDIA', 0n, 2)).toBe(0x1_6000_0002n);
    expect(candidates()).toEqual([0, SPI_BASE + 3, 0]);
  });
});

describe('the frame of a physical IRS', () => {
  it('has no effect where no SPI or PE is selected', () => {
    const machine = new Machine();
    machine.write(0x108, 32);
    machine.write(0x114, 1);
    expect([0x118, 0x114].map((offset) => machine.read(offset))).toEqual([1n, 0n]);
    machine.write(0x110, 32);
    machine.write(0x140, 1);
    machine.write(0x148, 1);
    expect([0x144, 0x148].map((offset) => machine.read(offset))).toEqual([1n, 0n]);
    machine.write(0x140, 0);
    expect([0x144, 0x148].map((offset) => machine.read(offset))).toEqual([7n, 0n]);
  });

  it('reserves what belongs to VMs and to EL3', () => {
    const machine = new Machine();
    expect(machine.read(0) & 0x40n).toBe(0n);
    const reserved = [0x0c, 0x10, 0x10c, 0x210, 0x214, 0x25c, 0x28c, 0x308];
    expect(reserved.map((offset) => machine.read(offset))).toEqual(reserved.map(() => 0n));
    expect([0xc4, 0x194].map((offset) => machine.read(offset))).toEqual([1n, 1n]);
  });

  it('takes shape and address of a table with VALID alone, and maps nothing into a linear one', () => {
    const machine = new Machine().withLpis();
    machine.write(0x190, 6);
    machine.write(0x180, BigInt(IST + 0x1000) | 1n, 8);
    expect([machine.read(0x190), machine.read(0x180, 8)]).toEqual([5n, BigInt(IST) | 1n]);
    machine.write(0x1c0, 0);
    expect(machine.memory.load64(IST)).toBe(0n);
    machine.insn('GIC CDEN', BigInt(LPI_BASE + 3));
    machine.insn('GIC CDPEND', (1n << 32n) | BigInt(LPI_BASE + 3));
    expect(machine.pes[0]?.irsCandidate?.lo).toBe(LPI_BASE + 3);
    machine.write(0x180, BigInt(IST), 8);
    // The state is in memory; the LPIs are gone.
    expect([machine.pes[0]?.irsCandidate?.lo, machine.icsr(LPI_BASE + 3), machine.memory.load32(IST + 12)]).toEqual([
      0,
      1n,
      9,
    ]);
    machine.write(0x180, BigInt(IST) | 1n, 8);
    expect(machine.pes[0]?.irsCandidate?.lo).toBe(LPI_BASE + 3);
  });

  it.each([
    ['fewer bits than it has', 3, 31, 32],
    ['more bits than it has', 24, 0xffff, 0x1_0000],
    ['a reserved entry size', 0x185, 31, 32],
  ])('takes a table of %s for the nearest that it has', (_what, cfgr, last, beyond) => {
    const machine = new Machine();
    machine.write(0x190, cfgr);
    machine.write(0x180, BigInt(IST) | 1n, 8);
    machine.insn('GIC CDEN', BigInt(LPI_BASE + last));
    expect([machine.icsr(LPI_BASE + last), machine.icsr(LPI_BASE + beyond)]).toEqual([2n, 1n]);
    expect(machine.memory.load32(IST + 4 * last)).toBe(8);
  });

  it('finds no candidates behind the last LPI of a level-2 table', () => {
    const machine = new Machine();
    const level2 = RAM + 0x2_0000;
    machine.memory.store64(IST, BigInt(level2) | 1n);
    for (const number of [31, 32]) machine.memory.store32(level2 + 4 * number, number === 31 ? 0x809 : 9);
    machine.write(0x190, 0x1_0005);
    machine.write(0x180, BigInt(IST) | 1n, 8);
    expect(machine.pes[0]?.irsCandidate?.lo).toBe(LPI_BASE + 31);
    expect([machine.insn('GICR CDIA'), machine.insn('GICR CDIA')]).toEqual([BigInt(LPI_BASE + 31) | (1n << 32n), 0n]);
  });

  it('keeps the routing of PEs with large affinities apart', () => {
    const machine = new Machine({}, 40, 60);
    for (const [pe, targetedOnly] of [
      [60, 1],
      [92, 0],
      [64, 1],
    ] as const) {
      machine.write(0x140, pe);
      machine.write(0x148, targetedOnly);
    }
    const read = (pe: number): bigint => {
      machine.write(0x140, pe);
      return machine.read(0x148);
    };
    expect([60, 64, 92, 96].map(read)).toEqual([1n, 1n, 0n, 0n]);
  });
});

describe('the ITS', () => {
  const DT = RAM + 0x4_0000;
  const ITT = RAM + 0x5_0000;

  function withIts(): { machine: Machine; its: Its; events: ItsEvent[] } {
    const machine = new Machine().withLpis();
    const events: ItsEvent[] = [];
    const pend = istOperation('GIC CDPEND');
    const its = new Its(machine.memory.journal, machine.memory, ({ lpi }) => void machine.irs.setLpi(lpi, pend));
    its.observer = (event) => events.push(event);
    return { machine, its, events };
  }

  it('[SPI-S38] walks linear tables, and uses what it has cached until it is told', () => {
    const { machine, its, events } = withIts();
    const { memory } = machine;
    memory.store64(DT + 3 * 8, 0x1000_0000_0000_0000n | BigInt(ITT) | 1n);
    memory.store64(ITT + 8, 0x8000_0007n);
    writeIts(its, 0xc0, 8, BigInt(DT));
    writeIts(its, 0xd0, 4, 4n);
    expect(its.translate(3, 1)).toBe('ITS_OFF');
    writeIts(its, 0x80, 4, 1n);
    writeIts(its, 0x1_0000, 4, 1n, 3);
    expect(machine.irs.domain.word(LPI_BASE + 7)).toBe(PENDING);
    expect([its.translate(3, 0), its.translate(3, 4), its.translate(2, 0), its.translate(16, 0)]).toEqual([
      'ITTE',
      'EVENT_RANGE',
      'DTE',
      'DEV_RANGE',
    ]);
    memory.store64(ITT + 8, 0x8000_0008n);
    events.length = 0;
    expect(its.translate(3, 1)).toBeUndefined();
    expect(events).toMatchObject([
      { kind: 'its.stale', lpi: 7 },
      { kind: 'its.translate', lpi: 7 },
    ]);
    writeIts(its, 0x100, 8, 3n);
    writeIts(its, 0x108, 4, 1n);
    writeIts(its, 0x10c, 4, 0x8000_0000n);
    expect(its.translate(3, 1)).toBeUndefined();
    expect(machine.irs.domain.word(LPI_BASE + 8)).toBe(PENDING);
  });

  it('[SPI-S39] walks two-level device tables within their spans', () => {
    const { machine, its } = withIts();
    const { memory } = machine;
    const level2 = RAM + 0x6_0000;
    memory.store64(DT + 8, 0x3000_0000_0000_0000n | BigInt(level2) | 1n);
    memory.store64(level2 + 3 * 8, BigInt(ITT) | 1n);
    memory.store64(ITT, 0x8000_0005n);
    writeIts(its, 0xc0, 8, BigInt(DT));
    writeIts(its, 0xd0, 4, 0x1_000cn);
    writeIts(its, 0x80, 4, 1n);
    expect(its.translate(0x203, 0)).toBeUndefined();
    expect(machine.irs.domain.word(LPI_BASE + 5)).toBe(PENDING);
    expect([its.translate(0x208, 0), its.translate(0, 0)]).toEqual(['DEV_SPAN', 'DT_L1']);
  });
});
