/** What the lines around the events say of the whole text: headers of the kernel (trace-import-formats §1.1) and of reports. */
import { countText } from '../../state/units.ts';
import { fileOf } from './line-reasons.ts';

const MOST_FILES = 64;

export class TextHeader {
  /** Its parts are those of one buffer; then the header of each counts the events of all CPUs. */
  isOfOneBuffer = false;
  #tracer: string | undefined;
  #overwritten = 0;

  get facts(): Record<string, string> {
    const facts: Record<string, string> = {};
    if (this.#tracer !== undefined) facts['tracer'] = this.#tracer;
    if (this.#overwritten > 0)
      facts['overwritten'] = `${countText(this.#overwritten)} events at the beginning, by the recorder`;
    return facts;
  }

  /** A line that is no event; names of files are added to `files`. */
  take(text: string, files: string[]): void {
    this.#tracer = /^# tracer: (\S{1,64})/.exec(text)?.[1] ?? this.#tracer;
    const file = fileOf(text);
    if (file !== undefined && files.length < MOST_FILES) files.push(file);
    const [, kept, written] = /^# entries-in-buffer\/entries-written: (\d{1,15})\/(\d{1,15})/.exec(text) ?? [];
    if (kept === undefined) return;
    const lost = Number(written) - Number(kept);
    this.#overwritten = this.isOfOneBuffer ? Math.max(this.#overwritten, lost) : this.#overwritten + lost;
  }
}
