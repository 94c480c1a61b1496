/**
 * Recorded guest register accesses per second: `node scripts/node.mjs test/bench/record.bench.ts [accesses]`.
 * The guest writes and reads registers of its CPU interface in a loop; each access is an event with all its changes,
 * into a SQLite file and into memory only. Goals: 1 million a second into the file, 3 million into memory; linear.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario, type PackedSink, ScenarioRun } from '../../core/scenario/index.ts';
import { seq } from '../../core/state/brand.ts';
import { TraceWriter } from '../../core/trace/writer.ts';

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

/** Takes events and forgets them. */
function memorySink(run: ScenarioRun): PackedSink {
  const { journal } = run.machine;
  let count = 0;
  const take = (): number => {
    journal.clear();
    return count++;
  };
  return {
    journal,
    append: () => seq(take()),
    appendPacked: take,
    typeId: () => 1,
    nameId: () => 1,
    interruptField: () => undefined,
    rawLine: () => undefined,
    skip: () => undefined,
    countName: () => undefined,
  };
}

function measure(name: string, events: number, sinkOf: (run: ScenarioRun) => PackedSink, finish: () => number): void {
  const run = new ScenarioRun(loadScenario('bench.yaml', SCENARIO));
  const sink = sinkOf(run);
  run.record(sink);
  run.begin();
  const began = performance.now();
  while (run.events < events) run.advance(10_000);
  const bytes = finish();
  const seconds = (performance.now() - began) / 1000;
  const rate = Math.round(run.events / seconds);
  const size = bytes === 0 ? '' : `, ${(bytes / run.events).toFixed(1)} bytes an event`;
  console.log(`${name}: ${run.events} accesses in ${seconds.toFixed(2)} s: ${rate} a second${size}`);
}

const wanted = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  for (const events of [wanted / 10, wanted]) {
    measure('memory', events, memorySink, () => 0);
    const path = join(folder, 'bench.gscope');
    let writer: TraceWriter | undefined;
    measure(
      'SQLite',
      events,
      (run) => (writer = new TraceWriter(path, { journal: run.machine.journal, overwrite: true })),
      () => {
        writer?.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v5', vcpus: 1 });
        return statSync(path).size;
      },
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
