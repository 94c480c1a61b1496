import { describe, expect, it } from 'vitest';
import { TimerBook } from '../../../../../core/import/qemu/attribution/timer-book.ts';
import { NOBODY } from '../../../../../core/import/qemu/trace-line.ts';

const CNTV = 1;

describe('the timer book', () => {
  it('knows whose timer fires only when it knows all of them', () => {
    const book = new TimerBook();
    book.deadline(0, CNTV, 100, 0);
    expect(book.whoFires(2, CNTV)).toBe(NOBODY);
    book.reset(1);
    expect(book.whoFires(2, CNTV)).toBe(0);
    book.deadline(1, CNTV, 50, 0);
    expect(book.whoFires(2, CNTV)).toBe(1);
  });

  it('compares deadlines of 64 bits, and does not choose between equal ones', () => {
    const book = new TimerBook();
    book.deadline(0, CNTV, 5, 1);
    book.deadline(1, CNTV, 6, 0);
    expect(book.whoFires(2, CNTV)).toBe(1);
    book.deadline(2, CNTV, 6, 0);
    expect(book.whoFires(3, CNTV)).toBe(NOBODY);
    book.deadline(3, CNTV, 5, 0);
    expect(book.whoFires(4, CNTV)).toBe(3);
  });

  it('leaves out timers that are off, never come, or were fired', () => {
    const book = new TimerBook();
    book.deadline(0, CNTV, 10, 0);
    book.deadline(1, CNTV, 0xffff_ffff, 0xffff_ffff);
    expect(book.whoFires(2, CNTV)).toBe(0);
    book.control(0, CNTV, 0);
    book.deadline(1, CNTV, 20, 0);
    expect(book.whoFires(2, CNTV)).toBe(1);
  });

  it('keeps the deadline while only the mask changes, and loses it when the timer is enabled without one', () => {
    const book = new TimerBook();
    book.deadline(0, CNTV, 10, 0);
    book.control(0, CNTV, 3);
    expect(book.whoFires(1, CNTV)).toBe(0);
    book.control(0, CNTV, 0);
    book.control(0, CNTV, 1);
    expect(book.whoFires(1, CNTV)).toBe(NOBODY);
  });

  it('forgets what may have been changed by nobody knows whom', () => {
    const book = new TimerBook();
    for (const vcpu of [0, 1]) book.deadline(vcpu, CNTV, vcpu, 0);
    book.forgetDeadline([1], CNTV);
    expect(book.whoFires(2, CNTV)).toBe(NOBODY);
    expect(book.setting(1, CNTV).enable).toBe(1);
    book.forget([1], CNTV);
    expect(book.setting(1, CNTV).enable).toBe(-1);
  });
});
