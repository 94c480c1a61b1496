/** What a table or waveform format is, and what it reads of a trace. */
import { type ExportEvent } from '../event.ts';

type Awaitable<T> = T | Promise<T>;

/** What the formats read of a trace. */
export interface ListSource {
  /** Up to `count` events at or after `from` that pass the filter (empty: all), ascending. */
  events(from: number, count: number, filter: string): Awaitable<readonly ExportEvent[]>;
  /** Slots by number, in the order of `changes`. */
  readonly slots: readonly { readonly path: string; readonly width: number }[];
  /** The value of a slot after event `at` (−1: before the first), undefined when unknown; read before the next call. */
  stateAt(at: number): (slot: number) => bigint | undefined;
  /** The changes an event made. */
  changesOf(seq: number): readonly { readonly slot: number; readonly after: bigint | undefined }[];
  /** Time of an event in ns. */
  timeOf(seq: number): number;
}

export interface ListRequest {
  /** First position wanted, and last; both exist. */
  readonly from: number;
  readonly to: number;
  /** Condition, empty for all events. */
  readonly filter: string;
  /** With what stands before the first record. */
  readonly header: boolean;
}
export interface ListPart {
  readonly text: string;
  /** Events written, or state changes for waveforms. */
  readonly records: number;
  /** Where the next part begins; null: this was the last. */
  readonly next: number | null;
}

export interface ListFormat {
  /** One line for people. */
  readonly title: string;
  readonly mediaType: string;
  part(source: ListSource, request: ListRequest): Promise<ListPart>;
}
