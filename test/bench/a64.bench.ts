/**
 * Plain guest instructions per second, and their growth: `node scripts/node.mjs test/bench/a64.bench.ts [instructions]`.
 * Three programs: a loop of arithmetic, memory traffic as a compiler writes it, and a byte-wise checksum with calls.
 * Each on a core alone, and as the guest of a recorded scenario with one instruction between two steps of time; there
 * also on several vCPUs. The product's goal is 20 million per second, of all vCPUs together.
 */
import { assemble, Core, DEFAULT_ORIGIN, Ram } from '../../core/machine/a64/index.ts';
import { loadScenario, ScenarioRun } from '../../core/scenario/index.ts';
import { memorySink } from './memory-sink.ts';
import { BenchReport } from './report.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  arithmetic: `
      mov x0, #0
      mov x1, #1
  1:  add x0, x0, x1
      eor x2, x0, x1, lsl #3
      lsr x3, x2, #5
      sub x4, x3, x1
      and x5, x4, #0xff
      cmp x5, #17
      csel x6, x0, x3, lo
      add x1, x1, #1
      b 1b`,
  memory: `
      adr x10, data
      mov sp, x10
      mov x1, #0
  1:  stp x0, x1, [sp, #-16]!
      ldr x2, [x10]
      add x2, x2, x1
      str x2, [x10]
      ldr w3, [x10, #8]
      add w3, w3, #3
      str w3, [x10, #8]
      strb w1, [x10, #16]
      ldrb w4, [x10, #16]
      ldp x0, x5, [sp], #16
      subs x1, x1, #1
      b.ne 1b
      .balign 64
      .space 256
  data: .space 256`,
  waiting: `
  1:  b 1b`,
  calls: `
      adr x10, data
  1:  mov x11, x10
      mov w0, #0
      mov w12, #64
  2:  ldrb w1, [x11], #1
      bl mix
      subs w12, w12, #1
      b.ne 2b
      str w0, [x10]
      b 1b
  mix: add w0, w0, w1
      ror w0, w0, #27
      ret
      .balign 64
  data: .space 64`,
};

function measure(name: string, source: string, count: number): number {
  const result = assemble(source);
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  const ram = new Ram(DEFAULT_ORIGIN, 65_536);
  ram.loadImage(DEFAULT_ORIGIN, result.program.bytes);
  const core = new Core({ ram });
  core.reset(DEFAULT_ORIGIN);
  core.run(Math.min(count, 200_000));
  // Processor time: what other processes do at the same time does not count.
  const start = process.cpuUsage();
  const stop = core.run(count);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  if (stop.kind !== 'limit') throw new Error(`${name} stopped with ${stop.kind}`);
  return count / seconds;
}

/** The same as guest of `vcpus` vCPUs on `cpus` physical CPUs, recorded into memory. */
function measureGuests(source: string, vcpus: number, cpus: number, count: number): number {
  const list = Array.from({ length: vcpus }, (_, n) => `{ cpu: ${n % cpus} }`).join(', ');
  const text = `
name: plain
about: Plain instructions.
host: { cpus: ${cpus}, tasks: 0, slice: 1 }
vm: { vcpus: [${list}] }
guest:
  program: |
    start:
${source.replaceAll(/^/gm, '    ')}
limit: { time: 100s }
`;
  const run = new ScenarioRun(loadScenario('bench.yaml', text));
  run.record(memorySink(run));
  run.begin();
  const executed = (): number => run.machine.threads.reduce((sum, { core }) => sum + core.total, 0);
  const until = (instructions: number): void => {
    while (executed() < instructions) run.advance(20_000);
  };
  until(200_000);
  const before = executed();
  const start = process.cpuUsage();
  until(before + count);
  const { user, system } = process.cpuUsage(start);
  return (executed() - before) / ((user + system) / 1e6);
}

const count = Number(process.argv[2] ?? 50_000_000);
const report = new BenchReport('a64');
for (const [name, source] of Object.entries(PROGRAMS)) {
  const what = `guest instructions: ${name}`;
  for (const size of [count / 10, count])
    report.add({ what, size, value: measure(name, source, size) / 1e6, unit: 'M/s', goal: '≥ 20 M/s' });
}
for (const [name, vcpus, cpus] of [
  ['arithmetic', 1, 1],
  ['memory', 1, 1],
  ['calls', 1, 1],
  ['waiting', 1, 1],
  ['memory', 4, 4],
  ['waiting', 64, 64],
  ['waiting', 512, 64],
] as const) {
  const what = `through a scenario: ${name}, ${vcpus} vCPUs on ${cpus}`;
  const value = measureGuests(PROGRAMS[name] ?? '', vcpus, cpus, count / 2) / 1e6;
  report.add({ what, size: count / 2, value, unit: 'M/s', goal: '≥ 20 M/s' });
}
report.write();
