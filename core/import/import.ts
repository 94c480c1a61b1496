/**
 * The one entry: a file or stream into a sink.
 *
 * Memory is flat: a piece of the file, its lines, a window of a few thousand lines; the rest is the sink's. The caller
 * finishes the sink with the summary, or discards it when this rejects. Cost: linear in lines.
 */
import { type TraceSink } from '../trace/sink.ts';
import { type Format } from './format.ts';
import { type ImportInput, type ImportOptions, type ImportResult } from './options.ts';
import { readSource } from './read-source.ts';
import { checkGuest, detect, formatById } from './registry.ts';
import { openSource } from './source/source.ts';

export { ImportError } from './errors.ts';
export { type ImportInput, type ImportOptions, type ImportResult, type Progress } from './options.ts';
export { openFollowed } from './follow.ts';
export { FORMATS } from './registry.ts';
export { packed, planImport } from './plan.ts';

/** What a file is, without importing it. */
export interface Inspection {
  readonly format: string;
  readonly title: string;
  readonly because: string;
  /** Compression around it, outermost first. */
  readonly wrappers: readonly string[];
}

/** @throws ImportError when it cannot be imported; the message says why and what to do */
export async function inspect(path: string): Promise<Inspection> {
  const source = await openSource(path);
  try {
    const { format, because } = detect(source.head, source.bytes.given);
    return { format: format.id, title: format.title, because, wrappers: source.wrappers };
  } finally {
    await source.close();
  }
}

/** An input that was opened and told apart. */
export interface OpenedImport {
  readonly format: Format;
  /** Reads it into a sink. To be called once. @throws ImportError, or the signal's reason when cancelled */
  read(sink: TraceSink): Promise<ImportResult>;
  /** To be called in any case. */
  close(): Promise<void>;
}

/**
 * Opens an input and tells what it is; nothing is copied, so a stream can be imported as it comes.
 * @throws ImportError when it cannot be imported; the message says why and what to do
 */
export async function openImport(input: ImportInput, options: ImportOptions = {}): Promise<OpenedImport> {
  options.signal?.throwIfAborted();
  const letGo = endWhenStopped(input, options);
  const source = await openSource(input).catch((thrown: unknown) => {
    letGo();
    throw thrown;
  });
  const close = async (): Promise<void> => {
    letGo();
    await source.close();
  };
  try {
    const { given, total } = source.bytes;
    const format = options.format === undefined ? detect(source.head, given).format : formatById(options.format, given);
    checkGuest(format, given, options.guest);
    const isPlain = typeof input === 'string' && total !== undefined && source.wrappers.length === 0;
    const path = isPlain ? input : undefined;
    return { format, close, read: (sink) => readSource(format, source, path, sink, options) };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** A stream that is silent when the import is stopped ends there. Gives what undoes that. */
function endWhenStopped(input: ImportInput, { stop, signal }: ImportOptions): () => void {
  if (typeof input === 'string') return () => undefined;
  const end = (): void => void input.stream.destroy();
  const signals = [stop, signal].filter((each) => each !== undefined);
  for (const each of signals) each.addEventListener('abort', end);
  if (signals.some(({ aborted }) => aborted)) end();
  return () => {
    for (const each of signals) each.removeEventListener('abort', end);
    // A read that nobody waits for would keep the process alive.
    end();
  };
}

/**
 * Reads a recording into a sink.
 * @throws ImportError, or the signal's reason when cancelled; nothing is finished then
 */
export async function importTrace(
  input: ImportInput,
  sink: TraceSink,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const opened = await openImport(input, options);
  try {
    return await opened.read(sink);
  } finally {
    await opened.close();
  }
}
