/** Registers and RAM in the state vector: what is saved, and that any saved state comes back. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../../core/state/journal.ts';
import { Layout } from '../../../../core/state/layout.ts';
import { claimCoreSlots, Core, CORE_REGISTERS, loadFrom, Ram, saveTo } from '../../../../core/machine/a64/index.ts';
import { machine, ORIGIN } from './support/facts.ts';

const DATA = ORIGIN + 0x8000n;

/** A core that is saved with its RAM, as a recorder does at each event. */
function recorded(source: string): {
  readonly core: Core;
  readonly ram: Ram;
  readonly journal: Journal;
  readonly save: () => number;
  readonly back: (mark: number) => void;
  readonly names: () => string[];
} {
  const layout = new Layout();
  const slots = claimCoreSlots(layout, 0);
  const journal = new Journal(layout);
  const { core, ram } = machine(source);
  const save = (): number => {
    saveTo(core, journal, slots);
    ram.flush(journal);
    return journal.mark();
  };
  const back = (mark: number): void => {
    journal.undoTo(mark);
    loadFrom(core, journal.state, slots);
    ram.loadFrom(journal.state, layout);
  };
  const names = (): string[] => journal.changes().map(({ slot }) => layout.descriptor(slot).path);
  return { core, ram, journal, save, back, names };
}

describe('saving a core', () => {
  it('writes the registers that instructions have written, PC and PSTATE, and no others', () => {
    const { core, journal, save, names } = recorded(
      'mov x3, #1\nnegs x4, x3\nmov x9, #0\nstr x4, [x20]\nldr x21, [x20]',
    );
    save();
    journal.clear();
    core.setX(20, DATA);
    core.run(5);
    save();
    // X9 was written, but with the value that it had.
    expect(names().toSorted()).toEqual(
      ['vcpu0.PC', 'vcpu0.PSTATE', 'vcpu0.X20', 'vcpu0.X21', 'vcpu0.X3', 'vcpu0.X4', 'ram.0x40008000'].toSorted(),
    );
  });

  it('writes nothing when nothing has changed', () => {
    const { core, journal, save } = recorded('mov x0, #1\nmov sp, x0\nmsr TPIDR_EL1, x0\nldxr x1, [x2]');
    core.setX(2, DATA);
    core.run(4);
    save();
    journal.clear();
    save();
    expect(journal.count).toBe(0);
  });

  it('keeps both stack pointers whichever is selected', () => {
    const { core, journal, save } = recorded('mov x0, #0x10\nmov sp, x0\nmsr SPSel, #0\nmov x0, #0x20\nmov sp, x0');
    core.run(5);
    save();
    const value = (path: string): bigint | undefined => {
      const slot = journal.layout.find(`vcpu0.${path}`);
      return slot === undefined ? undefined : journal.read(slot);
    };
    expect([value('SP_EL1'), value('SP_EL0')]).toEqual([0x10n, 0x20n]);
  });

  it('reports the registers written since they were last asked for', () => {
    const { core } = machine('mov x0, #1\nldp x5, x6, [x7], #16\nmov sp, x7\nmov xzr, x0\nbl .+4\nstxr w9, x0, [x10]');
    core.setX(7, DATA);
    core.setX(10, DATA);
    core.takeDirty();
    core.run(1);
    expect(core.takeDirty()).toBe(1);
    core.run(2);
    expect(core.takeDirty()).toBe(((1 << 31) | (7 << 5)) >>> 0);
    core.run(1);
    expect(core.takeDirty()).toBe(0);
    core.run(2);
    expect(core.takeDirty()).toBe(((1 << 30) | (1 << 9)) >>> 0);
  });

  it('claims the same slots in the same order every time, one set per vCPU', () => {
    const paths = (): string[] => {
      const layout = new Layout();
      claimCoreSlots(layout, 0);
      claimCoreSlots(layout, 1);
      return layout.slots.map(({ path }) => path);
    };
    expect(paths()).toEqual(paths());
    expect(paths()).toContain('vcpu1.X30');
    expect(paths()).toContain('vcpu0.VBAR_EL1');
  });

  it('finds the reset state in the slots before anything is saved', () => {
    const layout = new Layout();
    const slots = claimCoreSlots(layout, 0);
    const journal = new Journal(layout);
    const core = new Core({ ram: new Ram(ORIGIN, 4096) });
    saveTo(core, journal, slots);
    expect(journal.changes()).toEqual([]);
  });
});

describe('going back', () => {
  const SOURCE = `
      mov x1, #0
      adr x10, data
  1:  add x1, x1, #1
      str x1, [x10]
      strb w1, [x10, x1]
      ldaxr x2, [x10]
      msr TPIDR_EL1, x1
      tbz x1, #0, 2f
      svc #1
  2:  stlxr w3, x1, [x10]
      b 1b
      .balign 16
  data: .quad 0x1111111111111111, 0x2222222222222222
      .space 240
      .org 0x1200
      add x7, x7, #1
      msr SPSel, #0
      add sp, sp, #16
      msr SPSel, #1
      eret`;

  function start(): ReturnType<typeof recorded> {
    const all = recorded(SOURCE);
    all.core.setSystem(
      CORE_REGISTERS.findIndex(({ name }) => name === 'VBAR_EL1'),
      ORIGIN + 0x1000n,
    );
    all.save();
    return all;
  }

  const picture = (core: Core, ram: Ram): unknown => ({
    lo: [...core.lo].slice(0, 33),
    hi: [...core.hi].slice(0, 33),
    banks: [core.stackPointer(0), core.stackPointer(1)],
    system: [...core.systemLo, ...core.systemHi],
    pc: core.pcValue,
    pstate: core.pstate,
    reservation: core.reservedSize === 0 ? 0 : [core.reservedLo, core.reservedHi, core.reservedSize],
    memory: createHash('sha256').update(ram.bytes).digest('hex'),
  });

  it('gives the registers and the memory of any save, and running on from there repeats what happened', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }), fc.nat(12), (runs, to) => {
        const { core, ram, save, back } = start();
        const marks = [save()];
        const pictures = [picture(core, ram)];
        for (const count of runs) {
          core.run(count);
          marks.push(save());
          pictures.push(picture(core, ram));
        }
        const target = Math.min(to, runs.length);
        // Unsaved work is lost, as it must be.
        core.run(3);
        back(marks[target] ?? 0);
        expect(picture(core, ram)).toEqual(pictures[target]);
        for (const [index, count] of runs.entries()) {
          if (index < target) continue;
          core.run(count);
          save();
          expect(picture(core, ram)).toEqual(pictures[index + 1]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('restores code that was changed, and runs it', () => {
    const { core, ram, save, back } = recorded('1: add x0, x0, #1\nb 1b');
    core.run(2);
    const mark = save();
    ram.write(ORIGIN, Uint8Array.of(0x00, 0x28, 0x00, 0x91)); // add x0, x0, #10
    core.run(2);
    save();
    expect(core.x(0)).toBe(11n);
    back(mark);
    core.run(2);
    expect(core.x(0)).toBe(2n);
  });
});

describe('guest RAM', () => {
  const journalFor = (): { layout: Layout; journal: Journal } => {
    const layout = new Layout();
    return { layout, journal: new Journal(layout) };
  };

  it('claims a slot for a word when it is first flushed, with what it held before its first store', () => {
    const { layout, journal } = journalFor();
    const ram = new Ram(ORIGIN, 4096);
    ram.loadImage(ORIGIN, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    ram.write(ORIGIN + 2n, Uint8Array.of(0xff));
    ram.write(ORIGIN + 2n, Uint8Array.of(0xee));
    expect(layout.size).toBe(0);
    ram.flush(journal);
    expect(layout.slots).toEqual([{ path: 'ram.0x40000000', width: 64, initial: 0x0807_0605_0403_0201n }]);
    expect(journal.changes()).toEqual([{ slot: 0, before: 0x0807_0605_0403_0201n, after: 0x0807_0605_04ee_0201n }]);
    ram.flush(journal);
    expect(journal.count).toBe(1);
  });

  it('flushes every store since the last flush, whatever the order of stores and flushes', () => {
    const action = fc.oneof(
      fc.constant(undefined),
      fc.tuple(fc.nat(120), fc.uint8Array({ minLength: 1, maxLength: 12 })),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { layout, journal } = journalFor();
        const ram = new Ram(ORIGIN, 4096);
        for (const one of actions) {
          if (one === undefined) ram.flush(journal);
          else ram.write(ORIGIN + BigInt(one[0]), one[1]);
        }
        ram.flush(journal);
        for (const [slot, { path }] of layout.slots.entries()) {
          const offset = Number(BigInt(path.slice(4)) - ORIGIN);
          expect(journal.state.lo[slot]).toBe(ram.view.getUint32(offset, true));
          expect(journal.state.hi[slot]).toBe(ram.view.getUint32(offset + 4, true));
        }
        const held = new Set(layout.slots.map(({ path }) => path));
        for (let offset = 0; offset < 256; offset += 8)
          if (!held.has(`ram.0x${(Number(ORIGIN) + offset).toString(16)}`))
            expect(ram.view.getBigUint64(offset, true)).toBe(0n);
        journal.undoTo(0);
        ram.loadFrom(journal.state, layout);
        expect(ram.bytes.every((byte) => byte === 0)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses sizes, addresses and images that cannot be', () => {
    expect(() => new Ram(ORIGIN, 100)).toThrow(/multiple of 4096/);
    expect(() => new Ram(ORIGIN, 2 ** 30)).toThrow(/268435456/);
    expect(() => new Ram(1n, 4096)).toThrow(/multiple of 4096/);
    expect(() => new Ram(0xffff_f000n, 4096)).toThrow(/4 GiB window/);
    const ram = new Ram(ORIGIN, 4096);
    expect(() => ram.loadImage(ORIGIN + 4090n, new Uint8Array(8))).toThrow(/not in RAM/);
    expect(() => ram.read(0n, 1)).toThrow(/not in RAM/);
    ram.write(ORIGIN, Uint8Array.of(1));
    expect(() => ram.loadImage(ORIGIN, Uint8Array.of(1))).toThrow(/stored/);
  });
});
