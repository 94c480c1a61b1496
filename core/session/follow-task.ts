/**
 * The import of a source that still grows, as a task: the trace has its final name from the first lines on, is flushed
 * several times a second, and is finished when the source ends or the task is stopped. What was flushed survives also
 * the death of the process.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ImportError, openFollowed, type ImportInput } from '../import/import.ts';
import { type Machine } from '../import/machine/machine.ts';
import { isInUse } from '../trace/file.ts';
import { type TraceSummary } from '../trace/sink.ts';
import { TraceWriter } from '../trace/writer.ts';
import { type Args } from './contract.ts';
import { afterFailure, isGivenUp } from './cut-writing.ts';
import { SessionError } from './failure.ts';
import { type SessionContext } from './handlers.ts';
import { checkOutput, chooseOutput, type ImportJob, RoomWatch } from './import-task.ts';
import { followLive } from './live/live-handlers.ts';
import { resume, type Resumed } from './resume.ts';
import { type TaskControl } from './tasks.ts';

/** Milliseconds after which what came is in the file. */
const FLUSH_MS = 250;

export interface FollowJob extends Pick<ImportJob, 'output' | 'overwrite' | 'tool'> {
  readonly input: ImportInput;
  readonly format: string | undefined;
  readonly vcpus: number | undefined;
  readonly machine: Machine | undefined;
  /** It is recorded inside the guest. */
  readonly guest: boolean;
  /** What it goes on with. */
  readonly resumed: Resumed | undefined;
}

type FollowRequest = Pick<Args<'import.start'>, 'files' | 'output' | 'overwrite' | 'resume'> &
  Pick<FollowJob, 'format' | 'vcpus' | 'machine' | 'guest'>;

/** @throws SessionError `usage` before anything is read */
export function startFollowing(
  context: SessionContext,
  { files, output, overwrite, format, vcpus, machine, guest, resume: goesOn = false }: FollowRequest,
): { task: number; output: string } {
  const { tasks, options } = context;
  const [file = ''] = files;
  if (files.length !== 1) throw new SessionError({ code: 'usage', message: 'one source at a time can be followed' });
  const input = file === '-' ? standardInput(options.stdin) : resolve(file);
  const target = output === '' ? chooseOutput(options.imports, file) : resolve(output);
  const tool = `gicscope ${options.version}`;
  const replaces = overwrite || goesOn;
  checkOutput({ files: file === '-' ? [file] : [resolve(file)], output: target, overwrite: replaces, tool });
  if (existsSync(target) && isInUse(target))
    throw new SessionError({
      code: 'usage',
      message: `${target} is in use: it is being written, or open while incomplete. Choose another name.`,
    });
  const resumed = goesOn ? resume(target, input) : undefined;
  const job = {
    input: resumed?.input ?? input,
    output: target,
    overwrite: replaces,
    tool,
    format,
    vcpus,
    machine,
    guest,
    resumed,
  };
  const task = tasks.start(`Follow ${file}`, (control) => runFollow(job, control, () => followLive(context, target)));
  return { task, output: target };
}

/** @throws SessionError where the backend has none */
export function standardInput(stdin: SessionContext['options']['stdin']): ImportInput {
  if (stdin !== undefined) return { name: 'standard input', stream: stdin };
  throw new SessionError({ code: 'usage', message: 'there is no standard input here: name a file' });
}

/** Runs until the source ends or a stop; `grown` is told of each flush. The trace's path, or null when nothing was kept. */
async function runFollow(
  job: FollowJob,
  { signal, stop, advance }: TaskControl,
  grown: () => void,
): Promise<string | null> {
  const room = new RoomWatch(dirname(job.output));
  let writer: TraceWriter | undefined;
  let known: (() => TraceSummary) | undefined;
  let flushed = 0;
  const tick = (): void => {
    room.look();
    advance({ phase: writer === undefined ? 'Wait for lines of a known format' : 'Follow' });
    const summary = known?.();
    const lines = summary?.lines?.read ?? 0;
    if (writer === undefined || summary === undefined || lines === flushed) return;
    flushed = lines;
    writer.describe(summary);
    writer.flush();
    if (lines >= (job.resumed?.lines ?? 0)) job.resumed?.handOver();
    grown();
  };
  const options = {
    signal,
    guest: job.guest,
    stop: AbortSignal.any([stop, signal, room.low]),
    tick,
    everyMs: FLUSH_MS,
    known: (now: () => TraceSummary) => {
      known = now;
    },
    onProgress: ({ bytes, events }: { readonly bytes: number; readonly events: number }) =>
      advance({ doneBytes: bytes, events }),
    ...(job.format === undefined ? {} : { format: job.format }),
    ...(job.vcpus === undefined ? {} : { vcpus: job.vcpus }),
    ...(job.machine === undefined ? {} : { machine: job.machine }),
  };
  tick();
  const followed = await openFollowed(job.input, options).catch((thrown: unknown) => {
    job.resumed?.putBack();
    return asUsage(thrown);
  });
  if (followed === undefined) {
    job.resumed?.putBack();
    return null;
  }
  try {
    const { kind } = followed.format;
    const files = [basename(typeof job.input === 'string' ? job.input : job.input.name)];
    const { output, overwrite, tool } = job;
    writer = new TraceWriter(output, { overwrite, tool, source: { kind, files, facts: {} } });
    const { summary, events } = await followed.read(writer);
    signal.throwIfAborted();
    advance({ phase: 'Index', events });
    writer.finish(room.low.aborted ? { ...summary, source: room.explain(summary.source) } : summary);
    if ((summary.lines?.read ?? 0) >= (job.resumed?.lines ?? 0)) job.resumed?.handOver();
  } catch (error) {
    if (!isGivenUp(error, signal, stop)) throw afterFailure(error, writer);
    writer?.abort();
    return null;
  } finally {
    await followed.close();
  }
  grown();
  return job.output;
}

/** That a source cannot be followed is no fault of the source. */
function asUsage(thrown: unknown): never {
  if (thrown instanceof ImportError && thrown.code === 'cannot-follow')
    throw new SessionError({ code: 'usage', message: thrown.message });
  throw thrown;
}
