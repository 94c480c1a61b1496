/** What is known of the emulated machine: how many vCPUs, and whether the log shows it from its start. */
import { NOBODY } from '../trace-line.ts';

/** Slots and lanes exist for this many. */
export const MOST_VCPUS = 512;
/** vCPUs in a cluster. */
const NARROW = 8;
const WIDE = 16;

export class Machine {
  /** Number of vCPUs, where something says it. */
  vcpus: number | undefined;
  /** What says it, for the user. */
  vcpusFrom = '';
  /** The log begins with the machine's creation, so nothing happened before it. */
  isFromStart = false;
  /** Highest vCPU that any line named, plus one. */
  seen = 0;
  readonly #affinities: number[] = [];
  readonly #numbers = new Map<number, number>();
  /** Clusters have 16 vCPUs. */
  #isWide = false;

  /** Takes a statement of the number of vCPUs; the log's own is given last and wins. */
  setVcpus(count: number, from: string): void {
    if (count < 1 || count > MOST_VCPUS) return;
    this.vcpus = count;
    this.vcpusFrom = from;
  }

  /** The vCPU of an index that a line names; a vCPU that should not exist disproves the stated number. */
  vcpu(index: number): number {
    if (!(index >= 0 && index < MOST_VCPUS)) return NOBODY;
    if (index >= this.seen) this.seen = index + 1;
    if (this.vcpus !== undefined && index >= this.vcpus) {
      this.vcpus = undefined;
      this.vcpusFrom = `not known: ${this.vcpusFrom}, but the log names vCPU ${index}`;
    }
    return index;
  }

  /** These vCPUs; all, where none are named. */
  among(candidates: readonly number[] | undefined): readonly number[] {
    return candidates ?? Array.from({ length: this.vcpus ?? this.seen }, (_, vcpu) => vcpu);
  }

  /** The only vCPU, if there is only one. */
  get only(): number {
    return this.vcpus === 1 ? 0 : NOBODY;
  }

  /**
   * The vCPU with this affinity value. Up to 15 it is the index (trace-import-formats §6.1). Beyond, it is what GICR_TYPER
   * said, if it was read. Else clusters have 8 or 16 vCPUs, which the order of the first resets tells, as they come in
   * the order of the index, or any vCPU beyond the eighth of its cluster.
   */
  vcpuOfAffinity(affinity: number): number {
    const place = affinity & 0xff;
    if (place >= NARROW && place < WIDE) this.#isWide = true;
    if (affinity < WIDE) return this.vcpu(affinity);
    const number = this.#numbers.get(affinity);
    if (number !== undefined) return this.vcpu(number);
    const position = this.#affinities.indexOf(affinity);
    const isComplete = this.#affinities[0] === 0 && this.#affinities[7] === 7;
    if (position >= 0 && isComplete) return this.vcpu(position);
    return this.#isWide && place < WIDE ? this.vcpu((affinity >>> 8) * WIDE + place) : NOBODY;
  }

  /** A reset of the vCPU with this affinity. */
  sawReset(affinity: number): void {
    const list = this.#affinities;
    if (list.length < MOST_VCPUS && affinity > (list.at(-1) ?? -1)) list.push(affinity);
  }

  /** The redistributor with this affinity says the number of its vCPU. */
  sawNumber(affinity: number, number: number): void {
    if (this.#numbers.size < MOST_VCPUS) this.#numbers.set(affinity, number);
  }
}
