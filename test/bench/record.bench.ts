/**
 * Recorded guest register accesses per second: `node scripts/node.mjs test/bench/record.bench.ts [accesses …]`
 * (default 100000 1000000), each size in a process of its own.
 * The guest writes and reads registers of its CPU interface in a loop; each access is an event with all its changes,
 * into a SQLite file and into memory only. Goals: 1 million a second into the file, 3 million into memory; linear. A
 * guest of a GICv3 does the same with its interface: 1 million a second.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario, type PackedSink, ScenarioRun } from '../../core/scenario/index.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { memorySink } from './memory-sink.ts';
import { BenchReport, isApart, mostMemory, sizesGiven, spent } from './report.ts';

const SCENARIO = `
name: accesses
about: A loop of register accesses.
host: { slice: 1000, tasks: 0 }
guest:
  program: |
    start:
      mov x1, #1
      msr ICC_CR0_EL1, x1
      mov x2, #0x10
      mov x3, #0x11
    loop:
      msr ICC_PCR_EL1, x2
      mrs x4, ICC_PCR_EL1
      msr ICC_PPI_PRIORITYR0_EL1, x3
      mrs x5, ICC_APR_EL1
      msr ICC_PCR_EL1, x3
      mrs x6, ICC_HPPIR_EL1
      mrs x7, ICC_PPI_SPENDR0_EL1
      msr ICC_PPI_PRIORITYR0_EL1, x2
      b loop
limit: { time: 100s }
`;

const GICV3 = `
name: accesses
about: A loop of register accesses of a GICv3.
host: { gic: v3, slice: 1000, tasks: 0 }
vm: { device: vgicv3, interrupts: 64 }
guest:
  program: |
    start:
      mov x1, #1
      msr ICC_IGRPEN1_EL1, x1
      mov x2, #0xf0
      mov x3, #0x80
      mov x8, #3
    loop:
      msr ICC_PMR_EL1, x2
      mrs x4, ICC_PMR_EL1
      msr ICC_BPR1_EL1, x8
      mrs x5, ICC_RPR_EL1
      msr ICC_PMR_EL1, x3
      mrs x6, ICC_HPPIR1_EL1
      mrs x7, ICC_AP1R0_EL1
      msr ICC_IGRPEN1_EL1, x1
      b loop
limit: { time: 100s }
`;

async function measure(
  what: string,
  size: number,
  goal: string,
  sinkOf: (run: ScenarioRun) => PackedSink,
  scenario = SCENARIO,
): Promise<void> {
  const gic = scenario === GICV3 ? 'v3' : 'v5';
  const run = new ScenarioRun(loadScenario('bench.yaml', scenario));
  const sink = sinkOf(run);
  run.record(sink);
  run.begin();
  const { wall, cpu, own } = await spent(() => {
    while (run.events < size) run.advance(10_000);
    if (sink instanceof TraceWriter) sink.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic, vcpus: 1 });
  });
  report.add({ what: `recorded accesses, ${what}`, size, value: run.events / wall / 1e6, unit: 'M/s', goal });
  report.add({ what: `by CPU time of all threads, ${what}`, size, value: run.events / cpu / 1e6, unit: 'M/s' });
  report.add({
    what: `by CPU time of the machine's thread, ${what}`,
    size,
    value: run.events / own / 1e6,
    unit: 'M/s',
  });
  report.add({ what: `time, ${what}`, size, value: wall, unit: 's' });
  report.add({ what: `memory, most so far, ${what}`, size, value: mostMemory(), unit: 'MB' });
}

/**
 * Some accesses that are not counted, so that the smallest size, too, runs compiled code: of this model alone, as in a
 * process that records one scenario.
 */
function warmUp(scenario: string): void {
  const run = new ScenarioRun(loadScenario('bench.yaml', scenario));
  run.record(memorySink(run));
  run.begin();
  while (run.events < WARM_UP) run.advance(10_000);
}

const WARM_UP = 200_000;
const report = new BenchReport('record');
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  const sizes = sizesGiven([100_000, 1_000_000]);
  if (isApart) {
    const [size = 0] = sizes;
    const path = join(folder, 'bench.gscope');
    warmUp(SCENARIO);
    await measure('memory only', size, '≥ 3 M/s', memorySink);
    await measure(
      'SQLite',
      size,
      '≥ 1 M/s',
      (run) => new TraceWriter(path, { journal: run.machine.journal, assembles: 'either' }),
    );
    report.add({ what: 'file', size, value: statSync(path).size / size, unit: 'bytes/event' });
    warmUp(GICV3);
    const pathV3 = join(folder, 'gicv3.gscope');
    await measure('GICv3, memory only', size, '≥ 1 M/s', memorySink, GICV3);
    await measure(
      'GICv3, SQLite',
      size,
      '≥ 1 M/s',
      (run) => new TraceWriter(pathV3, { journal: run.machine.journal, assembles: 'either' }),
      GICV3,
    );
  } else {
    for (const size of sizes) report.apart(import.meta.filename, [String(size)]);
    for (const what of ['memory only', 'SQLite']) report.exponent(`time, ${what}`, '≤ 1.05');
  }
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
