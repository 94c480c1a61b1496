/**
 * An open trace that grows because its source does: a cursor at its end stays at its end, one that was moved away stays
 * where it was put. Recordings of scenarios have a store of their own (live.ts).
 */
import { defineStore } from 'pinia';
import { computed, watch } from 'vue';
import { isRunning, useImports } from './imports.ts';
import { useTrace } from './trace.ts';

export const useGrowth = defineStore('growth', () => {
  const trace = useTrace();
  const imports = useImports();

  const growing = computed(() => trace.info?.finished === false && trace.info.source.kind !== 'scenario');
  /** The import that this window started and can stop; undefined where another process writes the trace. */
  const task = computed(() =>
    imports.tasks.find((one) => one.follow && isRunning(one) && one.output === trace.info?.path),
  );
  const atEnd = computed(() => trace.target >= trace.last);

  watch(
    () => trace.info?.id,
    async () => {
      if (growing.value && task.value !== undefined) await trace.goTo(trace.last, 'scrub');
    },
    { immediate: true },
  );
  watch(
    () => trace.last,
    async (last, before) => {
      if (growing.value && last > before && trace.target === before) await trace.goTo(last, 'scrub');
    },
  );

  async function stop(): Promise<void> {
    if (task.value !== undefined) await imports.stop(task.value.id, true);
  }

  return { growing, task, atEnd, stop };
});
