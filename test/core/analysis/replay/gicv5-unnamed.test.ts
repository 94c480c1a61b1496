/** GICv5 logs whose lines name no PE: is there a way in which the PEs can have acted that explains every record? */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
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
  signal,
} from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const LPI16 = 0x4000_0010;

async function ofLines(...lines: readonly (string | readonly string[])[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines);
  return replayed(sink, result);
}

async function imported(name: string): Promise<MemorySink> {
  const sink = new MemorySink();
  await importTrace(fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url)), sink);
  return sink;
}

/** The lines that QEMU prints without the register plugin. */
const stock = (lines: readonly string[]): string[] => lines.filter((line) => line.includes(' gicv5_'));
const summary = ({ mismatched, unsupported, compared }: ReplayResult) => ({
  mismatched,
  isMostlyCompared: unsupported < compared / 100,
});
const AGREES = { mismatched: 0, isMostlyCompared: true };

/** The same lines with other text where `fits`, every `nth` of them. */
function changed(lines: readonly string[], fits: RegExp, from: string, to: string, nth: number): [string[], number] {
  const copy = [...lines];
  const places = lines.flatMap((line, at) => (fits.test(line) && line.includes(from) ? [at] : []));
  const chosen = places.filter((_at, index) => index % nth === nth >> 1);
  for (const at of chosen) copy[at] = (copy[at] ?? '').replace(from, to);
  return [copy, chosen.length];
}

describe('replay of stock logs of several PEs', () => {
  let four: readonly string[];
  let two: readonly string[];
  beforeAll(async () => {
    four = (await imported('gicv5-smp4-events.part.log.xz')).raw;
    two = (await imported('gicv5-smp2-full.log.xz')).raw.slice(0, 45_000);
  });

  it('explains every acknowledge, candidate and signal of four PEs', async () => {
    const result = await ofLines(four);
    expect(result.divergences).toEqual([]);
    // Most of what is not compared is the boot of the four PEs, whose writes left no line.
    expect([result.compared, result.mismatched, result.unsupported]).toEqual([12_050, 0, 165]);
    const { 'GICR CDIA': answers, signals } = result.byRegister;
    expect([answers?.matched, signals?.matched]).toEqual([1218, 5971]);
  });

  it('explains a recording without its register lines, and from wherever it begins', async () => {
    expect(summary(await ofLines(stock(two)))).toEqual(AGREES);
    for (const where of [0.3, 0.7]) {
      const cut = two.slice(Math.floor(where * two.length));
      expect(summary(await ofLines(stock(cut)))).toEqual(AGREES);
      expect(summary(await ofLines(cut))).toEqual(AGREES);
    }
  });

  it('finds signals that are changed, since no PE can have given them', async () => {
    const [raised, ups] = changed(stock(two), /update_irq_fiq/, 'IRQ 0', 'IRQ 1', 200);
    const found = await ofLines(raised);
    expect(ups).toBeGreaterThan(10);
    expect(found.byRegister['signals']?.mismatched).toBeGreaterThanOrEqual(ups - 2);
    expect(found.mismatched).toBeLessThan(2 * ups);
  });

  it('finds acknowledges that are changed', async () => {
    const [other, count] = changed(stock(two), /cdia/, '0x2000001b', '0x2000001e', 300);
    const { byRegister } = await ofLines(other);
    expect(count).toBeGreaterThan(1);
    expect(byRegister['GICR CDIA']?.mismatched).toBe(count);
  });

  it('goes on where lines are missing', async () => {
    const torn = four.filter((_line, at) => at % 1000 !== 500);
    const { mismatched, compared } = await ofLines(torn);
    expect(mismatched).toBeLessThan((2 * four.length) / 1000);
    expect(compared).toBeGreaterThan(1000);
  });
});

describe('replay of lines that name no PE', () => {
  /** The driver of one PE enables the timer’s PPI; then its wire rises for the first time. */
  const first = [input(27, 1), ...candidate(PPI27), signal(1)];
  const rise = first;
  const take = [acknowledge(PPI27), ...candidate(0), signal(0)];
  const finish = [drop(), signal(0), input(27, 0), ...candidate(0), signal(0)];
  const end = [deactivate(PPI27), ...candidate(0), signal(0)];

  it('learns from the first life of a PPI and compares the second', async () => {
    const once = await ofLines(machine(1), rise, take, finish, end);
    const twice = await ofLines(machine(1), rise, take, finish, end, rise, take, finish, end);
    expect([once.mismatched, twice.mismatched]).toEqual([0, 0]);
    expect(twice.compared - once.compared).toBe(10);
    expect(twice.unsupported).toBe(once.unsupported);
  });

  it('lets two PEs handle the same PPI at once, and no third', async () => {
    const both = [...rise, ...rise, ...take, ...take];
    const fine = await ofLines(machine(2), both, finish, finish, end, end);
    expect(fine.mismatched).toBe(0);
    const third = await ofLines(machine(2), both, acknowledge(PPI27), candidate(0), signal(0));
    expect(third.divergences).toMatchObject([{ register: 'GICR CDIA', recorded: 0x1_2000_001bn, emulated: 0n }]);
    expect(third.divergences[0]?.context).toMatch(/^no vCPU can have given it/);
  });

  it('knows which PE acted by the LPI that it is offered', async () => {
    const shared = [
      'gicv5_write GICv5 IRS NonSecure config frame write: offset 0x80 data 0x1 size 4',
      ...[8, 16].flatMap((id, pe) => [
        irs('SetPriority', 'LPI', id, 'prio 31'),
        irs('SetTarget', 'LPI', id, `IAFFID ${pe} routingmode 0`),
        irs('SetEnabled', 'LPI', id, 'enabled 1'),
      ]),
    ];
    const comes = (id: number, pe: number): string[] => [
      irs('SetPending', 'LPI', id, 'pending 1'),
      offer(pe, id === 8 ? LPI8 : LPI16),
      signal(1),
    ];
    const taken = (id: number, pe: number): string[] => [
      acknowledge(id === 8 ? LPI8 : LPI16),
      irs('Activate', 'LPI', id),
      offer(pe, 0),
      signal(0),
    ];
    // PE 0 handles its LPI, so an interrupt of PE 0 waits and one of PE 1 does not.
    const busy = [
      machine(2),
      ...shared,
      ...comes(8, 0),
      ...comes(16, 1),
      ...taken(8, 0),
      ...taken(16, 1),
      drop(),
      signal(0),
    ];
    const result = await ofLines(busy);
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['GICR CDIA']).toEqual({ matched: 2, mismatched: 0 });
    const again = await ofLines(busy, irs('SetPending', 'LPI', 8, 'pending 1'), offer(0, 0), signal(1));
    expect(again.byRegister['signals']?.mismatched).toBe(1);
  });

  it('compares nothing with what a write that left no line may have changed', async () => {
    const life = [...rise, ...take, ...finish, ...end];
    const result = await ofLines(machine(1), life, candidate(0), signal(0), life);
    expect(result.mismatched).toBe(0);
    expect(Object.values(result.inferred)).toEqual([1]);
    const disabled = await ofLines(machine(1), life, candidate(0), signal(0), input(27, 1), candidate(0), signal(0));
    expect(disabled.mismatched).toBe(0);
  });
});
