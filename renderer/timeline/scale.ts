/**
 * The visible window of time and how it maps to pixels. All functions are pure; times are nanoseconds since the start
 * of the trace, `width` is in CSS pixels. A window may reach a little beyond the trace, so that the first and the last
 * event do not stick to the edge.
 */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Share of the span that may lie outside the trace on either side. */
const MARGIN = 0.02;
/** Closest zoom: one nanosecond is then about 100 px wide. Small scenarios last a few dozen. */
export const SHORTEST_SPAN = 10;

export function length(span: Span): number {
  return span.to - span.from;
}

export function toPx(span: Span, width: number, time: number): number {
  return ((time - span.from) / (span.to - span.from)) * width;
}

export function toTime(span: Span, width: number, px: number): number {
  return span.from + (px / width) * (span.to - span.from);
}

/** The whole trace with its margins. */
export function fit(duration: number): Span {
  const inner = Math.max(duration, SHORTEST_SPAN);
  const margin = (inner * MARGIN) / (1 - 2 * MARGIN);
  return { from: -margin, to: inner + margin };
}

/** The whole trace from edge to edge, for the minimap. */
export function wholeOf(duration: number): Span {
  return { from: 0, to: Math.max(duration, SHORTEST_SPAN) };
}

/** The nearest window of allowed size and place. Keeps the length where it can. */
export function clamp(span: Span, duration: number): Span {
  const whole = fit(duration);
  const size = Math.min(Math.max(length(span), SHORTEST_SPAN), length(whole));
  const margin = size * MARGIN;
  const last = Math.max(duration, SHORTEST_SPAN) + margin - size;
  const from = Math.min(Math.max(span.from, -margin), Math.max(last, -margin));
  return { from, to: from + size };
}

/** Zooms so that `time` stays where it is. Factor below 1 zooms in. */
export function zoom(span: Span, time: number, factor: number, duration: number): Span {
  const size = Math.min(Math.max(length(span) * factor, SHORTEST_SPAN), length(fit(duration)));
  const share = (time - span.from) / length(span);
  const from = time - share * size;
  return clamp({ from, to: from + size }, duration);
}

export function pan(span: Span, by: number, duration: number): Span {
  return clamp({ from: span.from + by, to: span.to + by }, duration);
}

export function centre(span: Span, time: number, duration: number): Span {
  const half = length(span) / 2;
  return clamp({ from: time - half, to: time + half }, duration);
}

function contains(span: Span, time: number): boolean {
  return time >= span.from && time <= span.to;
}

/**
 * The window that shows `time`: the same one when it does; else moved so that the time stands at a third, with the
 * direction of travel ahead of it.
 */
export function reveal(span: Span, time: number, duration: number): Span {
  if (contains(span, time)) return span;
  const size = length(span);
  const from = time < span.from ? time - (size * 2) / 3 : time - size / 3;
  return clamp({ from, to: from + size }, duration);
}

/** Between two windows, for the eased wheel zoom. `share` from 0 to 1. */
export function between(a: Span, b: Span, share: number): Span {
  const mix = (x: number, y: number): number => x + (y - x) * share;
  return { from: mix(a.from, b.from), to: mix(a.to, b.to) };
}
