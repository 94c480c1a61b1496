/**
 * The lanes of an open trace, kept up to date while it grows. Lanes are described once; the list is put in order again
 * only when lanes were added or interrupts became busy. Cost of asking again: nothing while the trace stands still, two
 * small queries when it grew.
 */
import { isLineAlone } from '../trace/interrupts.ts';
import { type TraceReader } from '../trace/reader.ts';
import { type GicModel } from '../trace/sink.ts';
import { type Lane } from './contract.ts';
import { BusyInterrupts } from './lanes-busy.ts';
import { compareLanes } from './lane-columns.ts';
import { describeLane, type NamedLane } from './lanes.ts';

export class TraceLanes {
  readonly #reader: TraceReader;
  readonly #gic: GicModel;
  readonly #busy: BusyInterrupts;
  readonly #described = new Map<string, NamedLane>();
  #ordered: ReadonlyMap<string, NamedLane> = new Map();
  #at = -1;
  #seen = 0;
  #busyThen = -1;

  constructor(reader: TraceReader, gic: GicModel) {
    this.#reader = reader;
    this.#gic = gic;
    this.#busy = new BusyInterrupts(reader);
  }

  /** In the order in which the window draws them. */
  list(): Lane[] {
    return [...this.byId().values()].map(({ lane }) => lane);
  }

  byId(): ReadonlyMap<string, NamedLane> {
    const { count, lanes } = this.#reader;
    if (count === this.#at && lanes.length === this.#seen) return this.#ordered;
    this.#at = count;
    this.#busy.refresh();
    if (lanes.length === this.#seen && this.#busy.size === this.#busyThen) return this.#ordered;
    for (const stored of lanes.slice(this.#seen)) {
      const lane = describeLane(this.#reader, stored, this.#gic);
      if (lane !== undefined && !this.#described.has(lane.id)) this.#described.set(lane.id, { stored, lane });
    }
    this.#seen = lanes.length;
    this.#busyThen = this.#busy.size;
    this.#ordered = new Map(
      [...this.#described.values()]
        .map((named) => this.#judged(named))
        .sort((a, b) => compareLanes(a.lane, b.lane))
        .map((named) => [named.lane.id, named]),
    );
    return this.#ordered;
  }

  #judged({ stored, lane }: NamedLane): NamedLane {
    if (stored.kind !== 'interrupt') return { stored, lane };
    const fields = this.#reader.interruptIndex.fieldsOf(stored.subject);
    const lineAlone = fields !== undefined && isLineAlone(fields);
    return { stored, lane: { ...lane, quiet: !this.#busy.has(stored.subject), lineAlone } };
  }
}
