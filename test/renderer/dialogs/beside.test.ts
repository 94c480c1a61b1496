import { describe, expect, it } from 'vitest';
import { placeBeside } from '../../../renderer/dialogs/beside.ts';

const view = { width: 1280, height: 800 };

describe('a dialog beside what it is about', () => {
  it('stands left of it with the same bottom, below the title bar', () => {
    const dock = { left: 924, right: 1280, top: 533, bottom: 776 };
    expect(placeBeside(dock, 596, view)).toEqual({ left: '320px', bottom: '32px', maxHeight: '720px' });
  });

  it('stands above it where its side has no room, within the window', () => {
    const wide = { left: 0, right: 900, top: 489, bottom: 676 };
    expect(placeBeside(wide, 596, { width: 900, height: 700 })).toEqual({
      left: '296px',
      bottom: '219px',
      maxHeight: '433px',
    });
    expect(placeBeside({ ...wide, right: 300 }, 596, { width: 900, height: 700 })?.['left']).toBe('8px');
  });

  it('has no place beside what is not there, or leaves no room', () => {
    expect(placeBeside(undefined, 596, view)).toBeUndefined();
    expect(placeBeside({ left: 0, right: 0, top: 0, bottom: 0 }, 596, view)).toBeUndefined();
    expect(placeBeside({ left: 0, right: 900, top: 200, bottom: 676 }, 596, view)).toBeUndefined();
  });
});
