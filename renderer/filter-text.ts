/** Between the filter bar's chips and the one condition that the backend gets. Pure. */

/** `vcpu:1`, `-kind:irq.*`, `cdia`, `"two words"`: things that may stand beside each other. */
const TOKEN = /^-?(?:[a-z]+:)?(?:"[^"]*"|[\w.*?+/-]+)$|^-?[a-z]+:[a-z]+\(\d+\)$/i;
const PARTS = /-?(?:[a-z]+:)?"[^"]*"|\S+/gi;
/** Words of the condition language: a text with one of them is a condition, not a row of tokens. */
const WORDS = /^(and|or|not|if|on|is|in|where|rises|falls|changes|read|write|access|execute)$/i;

/** Cuts a text into chips: one per token, or the text as it is when it is a condition. */
export function splitTokens(text: string): string[] {
  const parts = text.match(PARTS) ?? [];
  const tokens = parts.length > 0 && parts.every((part) => TOKEN.test(part) && !WORDS.test(part));
  return tokens ? parts : [text];
}

function isToken(chip: string): boolean {
  return TOKEN.test(chip) && !WORDS.test(chip);
}

/** All chips at once. Tokens of one key stay side by side, where the language joins them with "or". */
export function combine(chips: readonly string[]): string {
  const tokens = chips.filter(isToken).join(' ');
  const conditions = chips.filter((chip) => !isToken(chip));
  const [only] = conditions;
  if (tokens === '') return conditions.length === 1 && only !== undefined ? only : bracketed(conditions);
  return conditions.length === 0 ? tokens : bracketed([...conditions, tokens]);
}

function bracketed(terms: readonly string[]): string {
  return terms.map((term) => `(${term})`).join(' and ');
}

export interface ChipParts {
  readonly negated: boolean;
  readonly key: string;
  readonly value: string;
}

/** How a chip is shown: its key dim, its value bright; `hide` for a leading minus. */
export function chipParts(chip: string): ChipParts {
  const match = /^(-?)(?:([a-z]+):)?(.*)$/is.exec(chip);
  if (!isToken(chip) || match === null) return { negated: false, key: '', value: chip };
  return { negated: match[1] === '-', key: match[2] ?? '', value: match[3] ?? '' };
}
