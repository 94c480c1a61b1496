/**
 * The moving parts of the timeline: the window of time, its easing, and who wants to know. Not reactive on purpose:
 * pan and zoom change these numbers sixty times a second and only the canvas and a few text nodes read them.
 */
import { between, clamp, fit, length, type Span } from './scale.ts';

/** Wheel zoom eases for this long; everything else follows the input one to one. */
const EASE_MS = 80;

export interface TimelineView {
  readonly span: Span;
  readonly duration: number;
  /** Starts over with another trace. */
  reset(duration: number, span?: Span): void;
  /** A growing trace got longer; a window on all of it grows too. */
  extend(duration: number): void;
  /** Moves at once. */
  set(span: Span): void;
  /** Moves within 80 ms, from where the last easing was going. */
  ease(change: (goal: Span) => Span): void;
  /** Where an easing ends; the span itself when nothing moves. */
  readonly goal: Span;
  /** Remembers the window, for "previous zoom". */
  remember(): void;
  previous(): void;
  /** Called after each change. */
  onChange(handler: () => void): () => void;
}

export interface ViewOptions {
  readonly reducedMotion: () => boolean;
  /** The present in milliseconds, and the next frame; both of the same clock. */
  readonly now: () => number;
  readonly frame: (callback: (now: number) => void) => unknown;
}

export function createView(options: ViewOptions): TimelineView {
  let duration = 0;
  let span = fit(0);
  let goal = span;
  let start = span;
  let startedAt = 0;
  let easing = false;
  const handlers = new Set<() => void>();
  const earlier: Span[] = [];

  const tell = (): void => handlers.forEach((handler) => handler());

  function set(next: Span): void {
    easing = false;
    span = clamp(next, duration);
    goal = span;
    tell();
  }

  function tick(now: number): void {
    if (!easing) return;
    // A frame's time is when the frame began, which may be before the easing did.
    const share = Math.min(1, Math.max(0, (now - startedAt) / EASE_MS));
    span = share === 1 ? goal : between(start, goal, 1 - (1 - share) ** 2);
    easing = share < 1;
    tell();
    if (easing) options.frame(tick);
  }

  return {
    get span() {
      return span;
    },
    get duration() {
      return duration;
    },
    get goal() {
      return goal;
    },
    reset(newDuration, newSpan) {
      duration = newDuration;
      earlier.length = 0;
      set(newSpan ?? fit(newDuration));
    },
    extend(newDuration) {
      // Whoever sees all of it goes on seeing all of it; clamping rounds.
      const seesAll = length(goal) > length(fit(duration)) * 0.999;
      duration = newDuration;
      if (seesAll) set(fit(newDuration));
      else if (!easing) set(span);
      else tell();
    },
    set,
    ease(change) {
      const next = clamp(change(goal), duration);
      if (options.reducedMotion()) return set(next);
      goal = next;
      start = span;
      startedAt = options.now();
      if (!easing) {
        easing = true;
        options.frame(tick);
      }
    },
    remember() {
      const last = earlier.at(-1);
      if (last !== undefined && Math.abs(length(last) / length(span) - 1) < 0.01 && last.from === span.from) return;
      earlier.push(span);
      if (earlier.length > 32) earlier.shift();
    },
    previous() {
      const last = earlier.pop();
      if (last !== undefined) set(last);
    },
    onChange(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
