import { describe, expect, it } from 'vitest';
import { LATENCIES, LatencyCollector } from '../../../core/analysis/latency.ts';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../../../core/state/brand.ts';
import { type Leg, type Life } from '../../../core/trace/life.ts';
import { latencyOf } from '../../support/latency-of.ts';

const timer = intid('ppi', 27);
const disk = intid('spi', 33);

let lives = 0;
function life(
  id: typeof timer,
  vcpu: number | undefined,
  moments: Partial<Record<Leg, readonly [number, number]>>,
): Life {
  return {
    id: lives++,
    intid: id,
    ...(vcpu === undefined ? {} : { vcpu: vcpuId(vcpu) }),
    moments: Object.fromEntries(
      Object.entries(moments).map(([leg, [at, time]]) => [leg, { seq: seq(at), time: nanoseconds(time) }]),
    ),
  };
}

const full = life(timer, 1, {
  raised: [10, 1000],
  pending: [11, 1200],
  acknowledged: [12, 2000],
  dropped: [13, 2300],
  deactivated: [14, 5000],
});

describe('latency', () => {
  it('measures the five legs of a life between their ends', () => {
    const [group] = latencyOf([full], [], 'intid');
    expect(Object.keys(group?.legs ?? {})).toEqual(Object.keys(LATENCIES));
    expect(Object.entries(group?.legs ?? {}).map(([leg, d]) => [leg, d.maxNs, d.maxSeq])).toEqual([
      ['pendingToAck', 800, 11],
      ['injectToAck', 1000, 10],
      ['ackToDrop', 300, 12],
      ['ackToDeactivate', 3000, 12],
      ['injectToDeactivate', 4000, 10],
    ]);
  });

  it('measures a line from its rise to its fall, beside the lives of the interrupt', () => {
    const line = {
      intid: timer,
      vcpu: vcpuId(1),
      raised: { seq: seq(10), time: nanoseconds(1000) },
      lowered: { seq: seq(13), time: nanoseconds(2400) },
    };
    const [group, ...others] = latencyOf([full], [line], 'intid,vcpu');
    expect(others).toEqual([]);
    expect(group?.legs.injectToLower).toMatchObject({ count: 1, maxNs: 1400, maxSeq: 10 });
    expect(group?.legs.injectToAck?.count).toBe(1);
  });

  it('adds nothing to a leg whose begin or end was not seen', () => {
    const unfinished = life(timer, 1, { raised: [20, 0], pending: [20, 0] });
    const early = life(timer, 1, { acknowledged: [1, 50], deactivated: [2, 90] });
    expect(latencyOf([unfinished], [], 'intid')).toEqual([]);
    expect(Object.keys(latencyOf([early], [], 'intid')[0]?.legs ?? {})).toEqual(['ackToDeactivate']);
  });

  it('measures no wait when the later end lies before the earlier one', () => {
    const raisedAgain = life(timer, 1, { raised: [30, 500], acknowledged: [29, 400], deactivated: [31, 600] });
    expect(Object.keys(latencyOf([raisedAgain], [], 'intid')[0]?.legs ?? {})).toEqual([
      'ackToDeactivate',
      'injectToDeactivate',
    ]);
  });

  it('groups by interrupt, or by interrupt and vCPU with unattributed lives last', () => {
    const ack = (id: typeof timer, vcpu?: number) => life(id, vcpu, { pending: [1, 0], acknowledged: [2, 10] });
    const all = [ack(disk, 0), ack(timer), ack(timer, 1), ack(timer, 0), ack(timer, 1)];
    const summary = (by: 'intid' | 'intid,vcpu') =>
      latencyOf(all, [], by).map((group) => [group.intid, group.vcpu, group.legs.pendingToAck?.count]);
    expect(summary('intid')).toEqual([
      [timer, undefined, 4],
      [disk, undefined, 1],
    ]);
    expect(summary('intid,vcpu')).toEqual([
      [timer, 0, 1],
      [timer, 1, 2],
      [timer, undefined, 1],
      [disk, 0, 1],
    ]);
  });

  it('gives up exactness of the fullest group first when all together hold too much', () => {
    const collector = new LatencyCollector('intid', 10);
    for (let n = 0; n < 9; n += 1) collector.add(life(timer, 0, { pending: [n, 0], acknowledged: [n, n] }));
    for (let n = 0; n < 2; n += 1) collector.add(life(disk, 0, { pending: [n, 0], acknowledged: [n, n] }));
    const [first, second] = collector.groups();
    expect(first?.legs.pendingToAck).toMatchObject({ count: 9, maxNs: 8, approximate: true });
    expect(second?.legs.pendingToAck).toMatchObject({ count: 2, approximate: false });
  });
});
