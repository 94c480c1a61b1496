/** How long ago the previous stop was, for the transport's Δ; undefined before there was one. */
import { computed, type ComputedRef, shallowRef, watch } from 'vue';
import { useTrace } from '../stores/trace.ts';

export function previousTime(): ComputedRef<number | undefined> {
  const trace = useTrace();
  /** Times of the places visited last: the previous stop is nearly always among them. */
  const times = new Map<number, number>();
  const version = shallowRef(0);
  watch(
    () => trace.moment,
    (moment) => {
      if (moment === undefined) times.clear();
      else times.set(moment.seq, moment.time);
      if (times.size > 1000) times.delete(times.keys().next().value ?? -1);
      version.value++;
    },
    { immediate: true },
  );
  return computed(() => {
    if (version.value < 0 || trace.moment === undefined || trace.previousStop === undefined) return undefined;
    const before = times.get(trace.previousStop);
    return before === undefined ? undefined : trace.moment.time - before;
  });
}
