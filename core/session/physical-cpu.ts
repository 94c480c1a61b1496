/**
 * On which physical CPU a vCPU is at a position. An emulated VM's own slots say it; a recorded KVM host says it at each
 * guest entry, and what holds is the last one. Kept per vCPU: the stretch of positions that the last answer covers, so
 * that stepping about between two entries searches nothing. Cost else: a search back to the entry, by postings; none in a
 * trace without entries.
 */
import { type StateVector } from '../state/state-vector.ts';
import { loadedOn } from './loaded-on.ts';
import { type OpenTrace } from './open-trace.ts';

interface Stretch {
  /** Position of the entry, -1 for none before `to`. */
  readonly from: number;
  /** Last position asked about. */
  readonly to: number;
  readonly pcpu: number | undefined;
}

export class PhysicalCpus {
  readonly #trace: Pick<OpenTrace, 'layout' | 'search' | 'reader'>;
  readonly #known = new Map<number, Stretch>();
  /** Of the event types looked at so far, which only grow, whether one is a guest entry. */
  #hasEntries = false;
  #typesSeen = 0;

  constructor(trace: Pick<OpenTrace, 'layout' | 'search' | 'reader'>) {
    this.#trace = trace;
  }

  /**
   * The physical CPU of a vCPU after event `at`; undefined while it is on none, before its first entry, and where the
   * trace says nothing of it.
   * @param state the state after `at`; not looked at after the call returns its promise
   */
  of(vcpu: number, at: number, state: StateVector): Promise<number | undefined> {
    const { layout } = this.#trace;
    if (layout.find('pcpu0.loadedVcpu') !== undefined) return Promise.resolve(loadedOn(layout, vcpu, state));
    return this.#isHost() ? this.#lastEntered(vcpu, at) : Promise.resolve(undefined);
  }

  #isHost(): boolean {
    const { types } = this.#trace.reader;
    for (; !this.#hasEntries && this.#typesSeen < types.size; this.#typesSeen++)
      this.#hasEntries = types.type(this.#typesSeen).kind === 'vcpu.entry';
    return this.#hasEntries;
  }

  async #lastEntered(vcpu: number, at: number): Promise<number | undefined> {
    const known = this.#known.get(vcpu);
    if (known !== undefined && known.from <= at && at <= known.to) return known.pcpu;
    const { search, reader } = this.#trace;
    const condition = `kind == vcpu.entry and vcpu == ${vcpu}`;
    const [entry] = await search.matches(condition, at, 1, 'backward', new AbortController().signal);
    const event = entry === undefined ? undefined : reader.event(entry);
    const pcpu = event?.kind === 'vcpu.entry' ? event.pcpu : undefined;
    this.#known.set(vcpu, { from: entry ?? -1, to: at, pcpu });
    return pcpu;
  }
}
