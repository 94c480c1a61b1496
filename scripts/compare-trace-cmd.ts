/** `node scripts/node.mjs scripts/compare-trace-cmd.ts FILE…`: does gicscope read a trace.dat as trace-cmd does? */
import { spawnSync } from 'node:child_process';
import { importTrace } from '../core/import/import.ts';
import { MemorySink } from '../test/support/memory-sink.ts';
import { compareReport } from './trace-cmd/raw-report.ts';

const MOST_TEXT = 2 ** 30;

for (const file of process.argv.slice(2)) {
  const { stdout, error } = spawnSync('trace-cmd', ['report', '-N', '-R', '-t', file], {
    encoding: 'utf8',
    maxBuffer: MOST_TEXT,
  });
  if (error !== undefined) throw new Error(`trace-cmd is needed: ${error.message}`, { cause: error });
  const sink = new MemorySink();
  const { summary } = await importTrace(file, sink);
  // A count of a clock that counts something else has no fraction.
  const [seconds = '0', nanos] = (summary.source.facts['first time stamp'] ?? '').split(/[. ]/);
  const events = sink.events.filter(({ kind }) => kind !== 'lost');
  const origin = nanos === undefined ? BigInt(seconds) : BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
  const { fields, explained, different } = compareReport(stdout.split('\n'), events, origin);
  const apart = [...explained].map(([why, count]) => `, ${count} × ${why} printed otherwise`).join('');
  console.log(`${file}: ${events.length} events, ${fields} fields${apart}`);
  for (const each of different) console.log(`  ${each}`);
  if (different.length > 0) process.exitCode = 1;
}
