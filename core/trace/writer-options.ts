/** What a trace is written with. */
import { type Journal } from '../state/journal.ts';
import { type SourceInfo, type TraceSummary } from './sink.ts';

export interface WriterOptions {
  /** The machine's journal; an importer that has none gets a fresh one with an empty layout. */
  readonly journal?: Journal;
  /** Known before the end, so that a trace cut short still says where it came from. */
  readonly source?: SourceInfo;
  /** What is known of it before the end; `finish` replaces it. */
  readonly summary?: TraceSummary;
  /** Stored as it is: the gicscope version that writes. */
  readonly tool?: string;
  /** Configuration of an emulated session, as JSON text. */
  readonly config?: string;
  /** Replace an existing trace at this path. Anything that is not a trace is never replaced. */
  readonly overwrite?: boolean;
  /** False: everything is written by the calling thread, however long the trace. */
  readonly thread?: boolean;
  /**
   * Which thread makes blocks, rows and lives of the events of a long trace: the one that calls (absent), as `latency`
   * needs it; the one that writes, which suits a source that takes longer for an event than the file does; one between
   * both, which suits events that each change much; or either of these two, as the first events are.
   */
  readonly assembles?: 'caller' | 'writer' | 'between' | 'either';
}
