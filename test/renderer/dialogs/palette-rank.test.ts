import { describe, expect, it } from 'vitest';
import { rank } from '../../../renderer/dialogs/palette-rank.ts';

const ITEMS = [
  { title: 'ICH_VMCR_EL2 on vCPU 1', group: 'Registers', always: false },
  { title: 'ICC_PCR_EL1 on vCPU 1', group: 'Registers', always: false },
  { title: 'Go to event or time', group: 'Go to', always: true },
  { title: 'Step one event', group: 'Commands', always: true },
];
const titles = (text: string): string[] => rank(text, ITEMS).map(({ item }) => item.title);

describe('the palette', () => {
  it('offers what is always useful when nothing is typed', () => {
    expect(titles('')).toEqual(['Go to event or time', 'Step one event']);
  });
  it('finds a register by a part of its name and marks the part', () => {
    const [first] = rank('vmcr', ITEMS);
    expect(first?.item.title).toBe('ICH_VMCR_EL2 on vCPU 1');
    expect(first?.parts.find(({ hit }) => hit)?.text).toBe('VMCR');
    expect(first?.parts.map(({ text }) => text).join('')).toBe('ICH_VMCR_EL2 on vCPU 1');
  });
  it('keeps to a group behind @ and >', () => {
    expect(titles('@')).toEqual(['ICH_VMCR_EL2 on vCPU 1', 'ICC_PCR_EL1 on vCPU 1']);
    expect(titles('>step')).toEqual(['Step one event']);
    expect(titles('>vmcr')).toEqual([]);
  });
  it('finds words in any order', () => {
    expect(titles('time go')).toEqual(['Go to event or time']);
  });
  it('says that it found nothing by an empty list', () => {
    expect(titles('zzzz')).toEqual([]);
  });
});
