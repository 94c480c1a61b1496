import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wrap } from '../../../core/trace/blob.ts';
import { stateCode } from '../../../core/trace/interrupts.ts';
import { ColumnBuilder } from '../../../core/trace/lane-columns.ts';
import { type LaneKind, UNKNOWN_CODE, isBusy, laneOfSlot, severity } from '../../../core/trace/lane-kinds.ts';
import { BucketBuilder, bucketBytes, decodeBuckets } from '../../../core/trace/lane-buckets.ts';
import {
  bucketTimeFor,
  decodeDensity,
  decodeTransitions,
  densityBytes,
  transitionBytes,
} from '../../../core/trace/lane-tiles.ts';
import { drawDensity, drawLane } from '../../../core/trace/lanes.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { buildTrace, random } from './support.ts';

const built = buildTrace(3 * 4096 + 777, { seed: 9 });
const reader = new TraceReader(built.path);
const times = built.events.map((event) => event.time);
const next = random(4);

function windows(count: number): { start: number; end: number; columns: number }[] {
  const out = [{ start: 0, end: reader.duration + 1, columns: 300 }];
  for (let i = 0; i < count; i++) {
    const first = next(built.events.length);
    const start = (times[first] ?? 0) + next(3) - 1;
    const span = (times[Math.min(built.events.length - 1, first + 1 + next(3000))] ?? 0) - start + 1;
    out.push({ start, end: start + span, columns: 1 + next(500) });
  }
  return out;
}

/** Transitions of an interrupt by looking at every state, as [time, position, code]; the first is the start. */
function naiveTransitions(interrupt: number): [number, number, number][] {
  const fields = reader.interrupts[interrupt]?.fields ?? {};
  const out: [number, number, number][] = [];
  for (const [i, state] of built.states.entries()) {
    const whole = state.clone();
    whole.growTo(reader.layout);
    const code = stateCode(fields, whole);
    if (out.at(-1)?.[2] !== code) out.push([i === 0 ? -Infinity : (times[i - 1] ?? 0), i - 1, code]);
  }
  return out;
}

/** What columns must show, by integrating stretch by stretch. */
function naiveColumns(
  kind: LaneKind,
  transitions: readonly (readonly [number, number])[],
  startCode: number,
  { start, end, columns }: { start: number; end: number; columns: number },
): { worst: number[]; share: number[]; transitions: number[] } {
  const width = (end - start) / columns;
  const out = { worst: [] as number[], share: [] as number[], transitions: [] as number[] };
  const stretches = [[-Infinity, startCode] as const, ...transitions];
  for (let column = 0; column < columns; column++) {
    const left = start + column * width;
    const right = left + width;
    let worst = -1;
    let busy = 0;
    for (const [i, [from, code]] of stretches.entries()) {
      const to = stretches[i + 1]?.[0] ?? Infinity;
      const overlap = Math.min(to, right) - Math.max(from, left);
      const instant = from >= left && from < right;
      if (overlap <= 0 && !instant) continue;
      if (worst < 0 || severity(kind, code) > severity(kind, worst)) worst = code;
      if (overlap > 0 && isBusy(kind, code)) busy += overlap;
    }
    out.worst.push(worst);
    out.share.push(busy / width);
    out.transitions.push(transitions.filter(([time]) => time >= left && time < right).length);
  }
  return out;
}

describe('an interrupt lane', () => {
  it('shows exactly the transitions of a window', () => {
    for (const lane of reader.lanes.filter(({ kind }) => kind === 'interrupt').slice(0, 4)) {
      const naive = naiveTransitions(lane.subject);
      for (const window of windows(20)) {
        const drawn = drawLane(reader, lane, { ...window, columns: 16_000 });
        if (drawn.mode !== 'segments') return expect.fail('segments expected');
        const before = naive.findLast(([time]) => time <= window.start);
        const inside = naive.filter(([time]) => time > window.start && time < window.end);
        expect([...drawn.code]).toEqual([before?.[2], ...inside.map(([, , code]) => code)]);
        expect([...drawn.time]).toEqual([window.start, ...inside.map(([time]) => time)]);
        expect([...drawn.seq].slice(1)).toEqual(inside.map(([, position]) => position));
      }
    }
  });

  it('squeezes many transitions into columns that lose no severity', () => {
    const lane = reader.lanes.find(({ kind }) => kind === 'interrupt');
    if (lane === undefined) return expect.fail('no lane');
    const naive = naiveTransitions(lane.subject);
    const window = { start: 0, end: reader.duration + 1, columns: 100 };
    const drawn = drawLane(reader, lane, window);
    if (drawn.mode !== 'columns') return expect.fail('columns expected');
    const expected = naiveColumns(
      'interrupt',
      naive.slice(1).map(([time, , code]) => [time, code]),
      naive[0]?.[2] ?? 0,
      window,
    );
    expect([...drawn.transitions]).toEqual(expected.transitions);
    expect([...drawn.worst].map((code) => severity('interrupt', code))).toEqual(
      expected.worst.map((code) => severity('interrupt', code)),
    );
    for (const [column, share] of expected.share.entries()) expect(drawn.share[column]).toBeCloseTo(share, 4);
  });

  it('refuses a window without extent', () => {
    const lane = reader.lanes[0];
    if (lane === undefined) return expect.fail('no lane');
    expect(() => drawLane(reader, lane, { start: 5, end: 5, columns: 10 })).toThrow(RangeError);
    expect(() => drawLane(reader, lane, { start: 0, end: 5, columns: 1e9 })).toThrow(RangeError);
  });
});

describe('density', () => {
  it('counts the events of a vCPU in each column of a small window', () => {
    for (const vcpu of [undefined, 0, 1])
      for (const window of windows(10).slice(1)) {
        const counts = drawDensity(reader, vcpu, window);
        const inside = built.events.filter((e) => e.vcpu === vcpu && e.time >= window.start && e.time < window.end);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(inside.length);
      }
  });
});

describe('slots', () => {
  it('have lanes where they are run states and priority masks', () => {
    expect(laneOfSlot({ path: 'vcpu12.runState', width: 4 })?.kind).toBe('run');
    expect(laneOfSlot({ path: 'vcpu1.ICC_PCR_EL1', width: 64 })).toEqual({ kind: 'value', lsb: 0, width: 5 });
    expect(laneOfSlot({ path: 'vcpu1.ICH_VMCR_EL2', width: 64, register: 'ICH_VMCR_EL2' })?.lsb).toBe(24);
    expect(laneOfSlot({ path: 'vcpu1.ICC_CR0_EL1', width: 64 })).toBeUndefined();
  });
});

const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 127 })), {
  maxLength: 200,
});

describe('tiles', () => {
  it('bring back exact transitions', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let time = 2 ** 40;
        const seqs = Float64Array.from(list, (_, i) => 3 * 262_144 + i * 7);
        const at = Float64Array.from(list, ([step]) => (time += step * 1e6));
        const code = Uint32Array.from(list, ([, c]) => c);
        const tile = { startCode: UNKNOWN_CODE, count: list.length, seq: seqs, time: at, code };
        expect(decodeTransitions(wrap(transitionBytes(3, tile)), 3)).toEqual(tile);
      }),
    );
  });

  it('bring back densities', () => {
    const density = { startTime: 2 ** 45, bucketTime: 1024, counts: Uint32Array.from([0, 5, 70_000]) };
    expect(decodeDensity(wrap(densityBytes(density)), 0)).toEqual(density);
  });

  it('in buckets give the same columns as exact transitions, to the resolution of a bucket', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (list, columns) => {
        let time = 1000;
        const transitions: [number, number][] = [];
        let code = 0;
        for (const [step, to] of list) {
          time += step;
          if (to === code) continue;
          code = to;
          transitions.push([time, to]);
        }
        const bucketTime = bucketTimeFor(time - 1000, 4096);
        const buckets = new BucketBuilder('interrupt', 0, 1000, bucketTime);
        for (const [at, to] of transitions) buckets.add(at, to);
        const tile = decodeBuckets(wrap(bucketBytes(buckets.finish())), 0);
        // Columns that are whole buckets, so that both ways must agree.
        const span = Math.ceil((time + 1 - 1000) / columns / bucketTime) * bucketTime * columns;
        const window = { start: 1000, end: 1000 + span, columns };
        const fromBuckets = new ColumnBuilder('interrupt', window.start, window.end, columns, 0);
        fromBuckets.addBuckets(tile);
        const exact = new ColumnBuilder('interrupt', window.start, window.end, columns, 0);
        for (const [at, to] of transitions) exact.add(at, to);
        const a = fromBuckets.finish();
        const b = exact.finish();
        const naive = naiveColumns('interrupt', transitions, 0, window);
        expect([...a.transitions]).toEqual([...b.transitions]);
        expect([...b.transitions]).toEqual(naive.transitions);
        const ranks = (codes: Iterable<number>): number[] => [...codes].map((c) => severity('interrupt', c));
        expect(ranks(a.worst)).toEqual(ranks(b.worst));
        expect(ranks(b.worst)).toEqual(ranks(naive.worst));
        for (let i = 0; i < columns; i++) {
          expect(b.share[i]).toBeCloseTo(naive.share[i] ?? 0, 4);
          expect(Math.abs((a.share[i] ?? 0) - (b.share[i] ?? 0))).toBeLessThan(0.01);
        }
      }),
    );
  });
});
