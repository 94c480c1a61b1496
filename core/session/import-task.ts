/**
 * An import as a task: source files to a finished `.gscope`, in this thread, in slices between which other calls are
 * answered. The trace has its name when it is complete (partial.ts); a stop that keeps what is done finishes what was
 * read.
 */
import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FORMATS, type ImportInput, inspect, openImport, type OpenedImport, type Progress } from '../import/import.ts';
import { type Machine } from '../import/machine/machine.ts';
import { importSeveral } from '../import/several/import-several.ts';
import { isInUse } from '../trace/file.ts';
import { type SourceInfo } from '../trace/sink.ts';
import { TraceWriter } from '../trace/writer.ts';
import { afterFailure, isGivenUp } from './cut-writing.ts';
import { SessionError } from './failure.ts';
import { fileFailure } from './file-failure.ts';
import { partialOf, publish } from './partial.ts';
import { isSameFile } from './same-file.ts';
import { type TaskControl } from './tasks.ts';

export interface ImportJob {
  /** `-`: `stdin`, where it is the only one. */
  readonly files: readonly string[];
  readonly stdin?: ImportInput;
  /** Absolute path of the trace to write. */
  readonly output: string;
  readonly overwrite: boolean;
  readonly format?: string;
  readonly keepPartial?: boolean;
  readonly vcpus?: number;
  readonly machine?: Machine;
  /** Indexes of files that were recorded inside the guest. */
  readonly guests?: readonly number[];
  /** Per file: nanoseconds to add to its times; null: found from what the files have in common. */
  readonly offsets?: readonly (number | null)[];
  /** Written into the trace: the gicscope version. */
  readonly tool: string;
}

/** Room kept free on the disk, beyond what the import is expected to need. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** How often the disk is looked at while a trace is written. */
const LOOK_EVERY_MS = 1000;

/**
 * Where an import goes that names no output: beside the app's other imports, under the source's name.
 * Never the name of something that exists.
 */
export function chooseOutput(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true });
  // What a killed import left is made anew, what another one is writing is left alone.
  return freeName(folder, file, (path) => existsSync(path) || isInUse(`${path}.partial`)).name;
}

/** Bytes of a source's name that its trace's takes; with its endings it must remain a name that file systems take. */
const LONGEST_STEM = 200;

/** The nicest name for the trace of a file that is not taken, and the nearest taken one before it. */
export function freeName(
  folder: string,
  file: string,
  isTaken: (path: string) => boolean,
): { readonly name: string; readonly before: string | undefined } {
  const whole =
    basename(file)
      .replace(/\.(xz|gz|zst)$/i, '')
      .replace(/\.(log|txt|dat|trace|yaml|yml)$/i, '') || 'import';
  const stem = Buffer.from(whole)
    .subarray(0, LONGEST_STEM)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
  let before: string | undefined;
  for (let n = 1; ; n++) {
    const name = join(folder, n === 1 ? `${stem}.gscope` : `${stem}-${n}.gscope`);
    if (!isTaken(name)) return { name, before };
    before = name;
  }
}

/** @throws SessionError `usage` before anything is read when the output cannot be written. */
export function checkOutput(job: ImportJob): void {
  const folder = dirname(job.output);
  const files = job.files.filter((file) => file !== '-');
  if (files.some((file) => isSameFile(file, job.output)))
    throw new SessionError({ code: 'usage', message: `${job.output} is also a source. Choose another output.` });
  if (!existsSync(folder)) noFolder(folder);
  checkWritable(folder);
  const there = statSync(job.output, { throwIfNoEntry: false });
  // A device or a pipe would be replaced by the trace, a folder cannot be.
  if (there !== undefined && !there.isFile())
    throw new SessionError({ code: 'usage', message: `${job.output} is not a file. Choose another output.` });
  if (there !== undefined && !job.overwrite)
    throw new SessionError({
      code: 'usage',
      message: `${job.output} exists already. Choose another name or allow overwriting.`,
    });
  checkRoom(files, folder);
}

export function noFolder(folder: string): never {
  throw new SessionError({ code: 'usage', message: `${folder}: there is no such folder` });
}

/** @throws SessionError for a folder in which no trace can be made */
export function checkWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const failure = fileFailure(cause) ?? { code: 'bad-input', message: `${folder}: permission denied` };
    throw new SessionError({ ...failure, message: `${failure.message}. Choose another folder for the trace.` });
  }
}

/** A trace takes less than half of its source's text, and compressed sources are about a twentieth of theirs. */
export function roomFor(files: readonly string[], folder: string): { readonly needed: number; readonly free: number } {
  const bytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  const isPacked = files.some((file) => /\.(xz|gz|zst)$/i.test(file));
  const { bavail, bsize } = statfsSync(folder);
  return { needed: bytes * (isPacked ? 10 : 1) + SPARE_BYTES, free: bavail * bsize };
}

/** @throws SessionError where the disk is too full for the trace */
export function checkRoom(files: readonly string[], folder: string): void {
  const { needed, free } = roomFor(files, folder);
  if (free >= needed) return;
  const mega = (n: number): string => `${Math.ceil(n / 1e6)} MB`;
  throw new SessionError({
    code: 'bad-input',
    message: `${folder}: the trace may need ${mega(needed)} and ${mega(free)} are free. Make room or choose another folder.`,
  });
}

/** Looks now and then whether the disk fills up while a trace grows; `low` stops the reading while there is room to finish. */
export class RoomWatch {
  readonly #folder: string;
  readonly #full = new AbortController();
  readonly low = this.#full.signal;
  #looked = performance.now();

  constructor(folder: string) {
    this.#folder = folder;
  }

  look(): void {
    const now = performance.now();
    if (now - this.#looked < LOOK_EVERY_MS) return;
    this.#looked = now;
    const { bavail, bsize } = statfsSync(this.#folder);
    if (bavail * bsize < SPARE_BYTES / 2) this.#full.abort();
  }

  explain(source: SourceInfo): SourceInfo {
    return { ...source, facts: { ...source.facts, 'ends early': `the disk of ${this.#folder} was nearly full` } };
  }
}

/** Runs the import; the result is the path of the trace, or null when a stop left nothing to keep. */
export async function runImport(job: ImportJob, { signal, stop, advance }: TaskControl): Promise<string | null> {
  const [file] = job.files;
  if (file === undefined) throw new SessionError({ code: 'usage', message: 'no file to import' });
  advance({ phase: 'Detect' });
  const room = new RoomWatch(dirname(job.output));
  const options = {
    signal,
    stop: AbortSignal.any([stop, room.low]),
    ...(job.format === undefined ? {} : { format: job.format }),
    ...(job.keepPartial === undefined ? {} : { keepPartial: job.keepPartial }),
    ...(job.vcpus === undefined ? {} : { vcpus: job.vcpus }),
    ...(job.machine === undefined ? {} : { machine: job.machine }),
    onProgress: ({ bytes, total, events }: Progress) => {
      room.look();
      advance({ phase: 'Read and decode', doneBytes: bytes, totalBytes: total ?? 0, events });
    },
  };
  const guests = job.files.map((_, index) => job.guests?.includes(index) === true);
  const offsets = job.offsets?.map((offset) => offset ?? undefined);
  const partial = partialOf(job.output);
  let writer: TraceWriter | undefined;
  let opened: OpenedImport | undefined;
  try {
    // Before anything is written: a file that cannot be imported leaves no trace behind.
    if (job.files.length === 1 && offsets === undefined)
      opened = await openImport(file === '-' ? (job.stdin ?? file) : file, { ...options, guest: guests[0] === true });
    const kind = opened?.format.kind ?? (await kindOfFirst(job));
    writer = new TraceWriter(partial, {
      overwrite: true,
      tool: job.tool,
      assembles: 'writer',
      ...(kind === undefined ? {} : { source: { kind, files: namesOf(job), facts: {} } }),
    });
    const { summary, events } =
      opened === undefined
        ? await importSeveral(job.files, writer, { ...options, guests, ...(offsets === undefined ? {} : { offsets }) })
        : await opened.read(writer);
    advance({ phase: 'Index', events });
    writer.finish(room.low.aborted ? { ...summary, source: room.explain(summary.source) } : summary);
  } catch (error) {
    if (!isGivenUp(error, signal, stop)) throw afterFailure(error, writer);
    writer?.abort();
    return null;
  } finally {
    await opened?.close();
  }
  publish(partial, job.output);
  return job.output;
}

/** The kind of the first of several files, each of which is looked at. @throws ImportError */
async function kindOfFirst({ files, format }: ImportJob): Promise<SourceInfo['kind'] | undefined> {
  const formats: string[] = [];
  for (const file of files) formats.push(format ?? (await inspect(file)).format);
  return FORMATS.find(({ id }) => id === formats[0])?.kind;
}

/** As the trace will name them. */
function namesOf({ files, stdin }: ImportJob): string[] {
  const piped = stdin === undefined || typeof stdin === 'string' ? '-' : stdin.name;
  return files.map((file) => (file === '-' ? piped : basename(file)));
}
