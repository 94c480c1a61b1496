import { describe, expect, it } from 'vitest';
import { steps } from '../../../renderer/parts/value-steps.ts';

const columns = (...values: number[]): Float64Array => Float64Array.from(values);

describe('a value as a step line', () => {
  it('goes from the lowest value at the bottom to the highest at the top', () => {
    const { line, bars, unknown } = steps(columns(0, 5, 10), columns(0, 5, 10), 26);
    expect(line).toBe('M0 23H1V13H2V3H3');
    expect([bars, unknown]).toEqual(['', '']);
  });

  it('shows a column with several values as a bar between them', () => {
    expect(steps(columns(0, 0), columns(0, 10), 26).bars).toBe('M1 3h1V23h-1z');
  });

  it('lays a constant through the middle', () => {
    expect(steps(columns(7, 7), columns(7, 7), 26).line).toBe('M0 13H1V13H2');
  });

  it('leaves a gap where the value is unknown, and begins anew behind it', () => {
    const { line, unknown } = steps(columns(NaN, 1, NaN, 2), columns(NaN, 1, NaN, 2), 26);
    expect(unknown).toBe('M0 0h1v26h-1zM2 0h1v26h-1z');
    expect(line).toBe('M1 23H2M3 3H4');
  });

  it('draws nothing of nothing', () => {
    expect(steps(columns(), columns(), 26)).toEqual({ line: '', bars: '', unknown: '' });
  });
});
