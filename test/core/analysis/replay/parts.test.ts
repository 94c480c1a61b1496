/** Recordings of GICv3 and GICv2 that begin in the middle or lack lines. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

async function ofLines(lines: readonly string[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines);
  return replayed(sink, result);
}

async function linesOf(name: string): Promise<readonly string[]> {
  const sink = new MemorySink();
  await importTrace(fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url)), sink);
  return sink.raw;
}

describe.each([
  ['GICv3', 'gicv3-smp4-noits-events.part.log.xz'],
  ['GICv2', 'gicv2-smp2.part.log.xz'],
])('a part of a recording of a %s', (_model, file) => {
  let lines: readonly string[];
  beforeAll(async () => {
    lines = await linesOf(file);
  });

  it.each([0.1, 0.5, 0.8])('agrees from where it begins on: %f', async (where) => {
    const { mismatched, unsupported, compared, inferred } = await ofLines(
      lines.slice(Math.floor(where * lines.length)),
    );
    expect([mismatched, unsupported < compared / 100]).toEqual([0, true]);
    const [learned] = Object.entries(inferred).find(([what]) => what.includes('before the recording began')) ?? [];
    expect(learned).toBeDefined();
  });

  it('agrees where it ends early, and learns nothing', async () => {
    const { mismatched, inferred } = await ofLines(lines.slice(0, Math.floor(lines.length / 2)));
    expect(mismatched).toBe(0);
    expect(Object.keys(inferred).filter((what) => what.includes('before the recording began'))).toEqual([]);
  });

  it('finds a best interrupt that is changed in it', async () => {
    const part = [...lines.slice(Math.floor(lines.length / 2))];
    const places = part.flatMap((line, at) =>
      / HPPI update: irq 27 group 2 prio (?!255)|bestirq cpu \d irq 27 /.test(line) ? [at] : [],
    );
    const changed = places.filter((_at, index) => index % 40 === 30);
    for (const at of changed) part[at] = (part[at] ?? '').replace('irq 27', 'irq 26');
    const { byRegister } = await ofLines(part);
    // The first time it may have been so.
    expect(changed.length).toBeGreaterThan(2);
    expect(byRegister['best interrupt']?.mismatched).toBeGreaterThanOrEqual(changed.length - 1);
  });

  it('differs where lines are missing, and finds its way back', async () => {
    const torn = lines.filter((_line, at) => at % 500 !== 250);
    const { mismatched, compared } = await ofLines(torn);
    expect(mismatched).toBeLessThan((4 * lines.length) / 500);
    expect(compared).toBeGreaterThan(1000);
  });
});
