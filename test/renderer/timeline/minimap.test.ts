import { describe, expect, it } from 'vitest';
import { densityRows, handleOf, LEAST_HANDLE } from '../../../renderer/timeline/minimap.ts';

describe('the minimap', () => {
  it('shows one row per vCPU and leaves out the row without a vCPU', () => {
    const rows = densityRows({ rows: 3, columns: 2, cells: Uint32Array.of(1, 0, 0, 5, 9, 9) });
    expect(rows).toHaveLength(2);
    expect(rows[0]?.[1]).toBe(0);
    expect(rows[1]?.[1]).toBeCloseTo(1);
    expect(rows[0]?.[0]).toBeGreaterThan(0.18);
  });
  it('shows the row without a vCPU when there is nothing else', () => {
    const rows = densityRows({ rows: 2, columns: 2, cells: Uint32Array.of(0, 0, 3, 0) });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.[0]).toBeCloseTo(1);
  });
  it('merges neighbours when there are more than eight', () => {
    expect(densityRows({ rows: 17, columns: 1, cells: new Uint32Array(17).fill(1) })).toHaveLength(8);
    expect(densityRows({ rows: 65, columns: 1, cells: new Uint32Array(65).fill(1) })).toHaveLength(8);
  });
  it('never draws the handle below five pixels nor outside the map', () => {
    const whole = { from: 0, to: 1e9 };
    const small = handleOf({ from: 0, to: 10 }, whole, 800);
    expect(small.width).toBe(LEAST_HANDLE);
    expect(small.left).toBeGreaterThanOrEqual(0);
    const end = handleOf({ from: 1e9 - 10, to: 1e9 }, whole, 800);
    expect(end.left + end.width).toBeLessThanOrEqual(800);
  });
});
