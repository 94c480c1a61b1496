/**
 * Bench of the trace file: `node scripts/node.mjs test/bench/trace.bench.ts [events …]` (default 100000 1000000).
 * Prints per size: writing (events/s, bytes an event, time by phase), opening, seek p50/p99, steps, searches, lanes.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seq } from '../../core/state/brand.ts';
import { Cursor } from '../../core/trace/cursor.ts';
import { TraceReader } from '../../core/trace/reader.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { Workload } from './trace-workload.ts';

const sizes = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));

function percentile(times: number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(3)} ms`;
}

function measure(times: number[], action: () => void): void {
  const start = performance.now();
  action();
  times.push(performance.now() - start);
}

try {
  for (const size of sizes.length > 0 ? sizes : [100_000, 1_000_000]) {
    const path = join(folder, `${size}.gscope`);
    const start = performance.now();
    const cpu = process.cpuUsage();
    const writer = new TraceWriter(path);
    const events = new Workload(writer, 4).run(size);
    const appended = performance.now() - start;
    writer.finish({ source: { kind: 'scenario', files: ['bench'], facts: {} }, gic: 'v5', vcpus: 4 });
    const total = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      `${events} events: ${((events / total) * 1000).toFixed(0)} events/s (${((events / (user + system)) * 1e6).toFixed(0)} a second of CPU time; finish ${(total - appended).toFixed(0)} ms), ` +
        `${(statSync(path).size / events).toFixed(1)} bytes an event, ` +
        `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most`,
    );
    const opening: number[] = [];
    for (let i = 0; i < 5; i++) measure(opening, () => new TraceReader(path).close());
    const reader = new TraceReader(path);
    const cursor = new Cursor(reader);
    const seeks: number[] = [];
    let random = 1;
    for (let i = 0; i < 3000; i++) {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      const position = random % reader.count;
      measure(seeks, () => cursor.seek(seq(position)));
    }
    const steps: number[] = [];
    cursor.seek(seq(Math.floor(reader.count / 2)));
    for (let i = 0; i < 20_000; i++) measure(steps, () => cursor.step(i % 3 === 0 ? -1 : 1));
    console.log(
      `  open ${percentile(opening, 0.5)}; seek p50 ${percentile(seeks, 0.5)} p99 ${percentile(seeks, 0.99)}; ` +
        `step p50 ${percentile(steps, 0.5)} p95 ${percentile(steps, 0.95)}`,
    );
    reader.close();
    rmSync(path);
  }
} finally {
  rmSync(folder, { recursive: true });
}
