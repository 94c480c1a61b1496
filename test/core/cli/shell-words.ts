/** The words of the first command of a shell line: quotes taken off, pipes and redirections left out. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [token] of line.matchAll(/'[^']*'|"[^"]*"|[|<>]|[^\s'"|<>]+/g)) {
    if (token === '|' || token === '<' || token === '>') break;
    words.push(/^['"]/.test(token) ? token.slice(1, -1) : token);
  }
  return words;
}
