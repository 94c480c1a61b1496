import { describe, expect, it } from 'vitest';
import { slotId } from '../../../core/state/brand.ts';
import { Layout } from '../../../core/state/layout.ts';

describe('Layout', () => {
  it('gives dense ids in the order of claims and finds them by path', () => {
    const layout = new Layout();
    const a = layout.claim({ path: 'vcpu0.ICC_PCR_EL1', width: 64, register: 'ICC_PCR_EL1', initial: 0n });
    const b = layout.claim({ path: 'vcpu0.irq.ppi27.pending', width: 1 });
    expect([a, b, layout.size]).toEqual([0, 1, 2]);
    expect(layout.find('vcpu0.irq.ppi27.pending')).toBe(b);
    expect(layout.find('vcpu0.irq.ppi28.pending')).toBeUndefined();
    expect(layout.descriptor(a).register).toBe('ICC_PCR_EL1');
    expect(layout.slots.map((slot) => slot.path)).toEqual(['vcpu0.ICC_PCR_EL1', 'vcpu0.irq.ppi27.pending']);
  });

  it('refuses a path twice and keeps the first claim', () => {
    const layout = new Layout();
    layout.claim({ path: 'vm.mask', width: 8 });
    expect(() => layout.claim({ path: 'vm.mask', width: 16 })).toThrow('slot vm.mask is already claimed');
    expect(layout.size).toBe(1);
    expect(layout.descriptor(slotId(0)).width).toBe(8);
  });

  it('refuses widths outside 1 … 64 and initial values that do not fit', () => {
    const layout = new Layout();
    for (const width of [0, 65, -1, 1.5, Number.NaN])
      expect(() => layout.claim({ path: 'x', width })).toThrow(/outside 1 … 64/);
    expect(() => layout.claim({ path: 'x', width: 4, initial: 16n })).toThrow('does not fit 4 bits');
    expect(() => layout.claim({ path: 'x', width: 64, initial: -1n })).toThrow('does not fit 64 bits');
    expect(() => layout.claim({ path: 'x', width: 64, initial: 1n << 64n })).toThrow('does not fit 64 bits');
    expect(layout.size).toBe(0);
    expect(layout.claim({ path: 'x', width: 64, initial: (1n << 64n) - 1n })).toBe(0);
  });

  it('names the layout size when a slot does not exist', () => {
    expect(() => new Layout().descriptor(slotId(3))).toThrow('no slot 3; the layout has 0');
  });
});
