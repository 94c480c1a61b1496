/** Recordings without some kinds of lines: what differs for that reason is no comparison, the rest is. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { LeftOut } from '../../../../core/analysis/replay/left-out.ts';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const counts = (names: Readonly<Record<string, number>>): ReadonlyMap<string, number> => new Map(Object.entries(names));
const V3 = {
  gicv3_redist_write: 48,
  gicv3_icc_igrpen_write: 2,
  gicv3_icc_pmr_write: 8,
  gicv3_dist_write: 300,
  gicv3_redist_set_irq: 20,
  gicv3_icc_iar1_read: 20,
  gicv3_icc_eoir_write: 20,
};

describe('what a recording leaves out', () => {
  it.each([
    ['nothing of a complete one', {}, [undefined, undefined, undefined]],
    ['ends', { gicv3_icc_eoir_write: 0 }, [/leaves out: gicv3_icc_eoir_write$/, undefined, undefined]],
    [
      'what set CPU interfaces up',
      { gicv3_icc_igrpen_write: 0 },
      [/igrpen/, /leaves out: gicv3_icc_igrpen_write$/, undefined],
    ],
    [
      'one end of few interrupts: it was open',
      { gicv3_icc_iar1_read: 3, gicv3_redist_set_irq: 3, gicv3_icc_eoir_write: 0 },
      [undefined, undefined, undefined],
    ],
  ] as const)('is %s', (_what, changes, expected) => {
    const present = Object.entries({ ...V3, ...changes }).filter(([, count]) => count > 0);
    const leftOut = new LeftOut('v3', new Map(present), true);
    ['signals', 'ICC_CTLR_EL1', 'GICD_TYPER'].forEach((register, at) => {
      const wanted = expected[at];
      if (wanted === undefined) expect([register, leftOut.explains(register)]).toEqual([register, undefined]);
      else expect(leftOut.explains(register)).toMatch(wanted);
    });
  });

  it('is every input where only results were recorded, and nothing of a source whose model is not known', () => {
    const results = counts({ gicv3_cpuif_update: 100, gicv3_cpuif_set_irqs: 100 });
    expect(new LeftOut('v3', results, false).explains('best interrupt')).toMatch(
      /iar1_read.*eoir_write.*redist_set_irq/,
    );
    expect(new LeftOut('unknown', results, false).explains('best interrupt')).toBeUndefined();
  });

  it('counts results of a GICv5 only where nothing names the PE', () => {
    const taken = counts({ gicv5_gicr_cdia: 50, gicv5_cdeoi: 50, gicv5_cddi: 50, gicv5_update_ppi_state: 50 });
    expect(new LeftOut('v5', taken, true).explains('signals')).toBeUndefined();
    expect(new LeftOut('v5', taken, false).explains('signals')).toMatch(/gicv5_recalc_ppi_hppi/);
  });
});

describe.each([
  [
    'GICv3',
    'gicv3-smp4-noits-events.part.log.xz',
    ['gicv3_icc_eoir_write', 'gicv3_redist_set_irq', 'gicv3_icc_igrpen_write'],
  ],
  ['GICv2', 'gicv2-smp2.part.log.xz', ['gic_set_irq', 'gic_cpu_write']],
  ['GICv5', 'gicv5-smp4-events.part.log.xz', ['gicv5_recalc_ppi_hppi', 'gicv5_set_pending']],
])('a recording of a %s', (_model, file, kinds) => {
  let lines: readonly string[];
  beforeAll(async () => {
    const sink = new MemorySink();
    await importTrace(fileURLToPath(new URL(`../../../data/import/${file}`, import.meta.url)), sink);
    lines = sink.raw.slice(0, 6000);
  });

  const without = async (kind: string): Promise<ReplayResult> => {
    const { sink, result } = await importLines(lines.filter((line) => !line.includes(` ${kind} `)));
    return replayed(sink, result);
  };

  it.each(kinds)('without %s shows no difference, and says why less was compared', async (kind) => {
    const { mismatched, matched, reasons } = await without(kind);
    expect([mismatched, matched > 100]).toEqual([0, true]);
    const why = Object.keys(reasons).filter((reason) => reason.includes('leaves out'));
    expect(why).toHaveLength(1);
    expect(why[0]).toContain(kind);
  });
});
