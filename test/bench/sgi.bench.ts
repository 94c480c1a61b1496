/**
 * SGIs among the vCPUs of a GICv3, recorded: `node scripts/node.mjs test/bench/sgi.bench.ts [sgis …]` (default 100000
 * 1000000), each size in a process of its own. vCPU 0 broadcasts to all others and lets them answer, round by round.
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

/** vCPU 0 sends SGI 1 to all others, or to itself when it is alone, waits `pause` instructions, and goes on. */
const scenario = (vcpus: number, pause: number): string => `
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
      ldr x3, =${vcpus === 1 ? '0x1000001' : '0x10001000000'}
    send:
      msr ICC_SGI1R_EL1, x3
      mov x4, #${pause}
    answers:
      subs x4, x4, #1
      b.ne answers
      b send
    idle:
      wfi
      b idle
    irq:
      mrs x5, ICC_IAR1_EL1
      msr ICC_EOIR1_EL1, x5
      eret
limit: { time: 100s }
`;

async function measure(
  how: string,
  vcpus: number,
  sgis: number,
  sinkOf: (run: ScenarioRun) => PackedSink,
): Promise<void> {
  const targets = Math.max(1, vcpus - 1);
  // Every physical CPU gets through the vCPUs that share it.
  const pause = 100 * Math.max(4, Math.ceil(vcpus / MOST_CPUS) * 4);
  const run = new ScenarioRun(loadScenario('bench.yaml', scenario(vcpus, pause)));
  const sink = sinkOf(run);
  run.record(sink);
  run.begin();
  run.advance(5000);
  const before = run.events;
  const rounds = Math.ceil(sgis / targets);
  const { wall, cpu } = await spent(() => {
    run.advance(rounds * (2 * pause + 5));
    if (sink instanceof TraceWriter)
      sink.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v3', vcpus });
  });
  const events = run.events - before;
  const what = `to ${targets} of ${vcpus} vCPUs, ${how}`;
  report.add({ what: `time for SGIs ${what}`, size: sgis, value: wall, unit: 's', goal: '10 s for a million' });
  report.add({ what: `events per SGI ${what}`, size: sgis, value: events / (rounds * targets), unit: '' });
  report.add({ what: `CPU time per event ${what}`, size: sgis, value: (cpu / events) * 1e6, unit: 'µs', goal: 'flat' });
}

const report = new BenchReport('sgi');
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  const sizes = sizesGiven([100_000, 1_000_000]);
  if (isApart) {
    const [size = 0] = sizes;
    for (const vcpus of size >= 1_000_000 ? [255] : [1, 8, 64, 255, 512]) {
      const path = join(folder, `${vcpus}.gscope`);
      await measure('memory only', vcpus, size, memorySink);
      await measure('SQLite', vcpus, size, (run) => new TraceWriter(path, { journal: run.machine.journal }));
    }
  } else for (const size of sizes) report.apart(import.meta.filename, [String(size)]);
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
