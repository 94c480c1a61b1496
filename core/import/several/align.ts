/**
 * How far the clocks of two recordings are apart, found from what both saw: the moments at which interrupts were
 * injected, acknowledged and handled. An interrupt that one recording shows at t is in the other at t + offset, give or
 * take the time from the one step to the other; at the right offset many moments coincide, at a wrong one few.
 *
 * Every pair of moments votes for its difference, in steps of STEP; the winner must have many votes and clearly more
 * than any other, else there is no answer. The offset is then the median of the winning differences.
 * Cost: MOST_A × MOST_B votes, a few tenths of a second.
 */

/** Nanoseconds. */
const STEP = 100_000;
const MOST_A = 400;
const MOST_B = 8000;
const LEAST_VOTES = 20;
/** The winner has so many times the votes of the best that is not beside it. */
const CLEARLY = 2;
/** Steps from the winner that are no longer beside it. */
const FAR = 4;

export interface Offset {
  /** To add to times of the second recording, nanoseconds. */
  readonly offset: number;
  readonly matches: number;
  /** Moments that were compared. */
  readonly of: number;
}

/** @param a moments of the first recording, ascending, nanoseconds since its start; @param b of the second */
export function commonOffset(a: readonly number[], b: readonly number[]): Offset | undefined {
  // The shorter one is more likely to lie within the other.
  const isSwapped = a.length > b.length;
  const some = sample(isSwapped ? b : a, MOST_A);
  const others = (isSwapped ? a : b).slice(0, MOST_B);
  const found = offsetOf(some, others);
  return found && { ...found, offset: isSwapped ? -found.offset : found.offset };
}

/** What to add to `others` to meet `some`. */
function offsetOf(some: readonly number[], others: readonly number[]): Offset | undefined {
  const votes = new Map<number, number>();
  for (const one of some)
    for (const other of others) {
      const step = Math.round((one - other) / STEP);
      votes.set(step, (votes.get(step) ?? 0) + 1);
    }
  /** Votes of a step and its neighbours: a true offset straddles two. */
  const around = (step: number): number =>
    (votes.get(step - 1) ?? 0) + (votes.get(step) ?? 0) + (votes.get(step + 1) ?? 0);
  let best = 0;
  let most = 0;
  for (const step of votes.keys()) {
    const count = around(step);
    if (count <= most) continue;
    most = count;
    best = step;
  }
  let second = 0;
  for (const step of votes.keys()) if (Math.abs(step - best) > FAR) second = Math.max(second, around(step));
  if (most < LEAST_VOTES || most < CLEARLY * second) return undefined;
  const differences = some
    .flatMap((one) => others.map((other) => one - other))
    .filter((difference) => Math.abs(Math.round(difference / STEP) - best) <= 1)
    .sort((x, y) => x - y);
  return { offset: differences[differences.length >> 1] ?? best * STEP, matches: most, of: some.length };
}

/** At most `most` in a row, from the middle: recordings overlap there if they do anywhere. */
function sample(all: readonly number[], most: number): readonly number[] {
  const from = Math.max(0, (all.length - most) >> 1);
  return all.slice(from, from + most);
}
