/** Run as a child process by file.test.ts: writes a trace for ever, says on stdout when something is committed. */
import { nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';

const [path = '', flushed = '5000'] = process.argv.slice(2);
const writer = new TraceWriter(path, { source: { kind: 'qemu-log', files: ['boot.log'], facts: {} } });
const slot = writer.journal.layout.claim({ path: 'counter', width: 64, initial: 0n });
for (let i = 0; ; i++) {
  writer.journal.write(slot, BigInt(i + 1));
  writer.append({ kind: 'vcpu.wake', time: nanoseconds(i * 10), origin: 'hardware', vcpu: vcpuId(0) });
  if (i + 1 === Number(flushed)) {
    writer.flush();
    process.stdout.write('flushed\n');
  }
  // Slow enough not to end the disk, fast enough to be in the middle of something.
  if (i > Number(flushed) + 2_000_000) process.exit(9);
}
