/** `import --resume` without --follow: what an earlier import left, and whether anything is to be done. */
import { countOf, printable } from '../../state/units.ts';
import { type Context } from '../context.ts';
import { CliFailure } from '../failure.ts';

/**
 * Whether the trace is complete, so that there is nothing to resume. Of one that was cut off the files are read again:
 * what a line means follows from all lines before it. @throws CliFailure `usage` when it is a trace of other files
 */
export async function isImported(
  context: Context,
  path: string,
  shown: string,
  files: readonly string[],
): Promise<boolean> {
  const paths = files.map((file) => (file === '-' ? file : context.path(file)));
  const { earlier } = await context.call('import.plan', { files: paths, output: path });
  if (earlier === null) return false;
  const events = countOf(earlier.events, 'event');
  switch (earlier.state) {
    case 'complete':
      context.say(`${printable(shown)} is complete: ${events}, nothing to resume`);
      return true;
    case 'cut':
      context.say(`${events} were there before it was cut off; reading from the start of the files`);
      return false;
    default:
      throw new CliFailure('usage', `${earlier.message} Choose another name with -o, or --overwrite replaces it`);
  }
}
