/**
 * One moment of a trace: the event at a position and the state of its vCPUs, fetched together. States are kept by
 * position, vCPU and baseline, so that stepping back and forth asks nothing twice.
 */
import { type EventRow, type InspectedState, type TraceInfo } from '../../core/session/contract.ts';
import { Lru } from '../query/lru.ts';
import { backend } from '../transport.ts';

export interface Moment {
  readonly seq: number;
  readonly time: number;
  /** Absent before the first event. */
  readonly row: EventRow | undefined;
  /** State after the event (before it, if `before`); every vCPU when there are few, else the inspected one. */
  readonly states: ReadonlyMap<number, InspectedState>;
  /** Position that `changed` refers to; undefined when there is none. */
  readonly baseline: number | undefined;
  /** The states are those before the event. */
  readonly before: boolean;
}

export interface MomentQuestion {
  readonly seq: number;
  /** vCPU that the inspector shows. */
  readonly vcpu: number;
  readonly baseline: number | undefined;
  readonly before: boolean;
}

/** Up to this many vCPUs, all are inspected at each stop, so that every lane's glyph is of the same moment. */
const INSPECT_ALL = 8;

export interface Moments {
  fetch(trace: TraceInfo, question: MomentQuestion): Promise<Moment>;
  /** Another trace, or another life of the backend. */
  forget(): void;
}

export function createMoments(): Moments {
  const known = new Lru<string, InspectedState>(256);

  async function inspect(id: number, seq: number, vcpu: number, baseline: number | undefined): Promise<InspectedState> {
    const key = `${seq} ${vcpu} ${baseline ?? ''}`;
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const answer = await backend().call('state.inspect', { id, seq, vcpu, baseline: baseline ?? null });
    known.set(key, answer);
    return answer;
  }
  async function rowAt(id: number, seq: number): Promise<EventRow | undefined> {
    if (seq < 0) return undefined;
    const args = { id, from: seq, count: 1, direction: 'forward', filter: '' } as const;
    return (await backend().call('events.rows', args)).rows[0];
  }

  return {
    async fetch({ id, vcpus }, { seq, vcpu, baseline, before }) {
      const isBefore = before && seq >= 0;
      const wanted = vcpus <= INSPECT_ALL ? Array.from({ length: vcpus }, (_, number) => number) : [vcpu];
      const [row, ...states] = await Promise.all([
        rowAt(id, seq),
        ...wanted.map((number) => inspect(id, isBefore ? seq - 1 : seq, number, baseline)),
      ]);
      return {
        seq,
        time: row?.time ?? states[0]?.time ?? 0,
        row,
        states: new Map(states.map((state) => [state.vcpu, state])),
        baseline,
        before: isBefore,
      };
    },
    forget: () => known.clear(),
  };
}
