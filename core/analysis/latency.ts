/**
 * How long interrupts wait: from the lives of a trace, the distribution of each leg per interrupt, or per interrupt
 * and vCPU (cli.md `latency`, ui.md §10.5); and how long their lines stayed high, which is all that some sources prove.
 *
 * One pass over the lives, in any order. A leg counts when both of its ends were seen; a life that lacks one
 * (still pending at the end, acknowledged before recording began) adds nothing to it.
 * Memory: flat. Each distribution is bounded (samples.ts), and all exact ones together hold at most `EXACT_TOTAL`
 * durations: above that the fullest go over to buckets.
 */
import { type Intid } from '../gic/intid.ts';
import { type VcpuId } from '../state/brand.ts';
import { type Leg, type Life } from '../trace/life.ts';
import { type LineTime } from '../trace/line-times.ts';
import { type Distribution, EXACT_LIMIT, Samples } from './samples.ts';

/** The measured legs, by their ends. `inject` is the moment the line rose or the VM was told. */
export const LATENCIES = {
  pendingToAck: ['pending', 'acknowledged'],
  injectToAck: ['raised', 'acknowledged'],
  ackToDrop: ['acknowledged', 'dropped'],
  ackToDeactivate: ['acknowledged', 'deactivated'],
  injectToDeactivate: ['raised', 'deactivated'],
} as const satisfies Readonly<Record<string, readonly [Leg, Leg]>>;
/** The line's own leg, from its rise to its fall (line-times.ts): the device had no more to ask for. */
const LINE = 'injectToLower';
export type Latency = keyof typeof LATENCIES | typeof LINE;

type LatencyBy = 'intid' | 'intid,vcpu';

export interface LatencyGroup {
  readonly intid: Intid;
  /** Absent: over all vCPUs, or no vCPU is known. */
  readonly vcpu?: VcpuId;
  /** Only legs with samples. */
  readonly legs: Readonly<Partial<Record<Latency, Distribution>>>;
}

/** Exact durations that all distributions together may hold: 32 MB. */
const EXACT_TOTAL = 4_000_000;

interface Group {
  readonly intid: Intid;
  readonly vcpu: VcpuId | undefined;
  readonly legs: Map<Latency, Samples>;
}

const MEASURED = Object.entries(LATENCIES) as readonly [keyof typeof LATENCIES, readonly [Leg, Leg]][];
const IN_ORDER: readonly Latency[] = [...MEASURED.map(([name]) => name), LINE];

export class LatencyCollector {
  readonly #by: LatencyBy;
  readonly #exactTotal: number;
  readonly #groups = new Map<string, Group>();
  #exactEach = EXACT_LIMIT;
  #held = 0;

  constructor(by: LatencyBy, exactTotal = EXACT_TOTAL) {
    this.#by = by;
    this.#exactTotal = exactTotal;
  }

  add(life: Life): void {
    for (const [name, [from, to]] of MEASURED) {
      const begin = life.moments[from];
      const end = life.moments[to];
      // A life whose later leg lies before its earlier one (a re-raise while active) measures no wait.
      if (begin === undefined || end === undefined || end.time < begin.time) continue;
      this.#sample(this.#group(life), name, end.time - begin.time, begin.seq);
    }
  }

  addLine(line: LineTime): void {
    const { raised, lowered } = line;
    if (lowered.time >= raised.time) this.#sample(this.#group(line), LINE, lowered.time - raised.time, raised.seq);
  }

  /** Ordered by interrupt, then vCPU; those without a vCPU last. */
  groups(): LatencyGroup[] {
    return [...this.#groups.values()]
      .sort((a, b) => a.intid - b.intid || (a.vcpu ?? Infinity) - (b.vcpu ?? Infinity) || 0)
      .map(({ intid, vcpu, legs }) => ({
        intid,
        ...(vcpu === undefined ? {} : { vcpu }),
        legs: Object.fromEntries(
          IN_ORDER.flatMap((name) => {
            const distribution = legs.get(name)?.distribution();
            return distribution === undefined ? [] : [[name, distribution]];
          }),
        ),
      }));
  }

  #group(owner: Pick<Life, 'intid' | 'vcpu'>): Group {
    const vcpu = this.#by === 'intid' ? undefined : owner.vcpu;
    const key = `${owner.intid}/${vcpu ?? ''}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group: Group = { intid: owner.intid, vcpu, legs: new Map() };
    this.#groups.set(key, group);
    return group;
  }

  #sample(group: Group, name: Latency, duration: number, seq: number): void {
    let samples = group.legs.get(name);
    if (samples === undefined) {
      samples = new Samples();
      group.legs.set(name, samples);
    }
    const before = samples.held;
    samples.add(duration, seq);
    if (samples.held > this.#exactEach) samples.coarsen();
    this.#held += samples.held - before;
    while (this.#held > this.#exactTotal) this.#lowerLimit();
  }

  /** Halves what one distribution may hold. At most 17 times, so that the passes over all groups do not add up. */
  #lowerLimit(): void {
    this.#exactEach = Math.floor(this.#exactEach / 2);
    this.#held = 0;
    for (const { legs } of this.#groups.values())
      for (const samples of legs.values()) {
        if (samples.held > this.#exactEach) samples.coarsen();
        this.#held += samples.held;
      }
  }
}
