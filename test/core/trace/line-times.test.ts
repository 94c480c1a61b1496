import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { importTrace } from '../../../core/import/import.ts';
import { nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { type NewEvent } from '../../../core/trace/kinds.ts';
import { lineTimes } from '../../../core/trace/line-times.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { MemorySink } from '../../support/memory-sink.ts';
import { SUMMARY } from './support.ts';
import { latencyOf } from '../../support/latency-of.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the time that a line stays high', () => {
  it('runs from each rise to its fall, by the bit of the line, and has no end where the line became unknown', () => {
    const path = join(folder, 'bits.gscope');
    const writer = new TraceWriter(path);
    const slot = writer.journal.layout.claim({ path: 'lines', width: 64 });
    writer.interruptField(intid('ppi', 27), vcpuId(1), 'line', { slot, lsb: 3, width: 1 });
    writer.interruptField(intid('spi', 5), undefined, 'line', { slot, lsb: 40, width: 1 });
    const steps: readonly (bigint | undefined)[] = [8n, 8n | (1n << 40n), 1n << 40n, undefined, 0n, 8n, 9n, 0n];
    for (const [i, value] of steps.entries()) {
      if (value === undefined) writer.journal.forget(slot);
      else writer.journal.write(slot, value);
      writer.append({
        kind: 'irq.line',
        intid: intid('ppi', 27),
        level: true,
        time: nanoseconds(i * 100),
        origin: 'device',
      });
    }
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    expect([...lineTimes(reader)]).toEqual([
      { intid: intid('ppi', 27), vcpu: 1, raised: { seq: 0, time: 0 }, lowered: { seq: 2, time: 200 } },
      { intid: intid('ppi', 27), vcpu: 1, raised: { seq: 5, time: 500 }, lowered: { seq: 7, time: 700 } },
    ]);
    reader.close();
  });
});

describe('a recording of KVM, which shows no acknowledge', () => {
  const recording = fileURLToPath(new URL('../../data/import/vgic_irq-v6.trace.dat.xz', import.meta.url));
  const sink = new MemorySink();
  let reader: TraceReader;
  beforeAll(async () => {
    const path = join(folder, 'kvm.gscope');
    const writer = new TraceWriter(path);
    writer.finish((await importTrace(recording, writer)).summary);
    await importTrace(recording, sink);
    reader = new TraceReader(path);
  }, 120_000);
  afterAll(() => reader.close());

  /** What the events alone say: from the first level 1 to the next level 0, and to the next deactivation. */
  function fromEvents(ends: (event: NewEvent) => number | undefined): string[] {
    const high = new Map<number, number>();
    const out: string[] = [];
    for (const [i, event] of sink.events.entries()) {
      const end = ends(event);
      const since = end === undefined ? undefined : high.get(end);
      if (end !== undefined && since !== undefined) {
        out.push(`${interruptLabel(end)} ${since}-${i}`);
        high.delete(end);
      } else if (event.kind === 'irq.inject' && event.level && !high.has(event.intid)) high.set(event.intid, i);
    }
    return out;
  }

  it('tells how long each line was raised', () => {
    const wanted = fromEvents((event) => (event.kind === 'irq.inject' && !event.level ? event.intid : undefined));
    const found = [...lineTimes(reader)].map(
      ({ intid: id, raised, lowered }) => `${interruptLabel(id)} ${raised.seq}-${lowered.seq}`,
    );
    expect(found).toEqual(wanted);
    expect(found.length).toBeGreaterThan(100);
  });

  it('ends a life at the deactivation that KVM noticed, on the vCPU that did it, and invents no acknowledge', () => {
    const wanted = fromEvents((event) => (event.kind === 'irq.deactivate' ? event.intid : undefined));
    const lives = [...reader.lives.all()].filter(({ moments }) => moments.deactivated !== undefined);
    const found = lives.map(({ intid: id, moments }) => [
      moments.deactivated?.seq ?? -1,
      `${interruptLabel(id)} ${moments.raised?.seq}-${moments.deactivated?.seq}`,
    ]);
    expect(found.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, text]) => text)).toEqual(wanted);
    expect(new Set(lives.map(({ vcpu }) => vcpu))).toEqual(new Set([0]));
    expect([...reader.lives.all()].some(({ moments }) => moments.acknowledged !== undefined)).toBe(false);
  });

  it('gives its latency in both legs', () => {
    const legs = latencyOf(reader.lives.all(), lineTimes(reader), 'intid').flatMap((group) => Object.keys(group.legs));
    expect(new Set(legs)).toEqual(new Set(['injectToDeactivate', 'injectToLower']));
  });
});
