/**
 * Suggestions for a misspelt name: the candidates that differ from it by at most two edits (insertion, deletion,
 * replacement), nearest first, at most three. Case does not matter.
 */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  const upper = name.slice(0, MAX_LENGTH).toUpperCase();
  const limit = upper.length < 4 ? 2 : 3;
  const scored: [distance: number, candidate: string][] = [];
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - upper.length) >= limit) continue;
    const distance = editDistance(upper, candidate.toUpperCase(), limit);
    if (distance < limit) scored.push([distance, candidate]);
  }
  scored.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
  return scored.slice(0, 3).map(([, candidate]) => candidate);
}

const MAX_LENGTH = 64;

/** Edits that turn `a` into `b`, or `limit` when it takes that many or more. */
function editDistance(a: string, b: string, limit: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return Math.min(row[b.length] ?? 0, limit);
}
