/**
 * The one entry: a file or stream into a sink.
 *
 * Memory is flat: a piece of the file, its lines, a window of a few thousand lines; the rest is the sink's. The caller
 * finishes the sink with the summary, or discards it when this rejects. Cost: linear in lines.
 */
import { type TraceSink } from '../trace/sink.ts';
import { type ImportInput, type ImportOptions, type ImportResult } from './options.ts';
import { readSource } from './read-source.ts';
import { checkGuest, detect, formatById } from './registry.ts';
import { openSource } from './source/source.ts';

export { ImportError } from './errors.ts';
export { type ImportInput, type ImportOptions, type ImportResult, type Progress } from './options.ts';
export { openFollowed } from './follow.ts';
export { FORMATS } from './registry.ts';
export { packed, planImport } from './plan.ts';

/** What a file is, without importing it: the "dry run". */
export interface Inspection {
  readonly format: string;
  readonly title: string;
  readonly because: string;
  /** Compression around it, outermost first. */
  readonly wrappers: readonly string[];
}

/** @throws ImportError when it cannot be imported; the message says why and what to do */
export async function inspect(input: ImportInput): Promise<Inspection> {
  const source = await openSource(input);
  try {
    const { format, because } = detect(source.head, source.bytes.given);
    return { format: format.id, title: format.title, because, wrappers: source.wrappers };
  } finally {
    await source.close();
  }
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
  options.signal?.throwIfAborted();
  const source = await openSource(input);
  try {
    const format =
      options.format === undefined
        ? detect(source.head, source.bytes.given).format
        : formatById(options.format, source.bytes.given);
    checkGuest(format, source.bytes.given, options.guest);
    const path = typeof input === 'string' && source.bytes.total !== undefined ? input : undefined;
    return await readSource(format, source, source.wrappers.length === 0 ? path : undefined, sink, options);
  } finally {
    await source.close();
  }
}
