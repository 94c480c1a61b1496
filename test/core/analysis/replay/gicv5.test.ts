import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ReplayError, machineFor } from '../../../../core/analysis/replay/replay.ts';
import { type ReplayResult, Tally } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import {
  acknowledge,
  candidate,
  deactivate,
  drop,
  importLines,
  input,
  irs,
  LPI8,
  machine,
  offer,
  PPI27,
  read,
  signal,
  valid,
  wfi,
  write,
} from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const RESULT = ['compared', 'mismatched', 'unsupported'] as const;
const summary = (result: ReplayResult) => Object.fromEntries(RESULT.map((key) => [key, result[key]]));

async function ofLines(...lines: readonly (string | readonly string[])[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines);
  return replayed(sink, result);
}

async function ofFile(name: string): Promise<ReplayResult> {
  const sink = new MemorySink();
  const file = fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url));
  return replayed(sink, await importTrace(file, sink));
}

/** A driver that enables the virtual timer's PPI on one PE. */
const start = (cpu: number): string[] => [
  write(cpu, 'ICC_PPI_ENABLER0_EL1', 1 << 27),
  ...candidate(0),
  signal(0),
  write(cpu, 'ICC_PPI_PRIORITYR3_EL1', 0x1f1f_1f1f_1f1f_1f1fn),
  ...candidate(0),
  signal(0),
  write(cpu, 'ICC_PCR_EL1', 0x1f),
  signal(0),
  write(cpu, 'ICC_CR0_EL1', 1),
  signal(0),
];
const handle = (cpu: number): string[] => [
  acknowledge(PPI27),
  ...candidate(0),
  signal(0),
  read(cpu, 'GICR CDIA', valid(PPI27)),
  write(cpu, 'GIC CDEOI', 0),
  drop(),
  signal(0),
];
const rise = (): string[] => [input(27, 1), ...candidate(PPI27), signal(1)];
const fall = (): string[] => [input(27, 0), ...candidate(0), signal(0)];
const end = (cpu: number): string[] => [write(cpu, 'GIC CDDI', PPI27), deactivate(PPI27), ...candidate(0), signal(0)];

describe('replay of real GICv5 recordings', () => {
  it('agrees with every acknowledge, read, candidate and signal of two PEs with register lines', async () => {
    const result = await ofFile('gicv5-smp2-full.log.xz');
    expect(result.divergences).toEqual([]);
    expect(summary(result)).toEqual({ compared: 49_081, mismatched: 0, unsupported: 110 });
    expect(result.byRegister['GICR CDIA']).toEqual({ matched: 5063, mismatched: 0 });
  });

  it('agrees with one PE without register lines, but for what follows from writes that left none', async () => {
    const result = await ofFile('gicv5-smp1-events.log.xz');
    expect(summary(result)).toEqual({ compared: 17_004, mismatched: 0, unsupported: 66 });
    expect(result.byRegister['GICR CDIA']).toEqual({ matched: 1660, mismatched: 0 });
  });
});

describe('replay of GICv5', () => {
  it('follows an interrupt from its wire to its deactivation', async () => {
    const result = await ofLines(machine(1), start(0), rise(), handle(0), fall(), end(0));
    expect(result.divergences).toEqual([]);
    expect(result.byRegister).toEqual({
      'GICR CDIA': { matched: 1, mismatched: 0 },
      'PPI candidate': { matched: 6, mismatched: 0 },
      signals: { matched: 9, mismatched: 0 },
    });
  });

  it('names the first answer that the emulator would not have given, and goes on with the recorded one', async () => {
    const lines = [machine(1), start(0), rise(), handle(0), fall(), end(0)].flat();
    const wrong = lines.map((line) =>
      line.includes('ICC_PPI_ENABLER0_EL1') ? write(0, 'ICC_PPI_ENABLER0_EL1', 8) : line,
    );
    const result = await ofLines(wrong);
    expect(result.divergences.map(({ register, recorded, emulated }) => ({ register, recorded, emulated }))).toEqual([
      { register: 'PPI candidate', recorded: 0x1f_2000_001bn, emulated: 0xff_0000_0000n },
      { register: 'signals', recorded: 1n, emulated: 0n },
      { register: 'GICR CDIA', recorded: valid(PPI27), emulated: 0n },
    ]);
  });

  it('lets another thread raise a wire between a write and its effect', async () => {
    const result = await ofLines(
      machine(1),
      start(0),
      rise(),
      handle(0),
      fall(),
      write(0, 'GIC CDDI', PPI27),
      [input(27, 1), ...candidate(0), signal(0)],
      [deactivate(PPI27), ...candidate(PPI27), signal(1)],
    );
    expect(result.mismatched).toBe(0);
  });

  it('finds out whose deactivation it was when two PEs make the same at once', async () => {
    const result = await ofLines(
      machine(2),
      [...start(0), ...start(1)],
      rise(),
      handle(0),
      fall(),
      rise(),
      handle(1),
      fall(),
      [write(0, 'GIC CDDI', PPI27), write(1, 'GIC CDDI', PPI27)],
      [deactivate(PPI27), ...candidate(0), signal(0)],
      [deactivate(PPI27), ...candidate(0), signal(0)],
      rise(),
      handle(1),
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['GICR CDIA']).toEqual({ matched: 3, mismatched: 0 });
  });

  it('keeps the wires of several PEs apart that rose before any of them answers', async () => {
    const result = await ofLines(
      machine(4),
      [...start(0), ...start(3), ...start(2)],
      rise(),
      rise(),
      handle(3),
      fall(),
      end(3),
      handle(0),
      fall(),
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['GICR CDIA']).toEqual({ matched: 2, mismatched: 0 });
  });

  it('compares the lines of a wire that rose somewhere with those PEs where they fit, and decides it by them', async () => {
    const urgent = write(2, 'ICC_PPI_PRIORITYR3_EL1', 0x0101_0101_0101_0101n);
    const idle = [0, 2, 3].map((cpu) => wfi(cpu));
    const setUp = [...start(0), ...start(3), ...start(2), urgent, ...candidate(0), signal(0), ...idle];
    // Another wire rises before anybody answers, so that no line tells where this one did.
    const risen = (priority: number): Promise<ReplayResult> =>
      ofLines(machine(4), setUp, [input(27, 1), ...candidate(PPI27, priority), signal(1)], rise(), handle(2));
    const [fitting, other] = [await risen(1), await risen(7)];
    expect(fitting.divergences).toEqual([]);
    expect(Object.values(fitting.inferred)).toEqual([1]);
    // Nobody has this priority: nothing is compared with it, and nothing decided by it.
    expect(other.unsupported).toBe(fitting.unsupported + 1);
  });

  it('takes a PPI before an LPI of the same priority, and the LPI after it', async () => {
    const result = await ofLines(
      machine(1),
      'gicv5_write GICv5 IRS NonSecure config frame write: offset 0x80 data 0x1 size 4',
      start(0),
      irs('SetPriority', 'LPI', 8, 'prio 31'),
      irs('SetEnabled', 'LPI', 8, 'enabled 1'),
      [irs('SetPending', 'LPI', 8, 'pending 1'), offer(0, LPI8), signal(1)],
      rise(),
      [acknowledge(PPI27), ...candidate(0), signal(0), read(0, 'GICR CDIA', valid(PPI27))],
      [write(0, 'GIC CDEOI', 0), drop(), signal(1)],
      [acknowledge(LPI8), irs('Activate', 'LPI', 8), offer(0, 0), signal(0), read(0, 'GICR CDIA', valid(LPI8))],
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['GICR CDIA']).toEqual({ matched: 2, mismatched: 0 });
  });

  it('counts what it cannot compare, with the reason', async () => {
    const result = await ofLines(
      machine(1),
      'gicv5_read GICv5 IRS NonSecure config frame read: offset 0x40 data 0x4b0043b size 4',
      start(0),
    );
    expect(result.reasons).toEqual({ 'the emulator has no such register': 1 });
  });

  it('refuses traces whose source has no values, and says so', () => {
    const recording = { gic: 'v3', vcpus: 1, names: new Map<string, number>() } as const;
    expect(() => machineFor({ ...recording, source: 'ftrace' }, new Tally())).toThrow(ReplayError);
    expect(() => machineFor({ ...recording, source: 'ftrace' }, new Tally())).toThrow(/only QEMU logs/);
  });
});
