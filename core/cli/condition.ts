/**
 * Conditions given on the command line: checked before anything runs, and shown with a mark under what is wrong.
 */
import { printable } from '../state/units.ts';
import { type Context, type OpenTrace } from './context.ts';
import { CliFailure } from './failure.ts';

/** Says what is odd about a condition. @throws CliFailure `usage`, pointing at the wrong characters. */
export async function checkCondition(context: Context, trace: OpenTrace, condition: string): Promise<void> {
  if (condition.trim() === '') throw new CliFailure('usage', 'the condition is empty');
  const checked = await trace.call('condition.check', { condition });
  if (!checked.ok) throw new CliFailure('usage', explain(condition, checked));
  if (checked.message !== '') context.say(`warning: ${printable(checked.message)}`);
}

interface Complaint {
  readonly message: string;
  readonly at: number;
  readonly length: number;
}

/** The condition with `^^^` below the characters that are wrong. */
function explain(condition: string, { message, at, length }: Complaint): string {
  const before = printable(condition.slice(0, at));
  const wrong = printable(condition.slice(at, at + length));
  const after = printable(condition.slice(at + length));
  return [
    `the condition is wrong at character ${at + 1}: ${printable(message)}`,
    `  ${before}${wrong}${after}`,
    `  ${' '.repeat(before.length)}${'^'.repeat(Math.max(1, wrong.length))}`,
  ].join('\n');
}
