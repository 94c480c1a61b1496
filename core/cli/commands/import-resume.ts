/** `import --resume` without --follow: what an earlier import left, and whether anything is to be done. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type TraceInfo } from '../../session/contract.ts';
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
  const there = existsSync(path) ? await lookAt(context, path) : undefined;
  if (there !== undefined) mustBeOf(there, shown, files);
  if (there?.complete === true) {
    context.say(`${printable(shown)} is complete: ${countOf(there.events, 'event')}, nothing to resume`);
    return true;
  }
  const partial = `${path}.partial`;
  const cut = there ?? (existsSync(partial) ? await lookAt(context, partial).catch(() => undefined) : undefined);
  if (cut !== undefined)
    context.say(
      `${countOf(cut.events, 'event')} were there before it was cut off; reading from the start of the files`,
    );
  return false;
}

async function lookAt(context: Context, path: string): Promise<TraceInfo> {
  const info = await context.call('trace.open', { path });
  await context.call('trace.close', { id: info.id });
  return info;
}

function mustBeOf({ source }: TraceInfo, shown: string, files: readonly string[]): void {
  const names = files.map((file) => basename(file));
  // A pipe has no name of its own.
  if (names.includes('-') || source.files.join('\n') === names.join('\n')) return;
  const made = source.files.length === 0 ? 'otherwise' : `from ${source.files.join(', ')}`;
  throw new CliFailure(
    'usage',
    `${shown} was made ${printable(made)}: choose another name with -o, or --overwrite replaces it`,
  );
}
