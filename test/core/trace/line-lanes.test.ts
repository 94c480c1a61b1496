/** The lanes of interrupts of which a source shows the line alone, beside those of which it shows more. */
import fc from 'fast-check';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../../../core/state/brand.ts';
import {
  INTERRUPT_FIELDS,
  STATE_CODES,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_PENDING_KNOWN,
  isLineAlone,
  isStateCode,
  stateCode,
  stateName,
  type InterruptField,
} from '../../../core/trace/interrupts.ts';
import { UNKNOWN_CODE, isBusy, severity } from '../../../core/trace/lane-kinds.ts';
import { drawLane } from '../../../core/trace/lanes.ts';
import { Cursor } from '../../../core/trace/cursor.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'gicscope-line-lanes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOW = STATE_LINE_KNOWN;
const HIGH = STATE_LINE_KNOWN | STATE_LINE;
const PPI_27 = intid('ppi', 27);
const SPI_33 = intid('spi', 33);

/** A value of one of these fields; undefined: it is not known any more. */
type Step = readonly [field: InterruptField, value: bigint | undefined];

let traces = 0;
/** Writes a trace in which SPI 33 has these fields; a step is an event. Fields in `late` are declared before step 2. */
function traceOf(
  fields: readonly InterruptField[],
  steps: readonly Step[],
  late: readonly InterruptField[] = [],
): string {
  const path = join(folder, `${traces++}.gscope`);
  const writer = new TraceWriter(path);
  const { layout } = writer.journal;
  const slots = new Map([...fields, ...late].map((field) => [field, layout.claim({ path: field, width: 1 })]));
  const declare = (field: InterruptField): void => {
    const slot = slots.get(field);
    if (slot !== undefined) writer.interruptField(SPI_33, undefined, field, { slot, lsb: 0, width: 1 });
  };
  for (const field of fields) declare(field);
  for (const [i, [field, value]] of steps.entries()) {
    if (i === 2) for (const one of late) declare(one);
    const slot = slots.get(field);
    if (slot === undefined) throw new Error(`${field} has no slot`);
    if (value === undefined) writer.journal.forget(slot);
    else writer.journal.write(slot, value);
    writer.append({ kind: 'other', event: 'step', time: nanoseconds(i * 100), origin: 'hypervisor' });
  }
  writer.finish(SUMMARY);
  return path;
}

/** The lane of SPI 33 as [position, code]; position −1: from the start. Empty: it has none. */
function laneOf(path: string): [number, number][] {
  const reader = new TraceReader(path);
  try {
    const lane = reader.lanes.find(({ kind }) => kind === 'interrupt');
    if (lane === undefined) return [];
    const drawn = drawLane(reader, lane, { start: -1, end: reader.duration + 1, columns: 4000 });
    if (drawn.mode !== 'segments') throw new Error('so few transitions are drawn one by one');
    return Array.from(drawn.seq, (at, i) => [at, drawn.code[i] ?? UNKNOWN_CODE]);
  } finally {
    reader.close();
  }
}

describe('the lane of a line alone', () => {
  it('has its levels, and is unknown before the first and where events were lost', () => {
    const steps: Step[] = [
      ['line', 0n],
      ['line', 1n],
      ['line', undefined],
      ['line', 1n],
      ['line', 0n],
    ];
    expect(laneOf(traceOf(['line'], steps))).toEqual([
      [-1, 0],
      [0, LOW],
      [1, HIGH],
      [2, 0],
      [3, HIGH],
      [4, LOW],
    ]);
  });

  it('never has a pending or active state', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0n, 1n, undefined), { minLength: 1, maxLength: 30 }), (levels) => {
        const steps = levels.map((level): Step => ['line', level]);
        for (const [, code] of laneOf(traceOf(['line'], steps))) expect([0, LOW, HIGH]).toContain(code);
      }),
      { numRuns: 10 },
    );
  });

  it('is its words in the view of transitions', () => {
    const path = traceOf(
      ['line'],
      [
        ['line', 1n],
        ['line', 0n],
      ],
    );
    const db = new Database(path, { readonly: true });
    expect(db.prepare('SELECT seq, interrupt, before, after FROM interrupt_transition').raw().all()).toEqual([
      [0, 'SPI 33', 'unknown', 'unknown, line high'],
      [1, 'SPI 33', 'unknown, line high', 'unknown, line low'],
    ]);
    db.close();
  });
});

describe('the lane of an interrupt of which more is shown', () => {
  it.each(['pending', 'active'] as const)(
    'leaves the line out where %s is declared, even while it is unknown',
    (more) => {
      for (const fields of [
        ['line', more],
        [more, 'line'],
      ] as const) {
        const steps: Step[] = [
          ['line', 1n],
          ['line', 0n],
          ['line', 1n],
          [more, 1n],
        ];
        const lane = laneOf(traceOf(fields, steps));
        expect(lane.map(([at]) => at)).toEqual([-1, 3]);
        for (const [, code] of lane) expect(code & HIGH).toBe(0);
      }
    },
  );

  it('has the line until pending is declared, and from then on what pending says', () => {
    const steps: Step[] = [
      ['line', 1n],
      ['line', 0n],
      ['line', 1n],
      ['pending', 0n],
    ];
    expect(laneOf(traceOf(['line'], steps, ['pending']))).toEqual([
      [-1, 0],
      [0, HIGH],
      [1, LOW],
      [2, 0],
      [3, STATE_PENDING_KNOWN],
    ]);
  });

  it('is, for any fields and values, the state code after each event', () => {
    const field = fc.constantFrom(...INTERRUPT_FIELDS);
    const step = fc.tuple(field, fc.constantFrom(0n, 1n, undefined));
    fc.assert(
      fc.property(fc.uniqueArray(field, { minLength: 1 }), fc.array(step, { maxLength: 30 }), (fields, all) => {
        const steps = all.filter(([name]) => fields.includes(name));
        fc.pre(steps.length > 0);
        const path = traceOf(fields, steps);
        const reader = new TraceReader(path);
        const cursor = new Cursor(reader);
        const descriptor = reader.interrupts[0];
        const codes = steps.map((_, position) => {
          cursor.seek(seq(position));
          const code = stateCode(descriptor?.fields ?? {}, cursor.state);
          expect(reader.interruptIndex.stateCode(0, cursor.state)).toBe(code);
          return code;
        });
        reader.close();
        let last = 0;
        const expected = codes.flatMap((code, at) => {
          if (code === last) return [];
          last = code;
          return [[at, code]];
        });
        expect(laneOf(path).slice(1)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a state code with a line', () => {
  it('is one that has neither pending nor active, and its name begins with unknown', () => {
    const codes = Array.from({ length: STATE_CODES }, (_, code) => code).filter(isStateCode);
    for (const code of codes.filter((one) => one & STATE_LINE_KNOWN))
      expect(stateName(code)).toBe(code & STATE_LINE ? 'unknown, line high' : 'unknown, line low');
    // Those of formats before lines, all of which are as they were.
    expect(codes.filter((code) => code < STATE_LINE)).toHaveLength(128);
    expect(codes).toHaveLength(144);
  });

  it('is busy while it is high, and less grave than what is not known', () => {
    const rank = (code: number): number => severity('interrupt', code);
    expect([isBusy('interrupt', HIGH), isBusy('interrupt', LOW), isBusy('interrupt', 0)]).toEqual([true, false, true]);
    expect([rank(0) > rank(HIGH), rank(HIGH) > rank(LOW)]).toEqual([true, true]);
  });

  it('belongs to interrupts with a line that have neither pending nor active, whatever else they have', () => {
    expect(isLineAlone({ line: 1 })).toBe(true);
    expect(isLineAlone({ line: 1, enabled: 1, priority: 1 })).toBe(true);
    expect(isLineAlone({ line: 1, pending: 1 })).toBe(false);
    expect(isLineAlone({ line: 1, active: 1 })).toBe(false);
    expect(isLineAlone({ enabled: 1 })).toBe(false);
  });
});

it('keeps private lines of vCPUs apart', () => {
  const path = join(folder, 'private.gscope');
  const writer = new TraceWriter(path);
  const slot = writer.journal.layout.claim({ path: 'lines', width: 64 });
  for (const vcpu of [0, 1]) writer.interruptField(PPI_27, vcpuId(vcpu), 'line', { slot, lsb: vcpu * 40, width: 1 });
  for (const [i, value] of [1n, 1n | (1n << 40n), 1n << 40n].entries()) {
    writer.journal.write(slot, value);
    writer.append({ kind: 'other', event: 'step', time: nanoseconds(i), origin: 'hypervisor' });
  }
  writer.finish(SUMMARY);
  const reader = new TraceReader(path);
  const rows = reader.sql('SELECT seq, vcpu, after FROM interrupt_transition ORDER BY seq, vcpu', 10).rows;
  expect(rows.map(([at, vcpu, after]) => [Number(at), Number(vcpu), after])).toEqual([
    [0, 0, 'unknown, line high'],
    [0, 1, 'unknown, line low'],
    [1, 1, 'unknown, line high'],
    [2, 0, 'unknown, line low'],
  ]);
  reader.close();
});
