/** What a part of a log proves never contradicts what all of it proves: other event selections, torn ends, cut lines. */
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { importTrace } from '../../../../../core/import/import.ts';
import { openSource } from '../../../../../core/import/source/source.ts';
import { MemorySink } from '../../../../support/memory-sink.ts';

const recording = fileURLToPath(new URL('../../../../data/import/gicv5-smp2-full.log.xz', import.meta.url));
const LINES = 45_000;
let lines: string[] = [];
let whole: ReadonlyMap<number, number | undefined> = new Map();

/** vCPU of each event by the number of its line in the whole log. */
async function vcpus(
  numbers: readonly number[],
  texts: readonly string[] = lines,
): Promise<Map<number, number | undefined>> {
  const sink = new MemorySink();
  const text = numbers.map((n) => `${texts[n] ?? ''}\n`).join('');
  const stream = Readable.from([Buffer.from(text, 'latin1')]);
  const { summary } = await importTrace({ name: 'part.log', stream }, sink, { format: 'qemu-log' });
  const { read, asEvents, merged, skipped } = summary.lines ?? { read: -1, asEvents: 0, merged: 0, skipped: 0 };
  expect(asEvents + merged + skipped).toBe(read);
  return new Map(sink.events.map(({ line, vcpu }) => [numbers[(line ?? 0) - 1] ?? -1, vcpu]));
}

/** Lines whose vCPU is another than in the whole log. */
function contradictions(part: ReadonlyMap<number, number | undefined>): string[] {
  return [...part].flatMap(([n, vcpu]) => {
    const known = whole.get(n);
    return vcpu === undefined || known === undefined || vcpu === known ? [] : [`${n + 1}: ${vcpu}, not ${known}`];
  });
}

beforeAll(async () => {
  const source = await openSource(recording);
  let text = '';
  for await (const chunk of source.chunks) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.length > LINES * 100) break;
  }
  await source.close();
  lines = text.split('\n').slice(0, LINES);
  whole = await vcpus(lines.map((_, n) => n));
}, 120_000);

describe('a log of two vCPUs without some of its events', () => {
  it.each([
    ['register lines', / gicplug_/],
    ['timer events', / arm_gt_/],
    ['timer events and registers', / arm_gt_|CNT/],
    ['deadlines', / arm_gt_recalc/],
    ['control writes', / arm_gt_ctl/],
    ['compare writes', / arm_gt_cval/],
    ['mask toggles', / arm_gt_imask/],
    ['timer outputs', / arm_gt_update/],
    ['exceptions and WFI', /gicplug_irq|gicplug_wfi/],
    ['candidates', /recalc_ppi_hppi/],
    ['candidates of the IRS', /irs_recalc/],
    ['signals', /update_irq_fiq/],
    ['PPI inputs', /update_ppi_state/],
    ['IRS activations', /gicv5_activate|gicv5_deactivate/],
    ['acknowledges', /gicr_cdia/],
    ['drops', /gicv5_cdeoi/],
    ['resets and power', /arm_psci|arm_power|arm_cpu_reset/],
    ['its beginning of the machine', /common_realize/],
  ])('proves the same without %s', async (_what, without) => {
    const numbers = lines.flatMap((text, n) => (without.test(text) ? [] : [n]));
    expect(contradictions(await vcpus(numbers))).toEqual([]);
  });

  it.each([3, 1000, 10_007, 20_014, 30_001])('proves the same when it begins at line %i', async (first) => {
    const numbers = Array.from({ length: LINES - first }, (_, i) => first + i);
    expect(contradictions(await vcpus(numbers))).toEqual([]);
  });

  it('proves the same, or nothing, around lines that are cut', async () => {
    const cut = lines.map((text, n) =>
      n % 997 === 500 ? text.slice(0, 28 + ((n * 31) % Math.max(1, text.length - 28))) : text,
    );
    expect(
      contradictions(
        await vcpus(
          lines.map((_, n) => n),
          cut,
        ),
      ),
    ).toEqual([]);
  });
});
