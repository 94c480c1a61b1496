/**
 * A source that still grows: told apart as soon as its first lines tell, then read as it comes, until it ends or is
 * stopped. What was read is kept whatever ends it.
 *
 * Only formats whose reader takes in each piece as it comes can be followed (`follows` in the registry); compressed
 * sources cannot, because their last block is not there yet.
 */
import { type TraceSink } from '../trace/sink.ts';
import { ImportError } from './errors.ts';
import { type Format } from './format.ts';
import { isBinary } from './near-misses.ts';
import { type ImportInput, type ImportOptions, type ImportResult } from './options.ts';
import { readSource } from './read-source.ts';
import { checkGuest, detect, formatById, FORMATS } from './registry.ts';
import { openBytes, type ByteSource } from './source/file.ts';
import { openGrowing } from './source/growing.ts';
import { inTime } from './source/in-time.ts';
import { empty, HEAD_BYTES } from './source/source.ts';
import { compressionOf, LONGEST_MAGIC } from './source/wrappers.ts';

const LF = 10;

export interface FollowOptions extends Omit<ImportOptions, 'stop' | 'keepPartial'> {
  /** Ends the following: what was read is the recording. */
  readonly stop: AbortSignal;
  /** Called about every `everyMs`, between pieces, also while nothing comes. What it throws ends the following. */
  readonly tick: () => void;
  readonly everyMs: number;
}

export interface Followed {
  readonly format: Format;
  /** To the end or the stop. To be called once. */
  read(sink: TraceSink): Promise<ImportResult>;
  close(): Promise<void>;
}

/**
 * Opens a source and waits until its first lines tell what it is; undefined: stopped before that.
 * @throws ImportError when it is something that cannot be followed
 */
export async function openFollowed(input: ImportInput, options: FollowOptions): Promise<Followed | undefined> {
  const { stop, tick, everyMs, ...importOptions } = options;
  const bytes = typeof input === 'string' ? await openGrowing(input, stop) : await openBytes(input);
  const close = async (): Promise<void> => {
    // A read that nobody waits for would keep the process alive.
    if (typeof input !== 'string') input.stream.destroy();
    await bytes.close();
  };
  try {
    const chunks = inTime(bytes.chunks, stop, everyMs, tick);
    const taken: Uint8Array[] = [];
    const format = await tellApart(chunks, taken, bytes, options.format);
    if (format === undefined && stop.aborted) {
      await close();
      return undefined;
    }
    const head = Buffer.concat(taken);
    if (head.length === 0) throw empty(bytes, []);
    const found = mustFollow(format ?? detect(head, bytes.given).format, bytes.given);
    checkGuest(found, bytes.given, importOptions.guest);
    const source = { bytes, wrappers: [], head, chunks: joined(taken, chunks), close };
    const read = (sink: TraceSink): Promise<ImportResult> =>
      readSource(found, source, undefined, sink, { ...importOptions, keepPartial: true });
    return { format: found, read, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Reads into `taken` until the format is known; undefined: the source ended before. */
async function tellApart(
  chunks: AsyncGenerator<Uint8Array>,
  taken: Uint8Array[],
  bytes: ByteSource,
  format: string | undefined,
): Promise<Format | undefined> {
  const stated = format === undefined ? undefined : mustFollow(formatById(format, bytes.given), bytes.given);
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    taken.push(next.value);
    const head = Buffer.concat(taken).subarray(0, HEAD_BYTES);
    if (head.length < LONGEST_MAGIC) continue;
    const packed = compressionOf(head);
    if (packed !== undefined) throw cannotFollow(bytes.given, `${packed} data`, 'Decompress it into the pipe');
    const known = stated ?? detectSoFar(head, bytes.given);
    if (known !== undefined) return known;
  }
  return taken.length === 0 ? undefined : stated;
}

/** By whole lines only. @throws ImportError when more would not help */
function detectSoFar(head: Uint8Array, file: string): Format | undefined {
  const isAll = head.length >= HEAD_BYTES || isBinary(head);
  const lines = isAll ? head : head.subarray(0, head.lastIndexOf(LF) + 1);
  if (lines.length === 0) return undefined;
  try {
    return detect(lines, file).format;
  } catch (thrown) {
    if (isAll || !(thrown instanceof ImportError) || thrown.code === 'unsupported') throw thrown;
    return undefined;
  }
}

function mustFollow(format: Format, file: string): Format {
  if (format.follows === true) return format;
  throw cannotFollow(file, `a ${format.title}`, 'Import it when it is complete');
}

function cannotFollow(file: string, what: string, hint: string): ImportError {
  const titles = FORMATS.filter(({ follows }) => follows).map(({ title }) => title);
  return new ImportError({
    code: 'cannot-follow',
    file,
    problem: `this is ${what}, which cannot be followed while it grows.`,
    hint: `${hint}. What can be followed, uncompressed: ${titles.join(', ')}.`,
    at: { byte: 0 },
  });
}

async function* joined(taken: Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk;
  yield* rest;
}
