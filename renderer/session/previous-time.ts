/**
 * How long ago the previous stop was, for the transport's Δ; undefined before there was one. It is of the moment on
 * screen: the stop that a step has just left counts when the moment after it is there.
 */
import { type Ref, shallowRef, watch } from 'vue';
import { useTrace } from '../stores/trace.ts';

/** Places whose times are kept. */
const KEPT = 1000;

export function previousTime(): Readonly<Ref<number | undefined>> {
  const trace = useTrace();
  /** Times of the places visited last: the previous stop is nearly always among them. */
  const times = new Map<number, number>();
  const since = shallowRef<number | undefined>();
  watch(
    () => trace.moment,
    (moment) => {
      if (moment === undefined) times.clear();
      const before = moment?.previous === undefined ? undefined : times.get(moment.previous);
      since.value = moment === undefined || before === undefined ? undefined : moment.time - before;
      if (moment !== undefined) times.set(moment.seq, moment.time);
      if (times.size > KEPT) times.delete(times.keys().next().value ?? -1);
    },
    { immediate: true },
  );
  return since;
}
