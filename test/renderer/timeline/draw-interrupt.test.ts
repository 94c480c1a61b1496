import { describe, expect, it } from 'vitest';
import { type LaneData } from '../../../core/session/contract.ts';
import { connectorsFit } from '../../../renderer/timeline/draw-interrupt.ts';

function lane(marks: readonly number[]): LaneData {
  const none = new Float64Array(0);
  return {
    lane: 'vcpu0.ppi27',
    exact: true,
    start: none,
    end: none,
    code: new Uint16Array(0),
    share: new Uint8Array(0),
    transitions: new Uint32Array(0),
    value: none,
    markTime: Float64Array.from(marks),
    markSeq: new Float64Array(marks.length),
    markLeg: new Uint8Array(marks.length),
    why: [],
  };
}

describe('connectors of the selected lane', () => {
  const marks = Array.from({ length: 100 }, (_, n) => n * 10);
  it('are drawn while each has room, by what is in sight alone', () => {
    expect(connectorsFit({ span: { from: 0, to: 1000 }, width: 1600 }, lane(marks))).toBe(true);
    expect(connectorsFit({ span: { from: 0, to: 1000 }, width: 800 }, lane(marks))).toBe(false);
    expect(connectorsFit({ span: { from: 200, to: 600 }, width: 800 }, lane(marks))).toBe(true);
    expect(connectorsFit({ span: { from: 0, to: 1000 }, width: 800 }, lane([]))).toBe(true);
  });
});
