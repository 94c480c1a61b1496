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

/** Whether a dotted path matches part by part. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const parts = pattern.toLowerCase().split('.');
  return (path) => matchParts(parts, 0, path.toLowerCase().split('.'), 0);
}

function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let restart = 0;
  while (t < text.length) {
    const char = pattern[p];
    if (char === '*') {
      star = p++;
      restart = t;
    } else if (char === '?' || char === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++restart;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** The same walk over parts: `**` is the star, other parts match as words. */
function matchParts(pattern: readonly string[], p0: number, parts: readonly string[], t0: number): boolean {
  let p = p0;
  let t = t0;
  let star = -1;
  let restart = 0;
  while (t < parts.length) {
    const wanted = pattern[p];
    if (wanted === '**') {
      star = p++;
      restart = t;
    } else if (wanted !== undefined && matches(wanted, parts[t] ?? '')) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++restart;
    } else return false;
  }
  while (pattern[p] === '**') p++;
  return p === pattern.length;
}
