/**
 * Name patterns: `*` any characters, `?` one, case ignored. In paths `*` stays within a name part and `**` crosses
 * the dots. Matching walks both texts with one remembered restart point, so hostile patterns cost length × length,
 * never more.
 */

export function isGlob(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?');
}

/** Whether the whole text matches. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!isGlob(wanted)) return (text) => text.toLowerCase() === wanted;
  return (text) => matches(wanted, text.toLowerCase());
}

/** Whether the pattern occurs in the text. */
export function containsMatcher(pattern: string): (text: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!isGlob(wanted)) return (text) => text.toLowerCase().includes(wanted);
  return (text) => matches(`*${wanted}*`, text.toLowerCase());
}

/** Whether a dotted path matches part by part: `**` is the star among parts, other parts match as words. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const parts = pattern.toLowerCase().split('.');
  return (path) => walk(parts, path.toLowerCase().split('.'), '**', matches);
}

function matches(pattern: string, text: string): boolean {
  return walk(pattern, text, '*', (wanted, char) => wanted === '?' || wanted === char);
}

/** Goes through both; where they part, the last star takes one more item and the walk begins anew behind it. */
function walk(
  pattern: ArrayLike<string>,
  items: ArrayLike<string>,
  anything: string,
  fits: (wanted: string, item: string) => boolean,
): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let restart = 0;
  while (t < items.length) {
    const wanted = pattern[p];
    if (wanted === anything) {
      star = p++;
      restart = t;
    } else if (wanted !== undefined && fits(wanted, items[t] ?? '')) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++restart;
    } else return false;
  }
  while (pattern[p] === anything) p++;
  return p === pattern.length;
}
