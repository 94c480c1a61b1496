/**
 * Which words fit where. A label is drawn only with 4 px to spare on both sides, shortened by rule, else left out;
 * it is never cut by an edge or crossed by the cursor. Pure: widths come from a measuring function.
 */
import { grouped } from '../format/number.ts';
import { type Span, toPx, toTime } from './scale.ts';

export type Measure = (text: string) => number;

const SPARE = 4;

/** The first of `forms` (longest first) that fits `room` pixels; undefined when none does. */
export function fitting(forms: readonly string[], room: number, measure: Measure, spare = SPARE): string | undefined {
  return forms.find((form) => form !== '' && measure(form) + 2 * spare <= room);
}

export interface Placed {
  readonly x: number;
  readonly text: string;
}

/**
 * Places a label at the left of [left, right], or right of the cursor when the cursor would cross it.
 * @param bounds what is visible: a bar may start before the left edge, its label may not
 */
export function place(
  forms: readonly string[],
  left: number,
  right: number,
  bounds: { readonly left: number; readonly right: number },
  measure: Measure,
  cursor?: number,
): Placed | undefined {
  const from = Math.max(left, bounds.left);
  const to = Math.min(right, bounds.right);
  if (cursor === undefined || cursor <= from || cursor >= to) {
    const text = fitting(forms, to - from, measure);
    return text === undefined ? undefined : { x: from + SPARE, text };
  }
  const before = fitting(forms, cursor - from, measure);
  if (before !== undefined) return { x: from + SPARE, text: before };
  const after = fitting(forms, to - cursor, measure);
  return after === undefined ? undefined : { x: cursor + SPARE, text: after };
}

export interface Flag {
  readonly px: number;
  /** What is written on it. */
  readonly label: string;
  /** How many marks it stands for. */
  readonly count: number;
  /** `#rrggbb`, or empty for the usual one and for marks of several colours. */
  readonly colour: string;
}

export interface FlagSource {
  readonly times: Float64Array;
  readonly label: string;
  readonly colour: string;
}

/**
 * Flags of several sources of moments, each ascending in time: within a source, moments closer than 14 pixels (more
 * where counts are long) become one flag with a count, and flags of different sources that would overlap become one
 * too. Cost: a binary search per flag, whatever the number of moments.
 */
export function flagsOf(sources: readonly FlagSource[], span: Span, width: number): Flag[] {
  let gap = LEAST_GAP;
  for (;;) {
    const flags = flagsApart(sources, span, width, gap);
    // A count of several digits needs a wider flag, or neighbours would cover it.
    const needed = flags.reduce((most, { count }) => Math.max(most, roomFor(count)), LEAST_GAP);
    if (needed <= gap) return flags;
    gap = needed;
  }
}

const LEAST_GAP = 14;
const roomFor = (count: number): number => (count === 1 ? LEAST_GAP : 15 + 7 * String(count).length);

/** What a flag says: the breakpoint's number; of several hits how many there are, which must not look like a number. */
export function flagText({ label, count }: Pick<Flag, 'label' | 'count'>): string {
  return count === 1 ? label : `×${grouped(count)}`;
}

function flagsApart(sources: readonly FlagSource[], span: Span, width: number, gap: number): Flag[] {
  const flags: Flag[] = [];
  const first = toTime(span, width, -gap);
  for (const { times, label, colour } of sources) {
    let index = firstAtOrAfter(times, first);
    for (let time = times[index]; time !== undefined && time <= span.to; time = times[index]) {
      const px = toPx(span, width, time);
      const next = Math.max(index + 1, firstAtOrAfter(times, toTime(span, width, px + gap)));
      flags.push({ px, label, count: next - index, colour });
      index = next;
    }
  }
  return sources.length > 1 ? mergeFlags(flags, gap) : flags;
}

/** Flags closer than `gap` become one with the sum of their counts; different labels or colours leave it without one. */
export function mergeFlags(flags: readonly Flag[], gap = LEAST_GAP): Flag[] {
  const merged: Flag[] = [];
  for (const flag of flags.toSorted((a, b) => a.px - b.px)) {
    const last = merged.at(-1);
    if (last !== undefined && flag.px - last.px < gap) {
      const label = last.label === flag.label ? last.label : '';
      const colour = last.colour === flag.colour ? last.colour : '';
      merged[merged.length - 1] = { px: last.px, label, count: last.count + flag.count, colour };
    } else merged.push(flag);
  }
  return merged;
}

/** Index of the first time that is not before `time`. */
export function firstAtOrAfter(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
