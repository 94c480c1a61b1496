/**
 * The one entry: a file or stream into a sink.
 *
 * Memory is flat: a piece of the file, its lines, a window of a few thousand lines; the rest is the sink's. The caller
 * finishes the sink with the summary, or discards it when this rejects. Cost: linear in lines.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TraceSink, type TraceSummary } from '../trace/sink.ts';
import { ImportError } from './errors.ts';
import { type Format, type ReadSummary } from './format.ts';
import { Meter } from './meter.ts';
import { type ImportInput, type ImportOptions, type ImportResult } from './options.ts';
import { detect, formatById } from './registry.ts';
import { openSource, type Source } from './source/source.ts';

export { ImportError, type ImportErrorCode } from './errors.ts';
export { type ImportInput, type ImportOptions, type ImportResult, type Progress } from './options.ts';
export { FORMATS } from './registry.ts';

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
    const path = typeof input === 'string' && source.bytes.total !== undefined ? input : undefined;
    return await run(format, source, source.wrappers.length === 0 ? path : undefined, sink, options);
  } finally {
    await source.close();
  }
}

async function run(
  format: Format,
  source: Source,
  path: string | undefined,
  sink: TraceSink,
  options: ImportOptions,
): Promise<ImportResult> {
  const meter = new Meter(source.bytes, options);
  const content = new Content(source, options);
  let read: ReadSummary;
  try {
    read = await format.read({ name: source.bytes.name, chunks: content.chunks, path }, sink, {
      vcpus: options.vcpus,
      keepPartial: options.keepPartial === true,
      isStopped: () => options.stop?.aborted === true,
      advance: (lines, events, bytes) => meter.advance(lines, events, bytes),
    });
  } catch (thrown) {
    throw thrown instanceof ImportError && meter.lines > 0 ? reaching(thrown, meter.lines) : thrown;
  }
  if (read.events === 0) throw nothingReadable(format, source, read);
  meter.finish();
  const cut = content.cut ?? read.cut;
  const summary = summarise(format, source, read, cut);
  return { summary, format: format.id, events: read.events, ...(cut === undefined ? {} : { cut }) };
}

function summarise(format: Format, source: Source, read: ReadSummary, cut: string | undefined): TraceSummary {
  const wrapped = source.wrappers.length === 0 ? {} : { compression: source.wrappers.join(' in ') };
  const ends = cut === undefined ? {} : { 'ends early': cut };
  return {
    source: { kind: format.kind, files: [source.bytes.name], facts: { ...read.facts, ...wrapped, ...ends } },
    gic: read.gic,
    vcpus: read.vcpus,
    ...(read.lines === undefined ? {} : { lines: read.lines }),
  };
}

/** The content as the format reads it: with `keepPartial`, a failure of the source is its end; so is a stop. */
class Content {
  /** Why it ended early. */
  cut: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;

  constructor(source: Source, options: ImportOptions) {
    this.chunks = this.#read(source, options);
  }

  async *#read(source: Source, { keepPartial, stop }: ImportOptions): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source.chunks) {
        if (stop?.aborted === true) {
          this.cut = 'the import was stopped';
          return;
        }
        yield chunk;
        // Pieces that are ready at once would leave no turn for timers, messages and the signal.
        await nextTurn();
      }
    } catch (thrown) {
      if (keepPartial !== true || !(thrown instanceof ImportError)) throw thrown;
      this.cut = thrown.message;
    }
  }
}

/** Adds how far the lines could be read. */
function reaching(error: ImportError, lines: number): ImportError {
  return new ImportError({
    code: error.code,
    file: error.file,
    problem: `${error.problem} It could be read up to line ${lines}.`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.at === undefined ? {} : { at: error.at }),
    cause: error,
  });
}

function nothingReadable(format: Format, source: Source, { lines }: ReadSummary): ImportError {
  const reasons = Object.entries(lines?.reasons ?? {})
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([reason, count]) => `${count}: ${reason}`);
  return new ImportError({
    code: 'nothing-readable',
    file: source.bytes.given,
    problem: `not one of ${lines?.read ?? 0} lines could be read as a line of a ${format.title} (${reasons.join('; ')}).`,
    hint: 'Is it another kind of file?',
    at: { line: 1 },
  });
}
