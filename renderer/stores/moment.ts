/**
 * One moment of a trace: the event at a position and the state of its vCPUs, fetched together. Of the inspected vCPU
 * everything is asked, of the others what their lanes show (a register with its fields makes 2 kB of an answer, and a
 * vCPU has a hundred). States are kept by question, so that stepping back and forth asks nothing twice.
 */
import { type EventRow, type InspectedState, type TraceInfo } from '../../core/session/contract.ts';
import { Lru } from '../query/lru.ts';
import { backend } from '../transport.ts';

export interface Moment {
  readonly seq: number;
  readonly time: number;
  /** Absent before the first event. */
  readonly row: EventRow | undefined;
  /** The vCPU whose state is complete. */
  readonly vcpu: number;
  /** State after the event (before it, if `before`) of the vCPUs in sight. */
  readonly states: ReadonlyMap<number, InspectedState>;
  /** Position that `changed` refers to; undefined when there is none. */
  readonly baseline: number | undefined;
  /** The stop before it; undefined before there was one. */
  readonly previous: number | undefined;
  /** The states are those before the event. */
  readonly before: boolean;
}

export interface MomentQuestion {
  readonly seq: number;
  /** vCPU that the inspector shows. */
  readonly vcpu: number;
  readonly baseline: number | undefined;
  readonly previous: number | undefined;
  readonly before: boolean;
  readonly sight: Sight;
  /** Registers that are open in the inspector, by path: only their fields are told. */
  readonly decoded: readonly string[];
}

/** What the lanes on screen need to know. */
export interface Sight {
  readonly vcpus: readonly number[];
  /** Shared interrupts by INTID; undefined: the trace has so few that all are told. */
  readonly shared: readonly number[] | undefined;
}

/** Full states kept: some hundred registers with their fields each. */
const STATES_KEPT = 64;
const LANES_KEPT = 512;

export interface Moments {
  fetch(trace: TraceInfo, question: MomentQuestion): Promise<Moment>;
  /** Another trace, or another life of the backend. */
  forget(): void;
}

export function createMoments(): Moments {
  const full = new Lru<string, InspectedState>(STATES_KEPT);
  const brief = new Lru<string, InspectedState>(LANES_KEPT);

  async function inspect(
    id: number,
    seq: number,
    vcpu: number,
    { vcpu: inspected, baseline, sight: { shared }, decoded }: MomentQuestion,
  ): Promise<InspectedState> {
    const lanesOnly = vcpu !== inspected;
    const known = lanesOnly ? brief : full;
    const key = lanesOnly ? `${seq} ${vcpu}` : [seq, vcpu, baseline, shared, decoded].join(' ');
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const args = lanesOnly
      ? { id, seq, vcpu, baseline: null, lanesOnly, decoded: [] }
      : {
          id,
          seq,
          vcpu,
          baseline: baseline ?? null,
          decoded: [...decoded],
          ...(shared === undefined ? {} : { shared: [...shared] }),
        };
    const answer = await backend().call('state.inspect', args);
    known.set(key, answer);
    return answer;
  }
  async function rowAt(id: number, seq: number): Promise<EventRow | undefined> {
    if (seq < 0) return undefined;
    const args = { id, from: seq, count: 1, direction: 'forward', filter: '' } as const;
    return (await backend().call('events.rows', args)).rows[0];
  }

  return {
    async fetch({ id }, question) {
      const { seq, vcpu, baseline, previous, before, sight } = question;
      const isBefore = before && seq >= 0;
      const [row, ...states] = await Promise.all([
        rowAt(id, seq),
        ...[...new Set([vcpu, ...sight.vcpus])].map((number) =>
          inspect(id, isBefore ? seq - 1 : seq, number, question),
        ),
      ]);
      return {
        seq,
        time: row?.time ?? states[0]?.time ?? 0,
        row,
        vcpu,
        states: new Map(states.map((state) => [state.vcpu, state])),
        baseline,
        previous,
        before: isBefore,
      };
    },
    forget() {
      full.clear();
      brief.clear();
    },
  };
}
