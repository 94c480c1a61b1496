/**
 * What a GICv2 recording leaves open: which CPU made a write to words that each CPU has of its own, and who sent an SGI.
 * A write is applied where it is taken to belong; for every CPU the other possibility is kept, and used when a recorded
 * answer of that CPU fits only with it. At most `MOST` open writes per CPU.
 */
import { type Bank } from '../flat/bank.ts';
import { type V2Cpu } from './gic.ts';

const MOST = 64;
const FIELDS = ['latch', 'active', 'enabled', 'group', 'edge', 'priority'] as const satisfies readonly (keyof Bank)[];
type Field = (typeof FIELDS)[number];

/** One byte of a CPU's state that has another possible value. */
interface Alternative {
  readonly bank: Bank;
  readonly field: Field;
  readonly id: number;
  readonly value: number;
}

export class Doubts {
  readonly #decided: () => void;
  readonly #open = new Map<number, Alternative[]>();
  /** SGIs whose sender is not known, as `cpu sgi`: how many. */
  readonly #senders = new Map<string, number>();

  constructor(decided: () => void) {
    this.#decided = decided;
  }

  /** Applies a write to a CPU or not, and keeps what the other case would have changed. */
  write({ index, bank }: V2Cpu, isTaken: boolean, apply: () => void): void {
    const before = FIELDS.map((field) => bank[field].slice());
    apply();
    FIELDS.forEach((field, at) => {
      const old = before[at];
      if (old === undefined) return;
      bank[field].forEach((value, id) => {
        const was = old[id] ?? 0;
        if (was === value) return;
        this.#keep(index, { bank, field, id, value: isTaken ? was : value });
        if (!isTaken) bank[field][id] = was;
      });
    });
  }

  /** The answer, with an open write decided so that it is the recorded one, where one does that. */
  settle(cpu: number, answer: () => number, recorded: number): number {
    const mine = answer();
    const open = this.#open.get(cpu);
    if (mine === recorded || open === undefined) return mine;
    // The latest first: what happened long ago would have shown.
    for (let at = open.length - 1; at >= 0; at--) {
      const alternative = open[at];
      if (alternative === undefined) continue;
      const { bank, field, id, value } = alternative;
      const was = bank[field][id] ?? 0;
      bank[field][id] = value;
      if (answer() === recorded) {
        open.splice(at, 1);
        this.#decided();
        return recorded;
      }
      bank[field][id] = was;
    }
    return mine;
  }

  /** An SGI is on its way from a CPU that nothing names; one that was on its way already may have had another sender. */
  sent({ index, bank }: V2Cpu, sgi: number, wasPending: boolean): void {
    const key = `${index} ${sgi}`;
    this.#senders.set(key, (this.#senders.get(key) ?? 0) + 1);
    if (wasPending) this.#keep(index, { bank, field: 'latch', id: sgi, value: 1 });
  }

  /** Whether the sender that an acknowledge names may be one of the unknown ones; takes that one. */
  takeSender(cpu: number, sgi: number): boolean {
    const key = `${cpu} ${sgi}`;
    const count = this.#senders.get(key) ?? 0;
    if (count > 1) this.#senders.set(key, count - 1);
    else this.#senders.delete(key);
    return count > 0;
  }

  #keep(cpu: number, alternative: Alternative): void {
    const open = this.#open.get(cpu) ?? [];
    this.#open.set(cpu, open);
    open.push(alternative);
    if (open.length > MOST) open.shift();
  }
}
