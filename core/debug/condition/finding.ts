/** What the checker says about a condition. */
import { ConditionError, type Span } from './ast.ts';

export interface Finding {
  /** Error: can never be right. Warning: nothing in this trace has such a name. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly span: Span;
  /** What may have been meant, nearest first. */
  readonly suggestions: readonly string[];
}

/** A comparison that makes no sense: a word where a number belongs, a missing unit. */
export class NotSensible extends ConditionError {}
