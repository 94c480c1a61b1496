import { describe, expect, it } from 'vitest';
import { Window } from '../../../../core/import/qemu/window.ts';
import { NO_PAGE, Page } from '../../../../core/import/source/page.ts';

describe('the window of waiting lines', () => {
  it('gives the oldest line first, and the same lines again', () => {
    const window = new Window(4);
    const first = window.slot;
    window.commit();
    const second = window.slot;
    window.commit();
    expect(window.oldest).toBe(first);
    window.release();
    expect(window.oldest).toBe(second);
    window.release();
    expect(window.oldest).toBeUndefined();
    expect(window.slot).toBe(first);
  });

  it('keeps few pages, however many lines waited in how many pages', () => {
    const window = new Window(64);
    const lines = Array.from({ length: 60 }, (_, i) => {
      const { slot } = window;
      slot.page = new Page(Buffer.from(`page ${i}`));
      window.commit();
      return slot;
    });
    while (window.oldest !== undefined) window.release();
    expect(lines.filter(({ page }) => page !== NO_PAGE).length).toBeLessThan(10);
  });
});
