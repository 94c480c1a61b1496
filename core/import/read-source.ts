/**
 * Opened content to a sink, whatever opened it: progress, stop and cancel, failures that say how far it went, and the
 * summary at the end. Memory is flat: a piece of the content and what its format keeps.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TraceSink, type TraceSummary } from '../trace/sink.ts';
import { ImportError } from './errors.ts';
import { type Content, type Format, type ReadContext, type ReadSummary, STOPPED } from './format.ts';
import { Meter } from './meter.ts';
import { type ImportOptions, type ImportResult } from './options.ts';
import { type Source } from './source/source.ts';

/** Reads opened content with its format. @throws ImportError, or the reason of the signal; nothing is finished then */
export async function readSource(
  format: Format,
  source: Source,
  path: string | undefined,
  sink: TraceSink,
  options: ImportOptions,
): Promise<ImportResult> {
  const meter = new Meter(source.bytes, options);
  const content = new Chunks(source, options);
  let read: ReadSummary;
  try {
    read = await format.read(contentOf(source, content.chunks, path), sink, {
      vcpus: options.vcpus,
      isGuest: options.guest === true,
      ...(options.machine === undefined ? {} : { machine: options.machine }),
      keepPartial: options.keepPartial === true,
      isStopped: () => options.stop?.aborted === true,
      ...(options.known === undefined ? {} : { known: tellKnown(format, source, options.known) }),
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

/** What a format knows so far, as the summary of a trace. */
function tellKnown(
  format: Format,
  source: Source,
  to: NonNullable<ImportOptions['known']>,
): NonNullable<ReadContext['known']> {
  return (now) => to(() => summarise(format, source, now(), undefined));
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

/** `path`: where the same bytes are a regular file. */
function contentOf({ bytes, head }: Source, chunks: AsyncIterable<Uint8Array>, path: string | undefined): Content {
  // A piece that was decompressed, or is part of one, is not the file's, which then keeps its own.
  const release = (piece: Uint8Array): void => bytes.release?.(piece);
  return { name: bytes.name, chunks, release, path, head, flows: bytes.total === undefined };
}

/** The content as the format reads it: with `keepPartial`, a failure of the source is its end; so is a stop. */
class Chunks {
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
          this.cut = STOPPED;
          return;
        }
        yield chunk;
        // Pieces that are ready at once would leave no turn for timers, messages and the signal.
        await nextTurn();
      }
    } catch (thrown) {
      if (!(thrown instanceof ImportError)) throw thrown;
      // A stop ends a pipe in the middle of anything.
      if (stop?.aborted === true) this.cut = STOPPED;
      else if (keepPartial === true) this.cut = thrown.finding;
      else throw thrown;
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
