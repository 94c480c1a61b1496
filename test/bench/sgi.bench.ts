/**
 * SGIs among the vCPUs of a GICv3, recorded: `node scripts/node.mjs test/bench/sgi.bench.ts [sgis …]` (default 100000
 * 1000000), each size in a process of its own. vCPU 0 broadcasts to all others and lets them answer, round by round:
 * one SGI at a time, each of which wakes its vCPU, or all 16 at once, which share an exit and an entry. What is counted
 * is SGIs that a vCPU has acknowledged.
 * Goals: a million SGIs to 254 vCPUs in 10 s, and a cost per recorded event that is the same from 1 to 512 vCPUs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario, type PackedSink, ScenarioRun } from '../../core/scenario/index.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { memorySink } from './memory-sink.ts';
import { BenchReport, isApart, sizesGiven, spent } from './report.ts';

const MOST_CPUS = 64;
/** SGIs that are not counted, so that the first ones measured, too, run compiled code. */
const WARM_UP = 20_000;
/** There are 16, as many as one vCPU can have pending. */
const SGIS = 16;

/** vCPU 0 sends SGIs 0 … `atOnce` − 1 to all others, or to itself when it is alone, waits `pause` rounds, and goes on. */
const scenario = (vcpus: number, atOnce: number, pause: number): string => `
name: sgis
about: Broadcasts of one vCPU to all others.
host: { gic: v3, cpus: ${Math.min(vcpus, MOST_CPUS)}, tasks: 0, slice: 200, timeslice: 1us }
vm: { vcpus: ${vcpus}, device: vgicv3, interrupts: 64 }
guest:
  vectors: { irq: irq }
  program: |
    start:
      ldr x1, =vectors
      msr VBAR_EL1, x1
      mov x1, #0xf0
      msr ICC_PMR_EL1, x1
      mov x1, #1
      msr ICC_IGRPEN1_EL1, x1
      msr DAIFClr, #2
      cbnz x0, idle
      ldr x2, =GICD
      mov w1, #2
      str w1, [x2]
      mov x6, #0x1000000
    round:
      ldr x3, =${vcpus === 1 ? '0x1' : '0x10000000000'}
      mov x4, #${atOnce}
    send:
      msr ICC_SGI1R_EL1, x3
      add x3, x3, x6
      subs x4, x4, #1
      b.ne send
      ldr x4, =${pause}
    answers:
      subs x4, x4, #1
      b.ne answers
      b round
    idle:
      wfi
      b idle
    irq:
      mrs x5, ICC_IAR1_EL1
${atOnce === 1 ? '' : '      cmp x5, #1020\n      b.ge none'}
      msr ICC_EOIR1_EL1, x5
${atOnce === 1 ? '' : '      b irq\n    none:'}
      eret
limit: { time: 100s }
`;

async function measure(
  how: string,
  vcpus: number,
  atOnce: number,
  sgis: number,
  sinkOf: (run: ScenarioRun) => PackedSink,
  isCounted = true,
): Promise<void> {
  const targets = Math.max(1, vcpus - 1);
  // Every physical CPU gets through the vCPUs that share it.
  const pause = 200 * Math.ceil(vcpus / MOST_CPUS) * 4;
  const run = new ScenarioRun(loadScenario('bench.yaml', scenario(vcpus, atOnce, pause)));
  const sink = sinkOf(run);
  run.record(sink);
  let taken = 0;
  const { observer } = run.machine;
  run.machine.observer = (event, place) => {
    if (event.kind === 'icv.acknowledge' && event.intid < SGIS) taken++;
    observer?.(event, place);
  };
  const isEnough = (): boolean => taken >= sgis;
  run.begin();
  run.advance(5000);
  const before = run.events;
  taken = 0;
  const { wall, cpu } = await spent(() => {
    while (!isEnough()) run.advance(2000);
    if (sink instanceof TraceWriter)
      sink.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v3', vcpus });
  });
  if (!isCounted) return;
  const events = run.events - before;
  const what = `to ${targets} of ${vcpus} vCPUs, ${atOnce} at once, ${how}`;
  report.add({ what: `time for SGIs ${what}`, size: sgis, value: wall, unit: 's', goal: '10 s for a million' });
  report.add({ what: `events per SGI ${what}`, size: sgis, value: events / taken, unit: '' });
  report.add({ what: `CPU time per event ${what}`, size: sgis, value: (cpu / events) * 1e6, unit: 'µs', goal: 'flat' });
}

const report = new BenchReport('sgi');
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  const sizes = sizesGiven([100_000, 1_000_000]);
  if (isApart) {
    const [size = 0] = sizes;
    for (const atOnce of [1, SGIS]) await measure('warm-up', 8, atOnce, WARM_UP, memorySink, false);
    for (const vcpus of size >= 1_000_000 ? [255] : [1, 8, 64, 255, 512])
      for (const atOnce of [1, SGIS]) {
        const path = join(folder, `${vcpus}-${atOnce}.gscope`);
        await measure('memory only', vcpus, atOnce, size, memorySink);
        await measure(
          'SQLite',
          vcpus,
          atOnce,
          size,
          (run) => new TraceWriter(path, { journal: run.machine.journal, assembles: 'either' }),
        );
        rmSync(path);
      }
  } else for (const size of sizes) report.apart(import.meta.filename, [String(size)]);
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
