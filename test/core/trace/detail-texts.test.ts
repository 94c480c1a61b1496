import { describe, expect, it } from 'vitest';
import { nanoseconds, seq } from '../../../core/state/brand.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, tracePath } from './support.ts';

/** What a trace says of the details of as many events as `texts` has (empty: none), and how many texts it stores. */
function detailsOf(texts: readonly string[]): { readonly read: unknown[]; readonly stored: number } {
  const path = tracePath('details');
  const writer = new TraceWriter(path);
  for (const [i, text] of texts.entries()) {
    const detail = text === '' ? {} : { detail: { text } };
    writer.append({ kind: 'vcpu.wake', origin: 'guest', time: nanoseconds(i), ...detail });
  }
  writer.finish(SUMMARY);
  const reader = new TraceReader(path);
  const read = reader.eventList(seq(0), texts.length).map(({ detail }) => detail?.['text'] ?? '');
  const stored = Number(reader.sql('SELECT count(*) FROM detail', 1).rows[0]?.[0]);
  reader.close();
  return { read, stored };
}

describe('details of events', () => {
  it('are stored once, and every event has its own', () => {
    const texts = Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? '' : `detail ${i % 7}`));
    expect(detailsOf(texts)).toEqual({ read: texts, stored: 7 });
  });

  it('are right also where more texts come than are remembered', () => {
    // Longer together than 8 Mi characters, so that the first ones are forgotten before they come again.
    const long = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(2000)}`);
    const texts = [...long, ...long.slice(0, 10)];
    const { read, stored } = detailsOf(texts);
    expect(read.findIndex((text, i) => text !== texts[i])).toBe(-1);
    expect(stored).toBe(5010);
  });

  it('are what SQL shows of an event', () => {
    const path = tracePath('details');
    const writer = new TraceWriter(path);
    writer.append({ kind: 'vcpu.wake', origin: 'guest', time: nanoseconds(1), detail: { cpu: 3 } });
    writer.put({ kind: 'vcpu.wake' }, 'guest', undefined, -1, 2, 0, '{"cpu":4}');
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    expect(reader.sql('SELECT detail FROM events ORDER BY seq', 9).rows).toEqual([['{"cpu":3}'], ['{"cpu":4}']]);
    reader.close();
  });
});
