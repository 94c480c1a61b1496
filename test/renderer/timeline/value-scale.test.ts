import { describe, expect, it } from 'vitest';
import { valueScale } from '../../../renderer/timeline/value-scale.ts';

describe('the scale of a priority mask', () => {
  const scale = valueScale([0x08, 0x10], [0x1f, 0x0f], 40);
  it('puts the most urgent priority at the top', () => {
    expect(scale.ofPriority(0x08)).toBeLessThan(scale.ofPriority(0x10));
  });
  it('draws the mask below what passes and above what it stops', () => {
    expect(scale.ofMask(0x1f)).toBeGreaterThan(scale.ofPriority(0x10));
    expect(scale.ofMask(0x0f)).toBeLessThan(scale.ofPriority(0x10));
    expect(scale.ofMask(0x0f)).toBeGreaterThan(scale.ofPriority(0x08));
  });
  it('lets a priority equal to the mask pass', () => {
    const equal = valueScale([0x10], [0x10], 40);
    expect(equal.ofPriority(0x10)).toBeLessThan(equal.ofMask(0x10));
  });
  it('stays within the lane', () => {
    for (const mask of [0, 0x0f, 0x1f]) {
      expect(scale.ofMask(mask)).toBeGreaterThanOrEqual(0);
      expect(scale.ofMask(mask)).toBeLessThanOrEqual(40);
    }
    expect(valueScale([], [], 40).ofMask(3)).toBeLessThanOrEqual(40);
  });
});
