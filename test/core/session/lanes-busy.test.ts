/** Which lanes are quiet: the answer against every state of random traces, complete and while they are written. */
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { TraceLanes } from '../../../core/session/lanes-of-trace.ts';
import { intidOf } from '../../../core/trace/interrupts.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { type GicModel } from '../../../core/trace/sink.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { Lab } from '../scenario/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'gicscope-lanes-'));
const lab = new Lab();
afterAll(() => {
  lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const INTERRUPTS = [
  { intid: intidOf({ type: 'sgi', number: 1 }), vcpu: vcpuId(0), id: 'vcpu0.sgi1' },
  { intid: intidOf({ type: 'sgi', number: 1 }), vcpu: vcpuId(1), id: 'vcpu1.sgi1' },
  { intid: intidOf({ type: 'ppi', number: 27 }), vcpu: vcpuId(1), id: 'vcpu1.ppi27' },
  { intid: intidOf({ type: 'spi', number: 33 }), vcpu: undefined, id: 'spi33' },
  { intid: intidOf({ type: 'lpi', number: 8192 }), vcpu: undefined, id: 'lpi8192' },
] as const;
const FIELDS = ['pending', 'active', 'enabled'] as const;

const step = fc.record({
  interrupt: fc.nat(INTERRUPTS.length - 1),
  what: fc.constantFrom(...FIELDS, 'line' as const),
  value: fc.constantFrom(0n, 1n),
  /** The reader looks at what is there. */
  look: fc.boolean(),
});

let traces = 0;
/** Lanes that exist and are quiet by `lanes`, of those that the trace must have. */
function quietIn(lanes: TraceLanes): Record<string, boolean> {
  return Object.fromEntries(
    lanes.list().flatMap(({ id, type, quiet }) => (type === 'interrupt' ? [[id, quiet] as const] : [])),
  );
}

describe('a lane is quiet', () => {
  it('exactly if its interrupt never is pending, active or raised, in a trace that grows and in the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 24 }), fc.constantFrom<GicModel>('v5', 'v3', 'v2'), (steps, gic) => {
        const path = join(folder, `${traces++}.gscope`);
        const writer = new TraceWriter(path);
        const { journal } = writer;
        const slots = INTERRUPTS.map(({ intid, vcpu, id }) =>
          FIELDS.map((field) => {
            const slot = journal.layout.claim({ path: `irq.${id}.${field}`, width: 1, initial: 0n });
            writer.interruptField(intid, vcpu, field, { slot, lsb: 0, width: 1 });
            return slot;
          }),
        );
        const busy = new Set<string>();
        const changed = new Set<string>();
        const lines = new Set<string>();
        writer.flush();
        const reader = new TraceReader(path);
        const lanes = new TraceLanes(reader, gic);
        const compare = (): void => {
          reader.refresh();
          expect(quietIn(lanes)).toEqual(Object.fromEntries([...changed].map((id) => [id, !busy.has(id)])));
        };
        for (const [time, { interrupt, what, value, look }] of steps.entries()) {
          const one = INTERRUPTS[interrupt] ?? INTERRUPTS[0];
          const vcpu = one.vcpu === undefined ? {} : { vcpu: one.vcpu };
          const at = { origin: 'device', time: nanoseconds(time), ...vcpu } as const;
          if (what === 'line') {
            writer.append({ ...at, kind: 'irq.line', intid: one.intid, level: value === 1n });
            if (value === 1n) lines.add(one.id);
          } else {
            const slot = slots[interrupt]?.[FIELDS.indexOf(what)];
            if (slot === undefined) throw new Error('every field has a slot');
            if (journal.state.value(slot) !== value) changed.add(one.id);
            journal.write(slot, value);
            writer.append({ ...at, kind: 'other', event: 'change' });
            if (value === 1n && what !== 'enabled') busy.add(one.id);
          }
          for (const id of lines) busy.add(id);
          if (!look) continue;
          writer.flush();
          compare();
        }
        writer.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic, vcpus: 2 });
        compare();
        reader.close();
        const again = new TraceReader(path);
        expect(quietIn(new TraceLanes(again, gic))).toEqual(quietIn(lanes));
        again.close();
        rmSync(path);
      }),
      { numRuns: 8 },
    );
  });

  it('not if the guest took it while it never showed in memory: a level in a list register', async () => {
    const output = lab.path('level.gscope');
    await lab.record('gicv3-level-retrigger', { output });
    const reader = new TraceReader(output);
    const lanes = new TraceLanes(reader, 'v3');
    const shown = lanes.list().filter(({ quiet }) => !quiet);
    expect(shown.map(({ id, sublabel }) => [id, sublabel])).toEqual([
      ['vcpu0', ''],
      ['vcpu0.mask', 'VPMR'],
      ['spi33', ''],
    ]);
    expect(lanes.list().filter(({ quiet }) => quiet)).toHaveLength(16);
    reader.close();
  });
});
