/**
 * Mutated recordings of every format, through the one entry: an import ends with a trace or with a message that says
 * what is wrong and where, in bounded time, whatever the bytes. `GICSCOPE_FUZZ=n` runs n inputs of each format.
 */
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImportError, importTrace } from '../../core/import/import.ts';
import { openSource } from '../../core/import/source/source.ts';
import { MemorySink } from '../support/memory-sink.ts';
import { SimpleFile } from '../support/qemu-simple.ts';
import { format, record, traceDat } from '../support/trace-dat.ts';

const RUNS = Number(process.env['GICSCOPE_FUZZ'] ?? 250);
/** Inputs are a few kilobytes; 2 s a megabyte leave them milliseconds, a loaded machine needs more. */
const MOST_MS = 2000;
const PIECE = 6000;

const data = (name: string): string => fileURLToPath(new URL(`../data/import/${name}`, import.meta.url));

/** The first bytes of a recording, from a place in it. */
async function piece(name: string, from = 0): Promise<Buffer> {
  const source = await openSource(data(name));
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source.chunks) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > from + PIECE) break;
    }
  } finally {
    await source.close();
  }
  return Buffer.concat(chunks).subarray(from, from + PIECE);
}

const PERF = `     qemu-system-aar   400/401     [001]   100.000100:   kvm:kvm_entry: PC: 0xffff8000
     CPU 0/KVM   400/402     [000]   100.000200:   kvm:kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0xffff8010
\tffff800080012345 el0_svc ([kernel.kallsyms])
     CPU 0/KVM   400/402     [000]   100.000300:   kvm:vgic_update_irq_pending: VCPU: 0, IRQ 27, level: 1
`.repeat(8);

const SIMPLE = Array.from({ length: 20 }, (_, i) => BigInt(i)).reduce(
  (file, i) =>
    file
      .event('gicv3_redist_set_irq', i * 10n, 0, 27, i & 1n)
      .event('gicv3_icc_iar1_read', i * 10n + 1n, 0, 27n)
      .event('gicv5_irs_recalc_hppi_fail', i * 10n + 2n, 'NonSecure', 1, 'no pending'),
  new SimpleFile(),
).bytes;

const SEEDS: readonly (readonly [name: string, seed: () => Promise<Buffer> | Buffer])[] = [
  ['QEMU, GICv5', () => piece('gicv5-smp2-full.log.xz', 40_000)],
  ['QEMU, GICv3', () => piece('gicv3-smp2-its-full.log.xz', 12_000)],
  ['QEMU, GICv2 with -d int', () => piece('gicv2-smp2.part.log.xz', 30_000)],
  ['QEMU simple', () => SIMPLE],
  ['ftrace text', () => piece('raw-arch_timer.trace.txt.xz')],
  ['trace-cmd report', () => piece('arch_timer.report-N.txt.xz')],
  ['perf script', () => Buffer.from(PERF)],
  ['trace.dat', seedDat],
];

function seedDat(): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt16LE(42, 0);
  body.writeInt32LE(27, 8);
  const events = Array.from({ length: 40 }, (_, i) => record(false, 3, i, body));
  const irq = format('irq_handler_entry', 42, [['int irq', 8, 4, 1]], '"irq=%d", REC->irq');
  const pages = [{ base: 1000n, data: Buffer.concat(events) }];
  return traceDat({}, { irq: [irq] }, '7 CPU 0/KVM\n', [{ name: '', cpus: [pages] }]);
}

const change = fc.oneof(
  fc.record({ do: fc.constant('flip' as const), at: fc.nat(), to: fc.nat(255) }),
  fc.record({ do: fc.constant('cut' as const), at: fc.nat(), to: fc.nat(200) }),
  fc.record({ do: fc.constant('double' as const), at: fc.nat(), to: fc.nat(200) }),
  fc.record({ do: fc.constant('fill' as const), at: fc.nat(), to: fc.constantFrom(0, 0x30, 0x7f, 0xff) }),
  fc.record({ do: fc.constant('end' as const), at: fc.nat(), to: fc.constant(0) }),
);

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function damaged(seed: Buffer, changes: readonly Change[]): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (const { do: what, at, to } of changes) {
    const place = at % Math.max(1, bytes.length);
    if (what === 'flip') bytes[place] = to;
    else if (what === 'fill') bytes.subarray(place, place + 8).fill(to);
    else if (what === 'cut') bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + to)]);
    else if (what === 'double') bytes = Buffer.concat([bytes.subarray(0, place + to), bytes.subarray(place)]);
    else bytes = bytes.subarray(0, place);
  }
  return bytes;
}

/** Imports; whatever is wrong is an ImportError that names the file. */
async function attempt(bytes: Buffer, keepPartial: boolean): Promise<void> {
  const sink = new MemorySink();
  const began = performance.now();
  try {
    const { summary, events } = await importTrace({ name: 'fuzzed', stream: Readable.from([bytes]) }, sink, {
      keepPartial,
    });
    expect(events).toBe(sink.kept.length);
    const { lines } = summary;
    if (lines !== undefined) {
      expect(lines.asEvents + lines.merged + lines.skipped).toBe(lines.read);
      expect(lines.skipped).toBe(sink.skipped.length);
    }
  } catch (thrown) {
    if (!(thrown instanceof ImportError)) throw thrown;
    expect(thrown.message).toContain('fuzzed');
    expect(thrown.at, thrown.message).toBeDefined();
  }
  expect(performance.now() - began).toBeLessThan(MOST_MS);
}

describe('damaged recordings end with a trace or a message that names the place', () => {
  it.each(SEEDS)(
    '%s',
    async (_, load) => {
      const seed = await load();
      await attempt(seed, false);
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), fc.boolean(), (changes, keepPartial) =>
          attempt(damaged(seed, changes), keepPartial),
        ),
        { numRuns: RUNS },
      );
    },
    30_000 + RUNS * 50,
  );
});
