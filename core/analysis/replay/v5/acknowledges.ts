/**
 * Acknowledges of a recording, which take two lines: one where the interrupt becomes active, and the one of the
 * instruction that reads the answer (gicv5-cpuif-behaviour §16). The first need not name the PE; then every PE's best
 * interrupt of that moment is kept until the second does. The recorded interrupt is taken, whatever the emulator would.
 */
import { splitIntid } from '../../../gic/intid.ts';
import { type Candidate, NOBODY } from '../../../gic/v5/irs/candidates.ts';
import { lowWord } from '../../../gic/v5/words.ts';
import { type EventOf } from '../../../trace/kinds.ts';
import { type Tally } from '../tally.ts';
import { type Doubts } from './doubts.ts';
import { type IrsReplay } from './irs-replay.ts';
import { type PhysicalPe } from './pe.ts';
import { resultOf, VALID } from './values.ts';
import { type WaitingWrites } from './writes.ts';

export const ACKNOWLEDGE = 'GICR CDIA';

interface AcknowledgingCpu {
  readonly pe: PhysicalPe;
  readonly writes: WaitingWrites;
  /** Answer of an acknowledge that has happened, until the line that reads it. */
  answered: bigint | undefined;
}

/** An acknowledge by a PE that only the reading line will name. */
interface Orphan {
  readonly intid: number;
  readonly winners: readonly Candidate[];
}

export class Acknowledges {
  readonly #cpus: readonly AcknowledgingCpu[];
  readonly #irs: IrsReplay;
  readonly #doubts: Doubts;
  readonly #tally: Tally;
  #orphans: Orphan[] = [];

  constructor(cpus: readonly AcknowledgingCpu[], irs: IrsReplay, doubts: Doubts, tally: Tally) {
    this.#cpus = cpus;
    this.#irs = irs;
    this.#doubts = doubts;
    this.#tally = tally;
  }

  /** The line where the interrupt becomes active. */
  happens(cpu: AcknowledgingCpu | undefined, event: EventOf<'irq.acknowledge'>): void {
    const intid = event.intid ?? 0;
    if (cpu === undefined) {
      const isShared = intid !== 0 && splitIntid(intid)?.type !== 'ppi';
      if (!isShared) return;
      this.#orphans.push({ intid, winners: this.#cpus.map(({ pe }) => pe.winner) });
      this.#irs.activate(intid);
      return;
    }
    cpu.writes.settle();
    const recorded = intid === 0 ? 0n : VALID | BigInt(intid);
    cpu.answered = this.#emulated(cpu, recorded);
    this.#taken(cpu.pe, recorded);
  }

  /** The line that reads the answer: the acknowledge has happened at its own line, if that named this PE. */
  answer(cpu: AcknowledgingCpu, event: EventOf<'register.access'>, recorded: bigint): void {
    const { pe } = cpu;
    if (cpu.answered === undefined) {
      const at = this.#orphans.findIndex(({ intid }) => (VALID | BigInt(intid)) === recorded);
      const [orphan] = at < 0 ? [] : this.#orphans.splice(at, 1);
      cpu.answered =
        orphan === undefined ? this.#emulated(cpu, recorded) : resultOf(orphan.winners[pe.index] ?? NOBODY);
      this.#taken(pe, recorded);
    }
    this.#tally.compare(event, ACKNOWLEDGE, recorded, cpu.answered, () => pe.describe());
    cpu.answered = undefined;
  }

  /** What the emulator acknowledges, with unsure wires as the recorded answer proves them. */
  #emulated(cpu: AcknowledgingCpu, recorded: bigint): bigint {
    const { pe } = cpu;
    this.#doubts.resolve(cpu, () => resultOf(pe.winner) === recorded);
    return resultOf(pe.winner);
  }

  #taken(pe: PhysicalPe, recorded: bigint): void {
    if (recorded === 0n) return;
    const intid = lowWord(recorded);
    const parts = splitIntid(intid);
    if (parts === undefined) return;
    if (parts.type === 'ppi') pe.take(intid, pe.priorityOf(parts.number));
    else {
      pe.take(intid, this.#irs.irs.priority(intid));
      this.#irs.activate(intid);
    }
  }
}
