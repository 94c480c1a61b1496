/** What a caller gives to an import, and what it gets while and after it runs. */
import { type Readable } from 'node:stream';
import { type Machine } from './machine/machine.ts';
import { type TraceSummary } from '../trace/sink.ts';

/** A file by path, or a stream (standard input, a socket) with a name for messages. */
export type ImportInput = string | { readonly name: string; readonly stream: Readable };

export interface Progress {
  /** Bytes read of the source, as stored (compressed). */
  readonly bytes: number;
  /** Bytes to read in all; absent where the source does not say (standard input). */
  readonly total?: number;
  readonly lines: number;
  readonly events: number;
  /** Since the start of the import. */
  readonly eventsPerSecond: number;
}

export interface ImportOptions {
  /** Cancels; the import then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Ends the reading where it is: what was read is imported as if the source ended there; `cut` says so. */
  readonly stop?: AbortSignal;
  /** Called at most ten times a second, and once at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Id of a format, instead of detection. */
  readonly format?: string;
  /** Number of vCPUs, where the source does not say and the user knows. */
  readonly vcpus?: number;
  /** It was recorded inside the guest: its CPUs are the vCPUs. */
  readonly guest?: boolean;
  /** Where the register frames of the recorded machine are, where the user knows (a recording of a KVM host does not say). */
  readonly machine?: Machine;
  /**
   * Keep what could be read of a source that is cut short or damaged, instead of failing; the result's `cut` and the
   * summary's facts then say where it ends.
   */
  readonly keepPartial?: boolean;
  /** Given, once, a function that says what is known so far: for traces that are looked at while they grow. */
  readonly known?: (now: () => TraceSummary) => void;
}

export interface ImportResult {
  readonly summary: TraceSummary;
  readonly format: string;
  readonly events: number;
  /** With `keepPartial` or `stop`: why the source ended early. */
  readonly cut?: string;
}
