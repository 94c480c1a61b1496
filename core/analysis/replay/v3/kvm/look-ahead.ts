/**
 * Steps in order, each given with what follows of its CPU: an entry with more interrupts than list registers (UIE) can
 * be judged only when a later one shows the rest. So such an entry, and all steps behind it, wait until its CPU has an
 * entry without overflow, or `MOST` steps wait. Cost: an overflowing entry looks at no more than `MOST` steps.
 */
import { HCR } from '../../../../gic/v3/vmcr.ts';
import { type Entry, type Step } from './world-switches.ts';

const MOST = 4096;

export class LookAhead {
  readonly #perform: (step: Step) => void;
  #queue: Step[] = [];
  #next = 0;
  /** Per CPU, waiting entries without overflow. */
  readonly #complete = new Map<number, number>();

  constructor(perform: (step: Step) => void) {
    this.#perform = perform;
  }

  push(step: Step): void {
    this.#queue.push(step);
    if (step.kind === 'entry' && !isOverflow(step)) this.#count(step.cpu, 1);
    this.#drain(this.#queue.length - this.#next > MOST);
  }

  /** No step follows. */
  end(): void {
    this.#drain(true);
  }

  /**
   * Later entries of the CPU of the present one, up to the first that shows every interrupt; undefined: there is none
   * yet. None at all after an entry that shows every interrupt itself.
   */
  after(entry: Entry): readonly Entry[] | undefined {
    const found: Entry[] = [];
    if (!isOverflow(entry)) return found;
    for (let at = this.#next; at < this.#queue.length; at++) {
      const step = this.#queue[at];
      if (step?.cpu !== entry.cpu) continue;
      if (step.kind === 'lost') return undefined;
      if (step.kind !== 'entry') continue;
      found.push(step);
      if (!isOverflow(step)) return found;
    }
    return undefined;
  }

  #drain(isForced: boolean): void {
    for (let step = this.#queue[this.#next]; step !== undefined; step = this.#queue[this.#next]) {
      if (step.kind === 'entry') {
        if (!isOverflow(step)) this.#count(step.cpu, -1);
        else if (!isForced && (this.#complete.get(step.cpu) ?? 0) === 0) return;
      }
      this.#next++;
      this.#perform(step);
      if (this.#next <= MOST) continue;
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
  }

  #count(cpu: number, change: number): void {
    this.#complete.set(cpu, (this.#complete.get(cpu) ?? 0) + change);
  }
}

/** Are there more interrupts than list registers (kvm-vgic-v3 §7.2)? */
export function isOverflow({ hcr }: Entry): boolean {
  return (hcr.value & BigInt(HCR.UIE)) !== 0n;
}
