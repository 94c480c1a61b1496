/**
 * What stands where an import would write: the trace of an earlier import of the same files, whole or cut off, or
 * something else. An import that was killed leaves `NAME.partial`; one that was followed, or stopped, has its name.
 */
import { existsSync } from 'node:fs';
import { tellingNames } from '../import/several/names.ts';
import { countOf } from '../state/units.ts';
import { TraceError } from '../trace/errors.ts';
import { isInUse } from '../trace/file.ts';
import { type TraceInfo } from '../trace/info.ts';
import { TraceReader } from '../trace/reader.ts';
import { type Result } from './contract.ts';
import { SessionError } from './failure.ts';

export type EarlierTrace = NonNullable<Result<'import.plan'>['earlier']>;

/** @param output path of the trace; undefined: nothing is in the way there */
export function earlierTrace(output: string, files: readonly string[]): EarlierTrace | undefined {
  const partial = `${output}.partial`;
  const busy = [output, partial].find((path) => existsSync(path) && isInUse(path));
  if (busy !== undefined)
    return { path: output, state: 'busy', events: 0, message: `${busy} is in use: it is being written, or open.` };
  if (existsSync(output)) return standing(output, files);
  const left = existsSync(partial) ? lookAt(partial) : undefined;
  return left === undefined || left instanceof TraceError || !isOf(left, files) ? undefined : cut(output, left);
}

/** Whether `output` is what an import of the files left unfinished. @throws SessionError `usage` when it is not to be touched */
export function mayFinish(output: string, files: readonly string[]): boolean {
  const earlier = earlierTrace(output, files);
  if (earlier === undefined) return false;
  if (earlier.state === 'cut') return true;
  const advice = earlier.state === 'complete' ? 'There is nothing to resume.' : 'Choose another name for the trace.';
  throw new SessionError({ code: 'usage', message: `${earlier.message} ${advice}` });
}

function standing(output: string, files: readonly string[]): EarlierTrace {
  const info = lookAt(output);
  if (info instanceof TraceError) return { path: output, state: 'other', events: 0, message: info.message };
  const there = { path: output, events: info.events };
  if (!isOf(info, files)) {
    const made = info.source?.files ?? [];
    const from = made.length === 0 ? 'otherwise' : `from ${made.join(', ')}`;
    return { ...there, state: 'other', message: `${output} was made ${from}.` };
  }
  if (!info.complete || info.source?.facts['ends early'] !== undefined) return cut(output, info);
  return { ...there, state: 'complete', message: `${output} is complete: ${countOf(info.events, 'event')}.` };
}

function cut(path: string, { events }: TraceInfo): EarlierTrace {
  const message = `An import to ${path} was cut off: ${countOf(events, 'event')} are there.`;
  return { path, state: 'cut', events, message };
}

/** Or why it cannot be read as a trace. */
function lookAt(path: string): TraceInfo | TraceError {
  try {
    const reader = new TraceReader(path);
    try {
      return reader.info();
    } finally {
      reader.close();
    }
  } catch (thrown) {
    if (thrown instanceof TraceError) return thrown;
    throw thrown;
  }
}

/** A pipe has no name of its own. */
function isOf({ source }: TraceInfo, files: readonly string[]): boolean {
  const names = tellingNames(files);
  return files.includes('-') || source?.files.join('\n') === names.join('\n');
}
