/**
 * "Did you mean": the names nearest to what was typed, by edit distance (insert, delete, replace, swap of
 * neighbours), case ignored. Only names within a third of the typed length count as near.
 */

const MAX_TYPED = 64;
/** Names that are compared; a machine with 100,000 slots must not delay a key press. */
const MAX_NAMES = 20_000;

/** At most `limit` of `names`, nearest first. */
export function nearest(typed: string, names: Iterable<string>, limit = 3): string[] {
  const wanted = typed.slice(0, MAX_TYPED).toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const found: { readonly name: string; readonly distance: number }[] = [];
  let compared = 0;
  for (const name of names) {
    if (++compared > MAX_NAMES) break;
    if (Math.abs(name.length - wanted.length) > allowed) continue;
    const distance = editDistance(wanted, name.toLowerCase(), allowed);
    if (distance <= allowed) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return [...new Set(found.map((entry) => entry.name))].slice(0, limit);
}

/** Edit distance, or a number above `bound` as soon as it must be. O(length²) time, three rows. */
function editDistance(a: string, b: string, bound = Number.POSITIVE_INFINITY): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let cost = Math.min((previous[j - 1] ?? 0) + (same ? 0 : 1), (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
      if (cost < best) best = cost;
    }
    if (best > bound) return best;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** ` Did you mean rises?`, or nothing. */
export function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : `; did you mean ${suggestions.join(' or ')}?`;
}
