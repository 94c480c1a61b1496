import { describe, expect, it } from 'vitest';
import { fit, length, pan, zoom } from '../../../renderer/timeline/scale.ts';
import { createView } from '../../../renderer/timeline/view.ts';

/** A view whose clock the test moves by hand. */
function makeView(reducedMotion = false) {
  let now = 1000;
  let frames: ((now: number) => void)[] = [];
  const view = createView({
    reducedMotion: () => reducedMotion,
    now: () => now,
    frame: (callback) => frames.push(callback),
  });
  return {
    view,
    /** Runs the frames that wait, at a time after (or before) the present. */
    frame(after: number) {
      now += Math.max(0, after);
      const waiting = frames;
      frames = [];
      for (const callback of waiting) callback(after < 0 ? now + after : now);
    },
    get moving() {
      return frames.length > 0;
    },
  };
}

describe('the moving window of time', () => {
  it('eases to its goal within 80 ms and stays between start and goal on the way', () => {
    const { view, frame } = makeView();
    view.reset(1e9);
    const start = view.span;
    view.ease((goal) => zoom(goal, 5e8, 0.5, 1e9));
    // The first frame may carry a time from before the easing began.
    frame(-8);
    expect(view.span).toEqual(start);
    let before = length(start);
    for (const step of [16, 16, 16]) {
      frame(step);
      expect(length(view.span)).toBeLessThan(before);
      expect(length(view.span)).toBeGreaterThan(length(view.goal));
      before = length(view.span);
    }
    frame(40);
    expect(view.span).toBe(view.goal);
  });
  it('adds up what is asked while it moves', () => {
    const { view, frame } = makeView();
    view.reset(1e9);
    const whole = length(view.span);
    for (let n = 0; n < 3; n++) {
      view.ease((goal) => zoom(goal, 5e8, 0.5, 1e9));
      frame(10);
    }
    frame(100);
    expect(length(view.span)).toBeCloseTo(whole / 8);
  });
  it('moves at once with reduced motion', () => {
    const made = makeView(true);
    made.view.reset(1e9);
    made.view.ease((goal) => zoom(goal, 5e8, 0.5, 1e9));
    expect(made.moving).toBe(false);
    expect(length(made.view.span)).toBeLessThan(length(fit(1e9)));
  });
  it('goes back to earlier windows, newest first', () => {
    const { view } = makeView();
    view.reset(1e9);
    const first = view.span;
    view.remember();
    view.set({ from: 1e8, to: 2e8 });
    const second = view.span;
    view.remember();
    view.set({ from: 1.4e8, to: 1.5e8 });
    view.previous();
    expect(view.span).toEqual(second);
    view.previous();
    expect(view.span).toEqual(first);
    view.previous();
    expect(view.span).toEqual(first);
  });
  it('goes on showing all of a trace that grows, and otherwise stays where it is', () => {
    const { view } = makeView();
    for (const duration of [0, 3, 170, 1e9, 2e9]) {
      view.extend(duration);
      expect(view.span.to).toBeCloseTo(fit(duration).to);
    }
    view.set({ from: 1e8, to: 2e8 });
    view.extend(3e9);
    expect(view.span).toEqual({ from: 1e8, to: 2e8 });
  });
  it('tells of every change and keeps to the trace when that changes', () => {
    const { view } = makeView();
    let told = 0;
    const stop = view.onChange(() => told++);
    view.reset(1e9);
    view.set(pan(view.span, 1e12, 1e9));
    expect(view.span.to).toBeLessThanOrEqual(fit(1e9).to);
    view.extend(2e9);
    stop();
    view.set({ from: 0, to: 100 });
    expect(told).toBe(3);
  });
});
