/**
 * HTML that cannot be forged: a template tag that escapes every value unless it is itself `SafeHtml`, which only the
 * tag makes. So text from a trace can reach a page as text only.
 */
import { printable } from '../../state/units.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text as it may stand between tags and in quoted attributes. Control characters become visible. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (character) => ESCAPES[character] ?? '');
}

export class SafeHtml {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

type Embedded = string | number | SafeHtml | readonly Embedded[];

function embed(value: Embedded): string {
  if (value instanceof SafeHtml) return value.toString();
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map(embed).join('');
}

export function markup(strings: TemplateStringsArray, ...values: readonly Embedded[]): SafeHtml {
  return new SafeHtml(strings.map((text, index) => text + embed(values[index] ?? '')).join(''));
}
