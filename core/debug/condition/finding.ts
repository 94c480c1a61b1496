/** What the checker says about a condition. */
import { type Span } from './ast.ts';

export interface Finding {
  /** Error: can never be right. Warning: nothing in this trace has such a name. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly span: Span;
  /** What may have been meant, nearest first. */
  readonly suggestions: readonly string[];
}

/** A comparison that makes no sense: a word where a number belongs, a missing unit. */
export class NotSensible extends Error {
  readonly span: Span;
  readonly suggestions: readonly string[];

  constructor(message: string, span: Span, suggestions: readonly string[] = []) {
    super(message);
    this.span = span;
    this.suggestions = suggestions;
  }
}
