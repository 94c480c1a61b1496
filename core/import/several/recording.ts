/** One of several recordings: a file, or the files of one emulator; opened, read, and read again for its interrupts. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TraceSink } from '../../trace/sink.ts';
import { ImportError } from '../errors.ts';
import { type Format, type ReadContext, type ReadSummary, STOPPED } from '../format.ts';
import { type ImportInput, type ImportOptions } from '../options.ts';
import { checkGuest, detect, formatById } from '../registry.ts';
import { openSource, type Source } from '../source/source.ts';
import { MergedLines } from './merge-lines.ts';
import { tellingNames } from './names.ts';
import { checkStamps, type Member, setsOf } from './sets.ts';
import { openUnpacked, type Unpacked } from './unpacked.ts';

type Hooks = Required<Pick<ReadContext, 'origin' | 'pace'>> & { readonly advance: () => void };

/** Files beyond this are no set of one recording. */
const MOST_FILES = 1024;

/** What the user says of the inputs, each by its place among them. */
export interface PerInput {
  /** Nanoseconds to add to its times; undefined: find out. */
  readonly offsets?: readonly (number | undefined)[];
  /** It was recorded inside the guest. */
  readonly guests?: readonly boolean[];
}

type Part = Unpacked & Member;

export class Recording {
  readonly format: Format;
  readonly offset: number | undefined;
  readonly #parts: readonly Part[];
  readonly #options: ImportOptions;
  /** Why it ended early. */
  cut: string | undefined;
  lines = 0;
  events = 0;
  #ownBytes = 0;

  constructor(parts: readonly [Part, ...Part[]], options: ImportOptions) {
    this.#parts = parts;
    this.#options = options;
    this.format = parts[0].format;
    this.offset = parts[0].offset;
    this.cut = parts.map(({ cut }) => cut).find((why) => why !== undefined);
  }

  /** For people, and in events. */
  get name(): string {
    const [first] = this.files;
    return this.files.length === 1 ? (first ?? '') : `${first ?? ''} and ${this.files.length - 1} more`;
  }

  get files(): readonly string[] {
    return this.#parts.map(({ name }) => name);
  }

  get wrappers(): readonly string[] {
    return this.#parts[0]?.wrappers ?? [];
  }

  get bytes(): number {
    const read = this.#parts.reduce((sum, { source }) => sum + source.bytes.bytesRead, 0);
    return Math.max(read, Math.min(this.#ownBytes, this.total ?? 0));
  }

  get total(): number | undefined {
    let sum = 0;
    for (const { source } of this.#parts) {
      if (source.bytes.total === undefined) return undefined;
      sum += source.bytes.total;
    }
    return sum;
  }

  /** Regular files can be read twice. */
  get canReread(): boolean {
    return this.total !== undefined;
  }

  /** @throws ImportError when nothing of it is an event */
  async read(sink: TraceSink, hooks: Hooks): Promise<ReadSummary> {
    const summary = await this.#read(this.#parts, sink, this.#options, hooks);
    if (summary.events === 0)
      throw new ImportError({
        code: 'nothing-readable',
        file: this.name,
        problem: `not one event of a ${this.format.title} could be read.`,
        hint: 'Is it another kind of file?',
        at: { line: 1 },
      });
    this.cut ??= this.#named(summary.cut);
    return summary;
  }

  /** Reads it anew, into another sink; damage is met when it is read in earnest. */
  async reread(sink: TraceSink, options: ImportOptions): Promise<void> {
    const parts = await Promise.all(
      this.#parts.map(async (part) => ({ ...part, source: await openSource(part.input) })),
    );
    try {
      const hooks = { origin: () => {}, pace: async () => {}, advance: () => options.signal?.throwIfAborted() };
      await this.#read(parts, sink, { ...this.#options, ...options, keepPartial: true }, hooks);
      this.lines = 0;
      this.events = 0;
    } catch (thrown) {
      if (!(thrown instanceof ImportError)) throw thrown;
    } finally {
      await Promise.all(parts.map(({ source }) => source.close()));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()));
  }

  #read(parts: readonly Part[], sink: TraceSink, options: ImportOptions, hooks: Hooks): Promise<ReadSummary> {
    const chunks = parts.map(({ source }) => this.#chunks(source, options));
    const { lineTime } = this.format;
    const [only] = chunks;
    const merged =
      chunks.length === 1 || lineTime === undefined ? undefined : new MergedLines(this.files, chunks, lineTime);
    const [first] = parts;
    const isPlain = first !== undefined && first.source.wrappers.length === 0 && first.source.bytes.total !== undefined;
    return this.format.read(
      {
        name: this.name,
        head: first?.source.head ?? new Uint8Array(),
        flows: this.total === undefined,
        chunks: merged?.chunks ?? only ?? empty(),
        ...(merged === undefined ? {} : { parts: merged }),
        path: isPlain && typeof first.input === 'string' ? first.input : undefined,
      },
      sink,
      {
        vcpus: options.vcpus,
        isGuest: first?.isGuest === true,
        ...(options.machine === undefined ? {} : { machine: options.machine }),
        keepPartial: options.keepPartial === true,
        isStopped: () => options.stop?.aborted === true,
        advance: (lines, events, bytes) => {
          this.lines = lines;
          this.events = events;
          this.#ownBytes = bytes ?? 0;
          hooks.advance();
        },
        origin: hooks.origin,
        pace: hooks.pace,
      },
    );
  }

  /** A format need not say which file ended early. */
  #named(cut: string | undefined): string | undefined {
    const isNamed = cut === undefined || cut === STOPPED || cut.startsWith(`${this.name}: `);
    return isNamed ? cut : `${this.name}: ${cut}`;
  }

  async *#chunks(source: Source, { keepPartial, stop }: ImportOptions): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source.chunks) {
        if (stop?.aborted === true) {
          this.cut ??= stop === this.#options.stop ? STOPPED : undefined;
          return;
        }
        yield chunk;
        await nextTurn();
      }
    } catch (thrown) {
      if (keepPartial !== true || !(thrown instanceof ImportError)) throw thrown;
      this.cut = thrown.finding;
    }
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {}

/** Opens the inputs, each in its recording (`setsOf`). */
export async function groupInputs(
  inputs: readonly ImportInput[],
  options: ImportOptions & PerInput,
): Promise<Recording[]> {
  if (inputs.length > MOST_FILES)
    throw new ImportError({
      code: 'unsupported',
      file: String(inputs.length),
      problem: `${inputs.length} files at once; at most ${MOST_FILES} can be merged.`,
    });
  const all: Unpacked[] = [];
  const parts: Part[] = [];
  const paths = inputs.map((input) => (typeof input === 'string' ? input : input.name));
  const names = tellingNames(paths);
  try {
    for (const [i, input] of inputs.entries()) {
      const opened = await openUnpacked(input, options);
      all.push(opened);
      const isGuest = options.guests?.[i] === true;
      const format = formatOf(opened, options.format);
      checkGuest(format, opened.name, isGuest);
      const [name = opened.name, given = opened.name] = [names[i], paths[i]];
      parts.push({ ...opened, name, given, offset: options.offsets?.[i], isGuest, format });
    }
    checkStamps(parts);
  } catch (thrown) {
    await Promise.all(all.map((opened) => opened.close()));
    throw thrown;
  }
  return setsOf(parts).map((set) => new Recording(set, options));
}

function formatOf({ source, name }: Unpacked, id: string | undefined): Format {
  return id === undefined ? detect(source.head, name).format : formatById(id, name);
}
