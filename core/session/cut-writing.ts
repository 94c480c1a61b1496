/**
 * What becomes of a trace that could not be written to its end: the disk is full, or gave an error. It stays as it was
 * committed, and the message says how much that is; one that holds nothing goes.
 */
import { TraceError } from '../trace/errors.ts';
import { removeTraceFiles } from '../trace/file.ts';
import { TraceReader } from '../trace/reader.ts';
import { type TraceWriter } from '../trace/writer.ts';
import { countOf } from '../state/units.ts';
import { SessionError } from './failure.ts';

/** Whether an error only says that somebody stopped the task: not when the trace could not be written, which must be told. */
export function isGivenUp(thrown: unknown, signal: AbortSignal, stop: AbortSignal): boolean {
  return signal.aborted || (stop.aborted && !(thrown instanceof TraceError));
}

/** The failure to tell; what the source is to blame for comes back as it is, and leaves no trace. */
export function afterFailure(thrown: unknown, writer: TraceWriter | undefined): unknown {
  if (writer === undefined || !(thrown instanceof TraceError)) {
    writer?.abort();
    return thrown;
  }
  writer.leave();
  const events = eventsIn(writer.path);
  if (events === 0) {
    removeTraceFiles(writer.path);
    return thrown;
  }
  const kept =
    events === undefined ? 'What was written before' : `What was written before, ${countOf(events, 'event')},`;
  const message = `${thrown.message} ${kept} is kept in ${writer.path}. Make room, then import again with --resume.`;
  return new SessionError({ code: 'bad-input', message });
}

/** Undefined: that cannot be told now; reading what was cut off needs some room too. */
function eventsIn(path: string): number | undefined {
  try {
    const reader = new TraceReader(path);
    const { count } = reader;
    reader.close();
    return count;
  } catch (thrown) {
    return thrown instanceof TraceError && thrown.code === 'not-a-trace' ? 0 : undefined;
  }
}
