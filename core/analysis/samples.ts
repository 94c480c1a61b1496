/**
 * A distribution of durations in bounded memory.
 *
 * Kept: below `EXACT_LIMIT` samples every duration with the position where it began; from then on logarithmic
 * buckets, 64 to an octave, so that a percentile read from them is off by less than 0.8 %. Count, minimum, maximum and
 * the position of the maximum are exact always.
 * Invariant: durations are integers from 0 to 2^53 − 1.
 * Cost: add O(1) amortised; memory at most 8 bytes × EXACT_LIMIT, then 8 bytes a touched bucket (3,000 at most).
 */
export const EXACT_LIMIT = 100_000;

const PER_OCTAVE = 64;

export interface Distribution {
  readonly count: number;
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
  /** Position where the longest one began; the first of several equal ones. */
  readonly maxSeq: number;
  /** Percentiles come from buckets. */
  readonly approximate: boolean;
}

/** The bucket of a duration: exact below 64, then 64 buckets to each power of two. */
export function bucketOf(duration: number): number {
  if (duration < PER_OCTAVE) return duration;
  const octave = Math.floor(Math.log2(duration));
  // log2 rounds up just below large powers of two; the shift must match the true octave.
  const exponent = 2 ** octave > duration ? octave - 1 : octave;
  const within = Math.floor((duration / 2 ** exponent - 1) * PER_OCTAVE);
  return PER_OCTAVE + (exponent - 6) * PER_OCTAVE + within;
}

/** The middle of a bucket, an integer: what a percentile that falls into it is reported as. */
export function bucketMiddle(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket;
  const exponent = Math.floor((bucket - PER_OCTAVE) / PER_OCTAVE) + 6;
  const within = (bucket - PER_OCTAVE) % PER_OCTAVE;
  return Math.floor(2 ** exponent * (1 + (within + 0.5) / PER_OCTAVE));
}

export class Samples {
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = -1;
  #maxSeq = -1;
  #exact: Float64Array | undefined = new Float64Array(64);
  readonly #buckets = new Map<number, number>();

  /** Exact durations held now; 0 once in buckets. */
  get held(): number {
    return this.#exact === undefined ? 0 : this.#count;
  }

  add(duration: number, seq: number): void {
    if (duration < this.#min) this.#min = duration;
    if (duration > this.#max) {
      this.#max = duration;
      this.#maxSeq = seq;
    }
    if (this.#exact !== undefined && this.#count + 1 >= EXACT_LIMIT) this.coarsen();
    if (this.#exact === undefined) this.#intoBucket(duration);
    else {
      if (this.#count === this.#exact.length) {
        const larger = new Float64Array(Math.min(EXACT_LIMIT, this.#count * 2));
        larger.set(this.#exact);
        this.#exact = larger;
      }
      this.#exact[this.#count] = duration;
    }
    this.#count += 1;
  }

  /** Gives up the exact durations for buckets. */
  coarsen(): void {
    const exact = this.#exact;
    if (exact === undefined) return;
    this.#exact = undefined;
    for (const duration of exact.subarray(0, this.#count)) this.#intoBucket(duration);
  }

  /** Undefined without samples. */
  distribution(): Distribution | undefined {
    if (this.#count === 0) return undefined;
    const at = this.#exact === undefined ? this.#fromBuckets() : this.#fromExact(this.#exact);
    return {
      count: this.#count,
      minNs: this.#min,
      p50Ns: at(50),
      p90Ns: at(90),
      p99Ns: at(99),
      maxNs: this.#max,
      maxSeq: this.#maxSeq,
      approximate: this.#exact === undefined,
    };
  }

  /** Nearest rank: the smallest sample that at least `percent` % of the samples do not exceed. */
  #fromExact(exact: Float64Array): (percent: number) => number {
    const sorted = exact.slice(0, this.#count).sort();
    return (percent) => sorted[Math.ceil((percent / 100) * this.#count) - 1] ?? this.#max;
  }

  #fromBuckets(): (percent: number) => number {
    const ascending = [...this.#buckets].sort(([a], [b]) => a - b);
    return (percent) => {
      let left = Math.ceil((percent / 100) * this.#count);
      for (const [bucket, count] of ascending) {
        left -= count;
        if (left <= 0) return Math.min(this.#max, Math.max(this.#min, bucketMiddle(bucket)));
      }
      return this.#max;
    };
  }

  #intoBucket(duration: number): void {
    const bucket = bucketOf(duration);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }
}
