/**
 * A scrollbar for lists longer than any scroll container: the thumb's place maps to a row index. Pure.
 */
export interface Thumb {
  readonly top: number;
  readonly height: number;
}

/** The thumb is never smaller than this. */
const LEAST = 24;

/** @param visible rows that fit; `top` is the index of the first of them */
export function thumbOf(top: number, visible: number, total: number, track: number): Thumb | undefined {
  if (total <= visible || track <= 0) return undefined;
  const height = Math.max(LEAST, Math.round((visible / total) * track));
  const most = total - visible;
  return { top: Math.round((Math.min(top, most) / most) * (track - height)), height };
}

/** The first row for a thumb that was dragged to `y`. */
export function rowForThumb(y: number, visible: number, total: number, track: number): number {
  const height = Math.max(LEAST, Math.round((visible / total) * track));
  const share = Math.min(1, Math.max(0, y / Math.max(1, track - height)));
  return Math.round(share * Math.max(0, total - visible));
}

/** The first row that brings `index` into view, moving as little as possible; `margin` rows stay around it. */
export function scrollTo(index: number, top: number, visible: number, total: number, margin = 2): number {
  const room = Math.min(margin, Math.max(0, Math.floor((visible - 1) / 2)));
  const most = Math.max(0, total - visible);
  let next = top;
  if (index - room < top) next = index - room;
  else if (index + room > top + visible - 1) next = index + room - visible + 1;
  // A jump: the row stands in the middle, with what led to it above.
  if (Math.abs(next - top) > visible) next = index - Math.floor(visible / 2);
  return Math.min(Math.max(0, next), most);
}
