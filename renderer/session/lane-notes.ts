/** What the timeline writes beside lanes from the state at the cursor: priorities in use, and what holds one back. */
import { computed, type ComputedRef } from 'vue';
import { type Lane } from '../../core/session/contract.ts';
import { priorityText } from '../number-style.ts';
import { verdictText, verdictTone } from '../format/verdict.ts';
import { useTrace } from '../stores/trace.ts';

/** Lines that a mask lane has room for. */
const MOST_PRIORITIES = 3;

export interface LaneNotes {
  /** Priorities of the interrupts that are enabled on a lane's vCPU. */
  prioritiesOf(lane: Lane): readonly { readonly value: number; readonly label: string }[];
  /** Beside the selected bar at the cursor: what holds the interrupt back; empty: nothing does. */
  readonly note: ComputedRef<string>;
}

export function useLaneNotes(): LaneNotes {
  const trace = useTrace();
  return {
    prioritiesOf(lane) {
      const state = lane.vcpu === null ? undefined : trace.moment?.states.get(lane.vcpu);
      const byValue = new Map<number, string>();
      for (const { label, priority } of state?.candidates ?? []) {
        if (priority === null) continue;
        const others = byValue.get(priority);
        byValue.set(priority, others === undefined ? label : others.includes('…') ? others : `${others}, …`);
      }
      return [...byValue]
        .slice(0, MOST_PRIORITIES)
        .map(([value, label]) => ({ value, label: `${label} · ${priorityText(value)}` }));
    },
    note: computed(() => {
      const lane = trace.selectedLane;
      if (lane?.intid === null || lane === undefined) return '';
      const state = lane.vcpu === null ? trace.state : trace.moment?.states.get(lane.vcpu);
      const candidate = state?.candidates.find(({ intid }) => intid === lane.intid);
      if (candidate === undefined || verdictTone(candidate) !== 'bad') return '';
      const own = candidate.priority === null ? '' : ` at ${priorityText(candidate.priority)}`;
      return `pending${own}, ${verdictText(candidate, priorityText)}`;
    }),
  };
}
