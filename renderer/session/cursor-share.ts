/** Where the cursor stands in the trace's time, 0 … 1, for charts over the whole trace; undefined: nowhere. */
import { computed, type ComputedRef } from 'vue';
import { useTrace } from '../stores/trace.ts';

export function useCursorShare(): ComputedRef<number | undefined> {
  const trace = useTrace();
  return computed(() => {
    const { info, moment } = trace;
    if (info === undefined || moment === undefined || info.durationNs === 0) return undefined;
    return moment.time / info.durationNs;
  });
}
