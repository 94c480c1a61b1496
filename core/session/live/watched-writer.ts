/** A trace writer that shows each event, as soon as it is in, to somebody who may stop the machine there. */
import { type LiveEvent } from '../../debug/live.ts';
import { type Seq } from '../../state/brand.ts';
import { type Leg } from '../../trace/life.ts';
import { TraceWriter } from '../../trace/writer.ts';
import { type WriterOptions } from '../../trace/writer-options.ts';

/** The event that is shown; one object serves all. */
type Shown = { -readonly [K in keyof LiveEvent]: LiveEvent[K] };

export class WatchedWriter extends TraceWriter {
  /** Told of each event after it was appended. Its changes are only valid during the call. */
  watcher: ((event: LiveEvent) => void) | undefined;
  readonly #shown: Shown;

  constructor(path: string, options: WriterOptions) {
    super(path, options);
    const { journal } = this;
    this.#shown = {
      seq: -1,
      time: 0,
      type: 0,
      vcpu: -1,
      small: 0,
      name: 0,
      flags: 0,
      valueLo: 0,
      valueHi: 0,
      argLo: 0,
      argHi: 0,
      changes: journal,
      state: journal.state,
      latency: (from: Leg | undefined, to: Leg) => this.latency(this.#shown.seq, from, to),
    };
  }

  override appendPacked(...packed: Parameters<TraceWriter['appendPacked']>): Seq {
    const { journal, watcher } = this;
    // Appending hands the changes over; they stay in the journal's memory until the next one is made.
    const { count, slot, beforeLo, beforeHi, afterLo, afterHi, known } = journal;
    const seq = super.appendPacked(...packed);
    if (watcher === undefined) return seq;
    const [type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi, , , json] = packed;
    const shown = this.#shown;
    shown.seq = seq;
    shown.time = this.lastTime;
    shown.type = type;
    shown.vcpu = vcpu;
    shown.small = small;
    shown.name = name;
    shown.flags = flags;
    shown.valueLo = valueLo;
    shown.valueHi = valueHi;
    shown.argLo = argLo;
    shown.argHi = argHi;
    shown.changes = { count, slot, beforeLo, beforeHi, afterLo, afterHi, known };
    shown.state = journal.state;
    if (json === undefined) delete shown.detail;
    else shown.detail = json;
    watcher(shown);
    return seq;
  }
}
