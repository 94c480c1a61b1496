/**
 * LPIs through four PEs, recorded: `node scripts/node.mjs test/bench/lpi.bench.ts [lpis …]` (default 100000 1000000),
 * each size in a process of its own. Every vCPU pends LPIs that go to itself and takes them: CDPEND, CDIA, CDEOI, CDDI.
 * Goals: a million in 10 s, and a cost per LPI that does not depend on how many LPIs the table has (32 and 65,536).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario, type PackedSink, ScenarioRun } from '../../core/scenario/index.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { memorySink } from './memory-sink.ts';
import { BenchReport, isApart, sizesGiven, spent } from './report.ts';

const VCPUS = 4;

/** A guest that programs LPIs 0 … 2^bits − 1, LPI n for vCPU n mod 4, and goes round them. */
const scenario = (bits: number): string => `
name: lpis
about: LPIs that every vCPU sends itself.
profile: Q
host: { cpus: ${VCPUS}, slice: 1000, tasks: 0 }
vm: { vcpus: ${VCPUS} }
guest:
  program: |
    start:
      mov x19, x0
      mov x1, #0x1f
      msr ICC_PCR_EL1, x1
      mov x1, #1
      msr ICC_CR0_EL1, x1
      ldr x2, =0x08000000
      cbnz x19, wait
      str w1, [x2, #0x80]
      mov w1, #${bits}
      str w1, [x2, #0x190]
      ldr x1, =0x40080001
      str x1, [x2, #0x180]
    wait:
      ldr w1, [x2, #0x180]
      tbz w1, #0, wait
      ldr x20, =${2 ** bits}
      ldr x21, =0x40000000
      add x21, x21, x19
      lsl x22, x19, #32
      ldr x23, =0x4000000000
      mov x10, x19
    program:
      orr x1, x21, x23
      gic cdpri, x1
      orr x1, x21, x22
      gic cdaff, x1
      gic cden, x21
      add x21, x21, #${VCPUS}
      add x10, x10, #${VCPUS}
      cmp x10, x20
      b.lt program
    ready:
      ldr x21, =0x40000000
      add x21, x21, x19
      mov x10, x19
    loop:
      mov x1, #1
      lsl x1, x1, #32
      orr x1, x1, x21
      gic cdpend, x1
      gicr x5, cdia
      gic cdeoi
      and x5, x5, #0xffffffff
      gic cddi, x5
      add x21, x21, #${VCPUS}
      add x10, x10, #${VCPUS}
      cmp x10, x20
      b.lt loop
      b ready
limit: { time: 100s }
`;

/** Instructions per LPI in the loop. */
const PER_LPI = 13;
/** LPIs that are not counted, so that the first ones measured, too, run compiled code. */
const WARM_UP = 30_000;

async function measure(
  how: string,
  bits: number,
  lpis: number,
  sinkOf: (run: ScenarioRun) => PackedSink,
  isCounted = true,
): Promise<void> {
  const run = new ScenarioRun(loadScenario('bench.yaml', scenario(bits)));
  const sink = sinkOf(run);
  run.record(sink);
  run.begin();
  // Until every LPI is programmed.
  run.advance(2 ** bits * 3 + 5000);
  const before = run.events;
  const { wall, cpu } = await spent(() => {
    run.advance((lpis / VCPUS) * PER_LPI);
    if (sink instanceof TraceWriter)
      sink.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v5', vcpus: VCPUS });
  });
  if (!isCounted) return;
  const events = run.events - before;
  const what = `of ${2 ** bits}, ${how}`;
  report.add({ what: `time for LPIs ${what}`, size: lpis, value: wall, unit: 's', goal: '10 s for a million' });
  report.add({ what: `CPU time per LPI ${what}`, size: lpis, value: (cpu / lpis) * 1e6, unit: 'µs' });
  report.add({ what: `recorded events ${what}`, size: lpis, value: events / wall / 1e6, unit: 'M/s' });
}

const report = new BenchReport('lpi');
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  const sizes = sizesGiven([100_000, 1_000_000]);
  if (isApart) {
    const [size = 0] = sizes;
    const toFile = (name: string) => (run: ScenarioRun) =>
      new TraceWriter(join(folder, `${name}.gscope`), { journal: run.machine.journal, assembles: 'either' });
    // Programming 65,536 LPIs has everything compiled; 32 must not be the ones that pay for it.
    await measure('warm-up', 5, WARM_UP, memorySink, false);
    await measure('warm-up', 5, WARM_UP, toFile('warm-up'), false);
    for (const bits of [5, 16]) {
      await measure('memory only', bits, size, memorySink);
      await measure('SQLite', bits, size, toFile(String(bits)));
    }
  } else for (const size of sizes) report.apart(import.meta.filename, [String(size)]);
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
