import { describe, expect, it } from 'vitest';
import {
  STATE_ACTIVE,
  STATE_ACTIVE_KNOWN,
  STATE_ENABLED,
  STATE_ENABLED_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
} from '../../../core/session/vocabulary.ts';
import { isUnknown, SHAPE_OF_CODE, SHAPE_WORDS, SHAPES, shapeOf } from '../../../renderer/format/interrupt-state.ts';

const KNOWN = STATE_PENDING_KNOWN | STATE_ACTIVE_KNOWN | STATE_ENABLED_KNOWN;

describe('the shape of a state', () => {
  it.each([
    [0, 'unknown'],
    [STATE_ENABLED_KNOWN | STATE_ENABLED, 'unknown'],
    [KNOWN | STATE_ENABLED, 'inactive'],
    [KNOWN, 'disabled'],
    [KNOWN | STATE_ENABLED | STATE_PENDING, 'pending'],
    [KNOWN | STATE_PENDING, 'pending-disabled'],
    [KNOWN | STATE_ENABLED | STATE_PENDING | STATE_MASKED, 'masked'],
    [KNOWN | STATE_ENABLED | STATE_ACTIVE, 'active'],
    [KNOWN | STATE_ENABLED | STATE_ACTIVE | STATE_PENDING, 'active-pending'],
    [STATE_PENDING_KNOWN | STATE_PENDING, 'pending'],
    [STATE_LINE_KNOWN | STATE_LINE, 'line-high'],
    [STATE_LINE_KNOWN, 'line-low'],
    [STATE_LINE_KNOWN | STATE_LINE | KNOWN | STATE_PENDING | STATE_ENABLED, 'pending'],
  ] as const)('of code %i is %s', (code, shape) => {
    expect(shapeOf(code)).toBe(shape);
  });
  it('ranks what must not be overlooked above the ordinary', () => {
    const rank = (shape: (typeof SHAPES)[number]): number => SHAPES.indexOf(shape);
    expect(rank('unknown')).toBeGreaterThan(rank('masked'));
    expect(rank('masked')).toBeGreaterThan(rank('active-pending'));
    expect(rank('active-pending')).toBeGreaterThan(rank('active'));
    expect(rank('active')).toBeGreaterThan(rank('pending'));
    expect(rank('inactive')).toBe(0);
  });
  it('of a line alone is a level, and the state is as unknown as without it', () => {
    expect(SHAPES.filter(isUnknown)).toEqual(['line-low', 'line-high', 'unknown']);
    for (const shape of SHAPES.filter(isUnknown)) expect(SHAPE_WORDS[shape]).toMatch(/^unknown/);
    expect(SHAPES.indexOf('line-low')).toBeGreaterThan(0);
    expect(SHAPES.indexOf('line-high')).toBeGreaterThan(SHAPES.indexOf('line-low'));
  });
  it('is tabulated for every code', () => {
    SHAPE_OF_CODE.forEach((index, code) => expect(SHAPES[index]).toBe(shapeOf(code)));
  });
});
