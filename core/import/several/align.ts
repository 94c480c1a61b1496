/**
 * How far the clocks of two recordings are apart, found from what both saw: the moments at which interrupts were
 * injected, acknowledged and handled. An interrupt that one recording shows at t is in the other at t + offset, give or
 * take the time from the one step to the other; at the right offset many moments coincide, at a wrong one few.
 *
 * Every pair of moments that can be of one interrupt votes for its difference, in steps of STEP. A burst of n interrupts
 * laid over another gives n² votes wherever it lies, so the votes only name candidates. Each is then judged by how many
 * moments find a partner of their own there; those of one burst count once, since a program that repeats a burst fits at
 * every repetition. The winner must have LEAST_MATCHES and clearly more than any other, else there is no answer. The
 * offset is the median of its differences.
 * Cost: MOST_A × MOST_B votes, a few tenths of a second.
 */

/** Nanoseconds. */
const STEP = 100_000;
/** How far two moments may lie from where the offset puts them. */
const NEAR = 1.5 * STEP;
/** What follows within this belongs to one burst. */
const BURST = 2 * NEAR;
const MOST_A = 400;
const MOST_B = 8000;
const CANDIDATES = 32;
const LEAST_MATCHES = 20;
/** The winner has so many times the matches of the best that is not beside it; chance alone reached 1.2. */
const CLEARLY = 1.5;
/** Steps from the winner that are no longer beside it. */
const FAR = 4;

/** An interrupt on its way. */
export interface Mark {
  /** Nanoseconds since the start of its recording. */
  readonly time: number;
  /** Undefined: the recording does not say which interrupt, or in numbers of its own. */
  readonly intid: number | undefined;
}

export interface Offset {
  /** To add to times of the second recording, nanoseconds. */
  readonly offset: number;
  readonly matches: number;
  /** Moments that were compared. */
  readonly of: number;
}

/** @param a moments of the first recording, ascending; @param b of the second */
export function commonOffset(a: readonly Mark[], b: readonly Mark[]): Offset | undefined {
  const named = [a, b].map((marks) => marks.filter(({ intid }) => intid !== undefined));
  // Where both say which interrupt, what one does not say is another one: an interrupt of the host beside the guest's.
  const [first = a, second = b] = named.every(({ length }) => length >= LEAST_MATCHES) ? named : [a, b];
  // The shorter one is more likely to lie within the other.
  const isSwapped = first.length > second.length;
  const some = sample(isSwapped ? second : first, MOST_A);
  const others = (isSwapped ? first : second).slice(0, MOST_B);
  const found = offsetOf(some, others);
  return found && { ...found, offset: isSwapped ? -found.offset : found.offset };
}

/** What to add to `others` to meet `some`. */
function offsetOf(some: readonly Mark[], others: readonly Mark[]): Offset | undefined {
  const judged = candidates(some, others)
    .map((step) => ({ step, ...partners(some, others, step * STEP) }))
    .toSorted((x, y) => y.moments - x.moments);
  const [best] = judged;
  if (best === undefined) return undefined;
  const { step, moments, differences } = best;
  const second = judged.find((other) => Math.abs(other.step - step) > FAR)?.moments ?? 0;
  if (moments < LEAST_MATCHES || moments < CLEARLY * second) return undefined;
  differences.sort((x, y) => x - y);
  return {
    offset: differences[differences.length >> 1] ?? step * STEP,
    matches: differences.length,
    of: some.length,
  };
}

/** The steps that have most votes together with their neighbours, since a true offset straddles two. */
function candidates(some: readonly Mark[], others: readonly Mark[]): number[] {
  const votes = new Map<number, number>();
  for (const one of some)
    for (const other of others) {
      if (!canBeOne(one, other)) continue;
      const step = Math.round((one.time - other.time) / STEP);
      votes.set(step, (votes.get(step) ?? 0) + 1);
    }
  const around = (step: number): number =>
    (votes.get(step - 1) ?? 0) + (votes.get(step) ?? 0) + (votes.get(step + 1) ?? 0);
  const ranked = [...votes.keys()].map((step) => ({ step, votes: around(step) })).sort((x, y) => y.votes - x.votes);
  const out: number[] = [];
  for (const { step } of ranked) {
    // The neighbours of one that is judged have the same votes; the nearest differ enough to be tried as well.
    if (out.some((taken) => Math.abs(taken - step) <= 1)) continue;
    out.push(step);
    if (out.length === CANDIDATES) break;
  }
  return out;
}

interface Partners {
  /** Of moments that meet, each in one pair only. */
  readonly differences: number[];
  /** How many they are where those of one burst count once. */
  readonly moments: number;
}

function partners(some: readonly Mark[], others: readonly Mark[], offset: number): Partners {
  const isTaken = new Uint8Array(others.length);
  const differences: number[] = [];
  let moments = 0;
  let counted = -Infinity;
  let from = 0;
  for (const one of some) {
    const at = one.time - offset;
    while ((others[from]?.time ?? Infinity) < at - NEAR) from++;
    for (let i = from; i < others.length; i++) {
      const other = others[i];
      if (other === undefined || other.time > at + NEAR) break;
      if (isTaken[i] === 1 || !canBeOne(one, other)) continue;
      isTaken[i] = 1;
      differences.push(one.time - other.time);
      if (one.time - counted > BURST) {
        moments++;
        counted = one.time;
      }
      break;
    }
  }
  return { differences, moments };
}

function canBeOne(one: Mark, other: Mark): boolean {
  return one.intid === undefined || other.intid === undefined || one.intid === other.intid;
}

/** At most `most` in a row, from the middle: recordings overlap there if they do anywhere. */
function sample(all: readonly Mark[], most: number): readonly Mark[] {
  const from = Math.max(0, (all.length - most) >> 1);
  return all.slice(from, from + most);
}
