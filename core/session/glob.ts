/**
 * Globs over slot paths: `*` any run of characters within a part, `**` across parts, `?` one character, `{a,b}`
 * alternatives. All prefixes of the pattern are followed at once, so a hostile glob costs at most pattern × path.
 */
const MAX_ALTERNATIVES = 256;

/**
 * A test for paths.
 * @throws RangeError when braces are unbalanced or expand to more than 256 alternatives.
 */
export function globTest(glob: string): (path: string) => boolean {
  const patterns = expand(glob).map(tokens);
  return (path) => patterns.some((pattern) => matches(pattern, path));
}

function expand(glob: string): string[] {
  const open = glob.indexOf('{');
  if (open < 0) {
    if (glob.includes('}')) throw new RangeError(`glob ${glob}: } without {`);
    return [glob];
  }
  const close = glob.indexOf('}', open);
  if (close < 0) throw new RangeError(`glob ${glob}: { without }`);
  const rest = expand(glob.slice(close + 1));
  const out: string[] = [];
  for (const choice of glob.slice(open + 1, close).split(','))
    for (const tail of rest) out.push(glob.slice(0, open) + choice + tail);
  if (out.length > MAX_ALTERNATIVES) throw new RangeError(`glob ${glob}: more than ${MAX_ALTERNATIVES} alternatives`);
  return out;
}

/** A literal character, `?`, or a star that may (`**`) or may not (`*`) cross a dot. */
type Token = { readonly literal: string } | { readonly any: 'one' | 'part' | 'all' };

function tokens(glob: string): Token[] {
  const out: Token[] = [];
  for (let i = 0; i < glob.length; i++) {
    const c = glob.charAt(i);
    if (c === '*' && glob.charAt(i + 1) === '*') {
      out.push({ any: 'all' });
      while (glob.charAt(i + 1) === '*') i++;
    } else if (c === '*') out.push({ any: 'part' });
    else if (c === '?') out.push({ any: 'one' });
    else out.push({ literal: c });
  }
  return out;
}

/** Which prefixes of the pattern match the path so far, one bit per prefix: no backtracking at all. */
function matches(pattern: readonly Token[], path: string): boolean {
  let reached = new Uint8Array(pattern.length + 1);
  reached[0] = 1;
  closeOverStars(pattern, reached);
  for (const c of path) {
    const next = new Uint8Array(pattern.length + 1);
    for (let i = 0; i < pattern.length; i++) {
      if (reached[i] !== 1) continue;
      const token = pattern[i];
      if (token === undefined) continue;
      if ('literal' in token) {
        if (token.literal === c) next[i + 1] = 1;
      } else if (token.any === 'one') {
        if (c !== '.') next[i + 1] = 1;
      } else if (token.any === 'all' || c !== '.') next[i] = 1;
    }
    closeOverStars(pattern, next);
    reached = next;
  }
  return reached[pattern.length] === 1;
}

function closeOverStars(pattern: readonly Token[], reached: Uint8Array): void {
  for (let i = 0; i < pattern.length; i++) {
    const token = pattern[i];
    if (reached[i] === 1 && token !== undefined && 'any' in token && token.any !== 'one') reached[i + 1] = 1;
  }
}
