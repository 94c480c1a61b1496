/**
 * A trace that is being written stands beside its final name, as `NAME.partial`, and gets the name when it is complete:
 * no partial trace is ever mistaken for a whole one. What a writer leaves that was killed can be opened as it is.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { isInUse, SIDE_FILES } from '../trace/file.ts';
import { SessionError } from './failure.ts';

/** Where the trace `output` is written. @throws SessionError `usage` while another program writes there */
export function partialOf(output: string): string {
  const partial = `${output}.partial`;
  if (existsSync(partial) && isInUse(partial))
    throw new SessionError({
      code: 'usage',
      message: `${partial} is in use: ${output} is being written already. Wait for its end or choose another name.`,
    });
  return partial;
}

/** Gives a complete trace its name. */
export function publish(partial: string, output: string): void {
  // What SQLite kept beside an old trace that was cut off would be taken for changes of the new one.
  for (const suffix of SIDE_FILES) rmSync(output + suffix, { force: true });
  renameSync(partial, output);
}
