/** What a format is to the registry: how it is told by its content, and how it is read. */
import { type Machine } from './machine/machine.ts';
import { type GicModel, type LineCounts, type SourceInfo, type TraceSink } from '../trace/sink.ts';

export interface Verdict {
  /** 0 … 1; from 0.5 on the format may be taken without asking. */
  readonly confidence: number;
  /** One clause for people. */
  readonly because: string;
}

/** Lines of events that no other text has by accident. */
const ENOUGH_EVENTS = 8;

/** How sure a number of events makes, whatever the text between them: a console may be most of a log. */
export function sure(events: number): number {
  return events >= ENOUGH_EVENTS ? 0.35 : 0;
}

/** Files whose lines are merged into one content. */
export interface Parts {
  readonly names: readonly string[];
  /** Index of the file that a line (1-based) is from; to be asked before the next piece is taken. */
  fileOf(line: number): number;
}

export interface Content {
  /** File name without folders. */
  readonly name: string;
  /** Decompressed; can be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Says that nothing of a piece will be looked at again, so that its memory may serve for a later one. */
  readonly release?: (piece: Uint8Array) => void;
  /** Where the same bytes are a regular file, for formats that jump about in it. Then `chunks` need not be read. */
  readonly path: string | undefined;
  readonly parts?: Parts;
  /** The first 64 KiB. */
  readonly head: Uint8Array;
  /** It comes through a pipe or grows: each piece is to be read as it comes. */
  readonly flows: boolean;
}

export interface ReadContext {
  /** Number of vCPUs that the user states. */
  readonly vcpus: number | undefined;
  /** The user says that it was recorded inside the guest. Only for formats with `insideGuests`. */
  readonly isGuest?: boolean;
  /** What is known of the recorded machine beforehand. */
  readonly machine?: Machine;
  /** Keep what could be read of something damaged. */
  readonly keepPartial: boolean;
  /** The user wants the reading to end here, and keep what was read. For formats that do not read `chunks`. */
  isStopped(): boolean;
  /**
   * Reports how far the reading is; throws the reason when the import was cancelled. `bytes`: read by the format itself.
   */
  advance(lines: number, events: number, bytes?: number): void;
  /** The clock's name, and its value at the recording's time 0, in nanoseconds; told once, before the first `pace`. */
  origin?(clock: string, nanoseconds: bigint): void;
  /** Given, once, a function that says what the format knows so far. For formats that can follow. */
  known?(now: () => ReadSummary): void;
  /** Awaited between pieces where several recordings are merged: this one may be ahead of the others. */
  pace?(): Promise<void>;
}

/** Why content ended early where the user wanted that. */
export const STOPPED = 'the import was stopped';

/** What is known of the content at its end. */
export interface ReadSummary {
  readonly gic: GicModel;
  readonly vcpus: number;
  readonly lines: LineCounts | undefined;
  readonly facts: Readonly<Record<string, string>>;
  readonly events: number;
  /** Why the content ended early, where the format itself found that. */
  readonly cut?: string;
}

/** Reads everything into the sink. When `chunks` throws, what was read before must already be in the sink. */
export type ReadContent = (content: Content, sink: TraceSink, context: ReadContext) => Promise<ReadSummary>;

export interface Format {
  /** What `--format` names. */
  readonly id: string;
  readonly kind: SourceInfo['kind'];
  readonly title: string;
  /** Looks at the first 64 KiB; undefined: certainly not this format. */
  readonly detect: (head: Uint8Array) => Verdict | undefined;
  readonly read: ReadContent;
  /** Each piece is read as it comes, so a source that still grows can be followed. */
  readonly follows?: true;
  /** A kernel records it, which may be a guest's: then its CPUs are the vCPUs. */
  readonly insideGuests?: true;
  /** Formats of text whose lines may be merged with those of other files: a reader of a line's time stamp. */
  readonly lineTime?: () => LineTime;
  /** With `lineTime`: what a file, given under this path, may be part of; undefined: it is a recording of its own. */
  readonly partOf?: (head: Uint8Array, given: string) => Whole | undefined;
}

/** Files of the same `set`, of which no two have the same `part`, are one recording. */
export interface Whole {
  readonly set: string;
  /** Undefined: any number of files are the same part. */
  readonly part?: number;
}

/** Nanoseconds of a line's time stamp; undefined: it has none. */
export type LineTime = (bytes: Uint8Array, start: number, end: number) => bigint | undefined;
