/** Mutated logs: whatever the bytes, the importer neither throws nor loses a line. `GICSCOPE_FUZZ=n` runs n inputs. */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { LineReader } from '../../core/import/qemu/line-reader.ts';
import { QemuSession } from '../../core/import/qemu/session.ts';
import { TraceLine } from '../../core/import/qemu/trace-line.ts';
import { Page } from '../../core/import/source/page.ts';
import { detect } from '../../core/import/registry.ts';
import { ImportError } from '../../core/import/errors.ts';
import { LineSplitter } from '../../core/import/source/lines.ts';
import { openSource } from '../../core/import/source/source.ts';
import { MemorySink } from '../support/memory-sink.ts';

const RUNS = Number(process.env['GICSCOPE_FUZZ'] ?? 2000);
let lines: string[] = [];
beforeAll(async () => {
  const source = await openSource(fileURLToPath(new URL('../data/import/gicv5-smp2-full.log.xz', import.meta.url)));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source.chunks) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > 4_000_000) break;
  }
  await source.close();
  lines = Buffer.concat(chunks).toString('latin1').split('\n');
});

/** Imports text as it is; every line must be accounted for. */
function session(text: Uint8Array): MemorySink {
  const sink = new MemorySink();
  const qemu = new QemuSession(sink);
  const splitter = new LineSplitter(qemu);
  splitter.push(text);
  splitter.end();
  qemu.end();
  const { read, asEvents, merged, skipped } = qemu.counts;
  expect(asEvents + merged + skipped).toBe(read);
  expect([asEvents, skipped, read]).toEqual([sink.kept.length, sink.skipped.length, sink.raw.length]);
  for (const [i, { event }] of sink.kept.entries()) {
    expect(Number.isSafeInteger(event.time) && event.time >= 0).toBe(true);
    if (event.vcpu !== undefined) expect(event.vcpu).toBeLessThan(512);
    expect(event.line, `event ${i}`).toBeGreaterThan(0);
  }
  return sink;
}

/** Where and how a piece of the recording is damaged. */
const mutation = fc.record({
  from: fc.nat(),
  length: fc.integer({ min: 1, max: 60 }),
  changes: fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('flip' as const), at: fc.nat(), to: fc.nat(255) }),
      fc.record({ do: fc.constant('cut' as const), at: fc.nat(), to: fc.nat(40) }),
      fc.record({ do: fc.constant('double' as const), at: fc.nat(), to: fc.nat(40) }),
      fc.record({ do: fc.constant('number' as const), at: fc.nat(), to: fc.nat() }),
      fc.record({ do: fc.constant('swap' as const), at: fc.nat(), to: fc.nat() }),
      fc.record({ do: fc.constant('vcpu' as const), at: fc.nat(), to: fc.constantFrom(0, 1, 2, 511, 512, 4294967295) }),
    ),
    { minLength: 1, maxLength: 12 },
  ),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function damaged({ from, length, changes }: Mutation): Buffer {
  const start = from % lines.length;
  const piece = lines.slice(start, start + length);
  let text: Buffer = Buffer.from(piece.join('\n'), 'latin1');
  for (const { do: what, at, to } of changes) {
    const place = at % Math.max(1, text.length);
    if (what === 'flip') text[place] = to;
    else if (what === 'cut') text = Buffer.concat([text.subarray(0, place), text.subarray(place + to)]);
    else if (what === 'double') text = Buffer.concat([text.subarray(0, place + to), text.subarray(place)]);
    else {
      const now = text.toString('latin1').split('\n');
      const line = at % now.length;
      const other = to % now.length;
      const words = now[line] ?? '';
      if (what === 'swap') [now[line], now[other]] = [now[other] ?? '', words];
      else if (what === 'vcpu') now[line] = words.replace(/cpu \d+|IAFFID \d+/, (m) => m.replace(/\d+/, String(to)));
      else
        now[line] = words.replace(/(0x)?[0-9a-f]+(?=\D*$)/, (m) =>
          m.startsWith('0x') ? `0x${to.toString(16)}` : String(to),
        );
      text = Buffer.from(now.join('\n'), 'latin1');
    }
  }
  return text;
}

describe('damaged QEMU logs', () => {
  it('never throw, and account for every line', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        session(damaged(change));
      }),
      { numRuns: RUNS },
    );
  });

  it('of random bytes do the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        session(bytes);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  it('of lines in any order do the same, and say the same when read again', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 200 }), (order) => {
        const text = Buffer.from(order.map((n) => lines[n % lines.length]).join('\n'));
        const first = session(text);
        const second = session(text);
        expect(second.events).toEqual(first.events);
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
  });

  it('are told apart or refused, never with another error', () => {
    fc.assert(
      fc.property(fc.oneof(mutation.map(damaged), fc.uint8Array({ maxLength: 300 })), (head) => {
        try {
          expect(detect(head, 'file').confidence).toBeGreaterThan(0);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ImportError);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('of one line each give a line or a reason', () => {
    const reader = new LineReader();
    const into = new TraceLine();
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(255), (n, at, byte) => {
        const bytes = Buffer.from(lines[n % lines.length] ?? '', 'latin1');
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const reason = reader.read(1, new Page(bytes), 0, bytes.length, into);
        if (reason !== undefined) expect(reason.length).toBeGreaterThan(3);
      }),
      { numRuns: RUNS * 5 },
    );
  });
});
