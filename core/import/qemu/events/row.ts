/** The shape of the event table: a name and the text that follows it, as patterns; apart from what it means. */
import { compile, type Pattern } from '../pattern.ts';
import { type Said } from '../said.ts';

/** `name`, then the pattern of its text, then patterns of other releases. */
export type TextRow = readonly [name: string, ...texts: readonly string[]];

export interface EventRow {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly patterns: readonly Pattern[];
  /** The patterns as they are written. */
  readonly texts: readonly string[];
  /** Position in the table, for look-ups by number. */
  readonly index: number;
  /** vCPU threads print it without the emulator's lock, so it may stand between the lines of an action. */
  readonly isOutsideLock: boolean;
  /** A line of `-d int`: its name is not one word. */
  readonly isException: boolean;
  /** Whether the numbers are in range: a line that was torn and joined may match and still say nonsense. */
  readonly accepts: Accepts | undefined;
}

const NAME = /^[a-z]\w*$/;

export type Accepts = (said: Said) => boolean;

export function eventRows(rows: readonly TextRow[], ranges: ReadonlyMap<string, Accepts>): EventRow[] {
  return rows.map(([name, ...texts], index) => ({
    name,
    nameBytes: Buffer.from(name, 'latin1'),
    patterns: texts.map(compile),
    texts,
    index,
    isOutsideLock: name.startsWith('gicplug_') || !NAME.test(name),
    isException: !NAME.test(name),
    accepts: ranges.get(name),
  }));
}
