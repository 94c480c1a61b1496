/** What the rules of the analysis find in the open trace. Asked when it is opened, and again when it is finished. */
import { defineStore } from 'pinia';
import { computed, shallowRef, ref, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { latest } from '../query/latest.ts';
import { useTrace } from './trace.ts';

export type Finding = Result<'analysis.findings'>['findings'][number];
type Rule = Result<'analysis.findings'>['rules'][number];

/** Where a finding shows: the last of its events. */
export const placeOf = ({ positions }: Finding): Finding['positions'][number] | undefined => positions.at(-1);

export const useFindings = defineStore('findings', () => {
  const trace = useTrace();
  /** In order of their first events. */
  const list = shallowRef<readonly Finding[]>([]);
  /** Rules that had events to look at. */
  const applied = shallowRef<readonly Rule[]>([]);
  const looking = ref(false);
  const failure = ref('');
  const asker = latest((id: number, signal) => backend().call('analysis.findings', { id }, signal));

  watch(
    () => [trace.info?.id, trace.info?.finished],
    async ([id]) => {
      list.value = [];
      applied.value = [];
      failure.value = '';
      if (typeof id === 'number') await look(id);
    },
    { immediate: true },
  );

  async function look(id: number): Promise<void> {
    looking.value = true;
    try {
      const found = await asker.ask(id);
      if (found === undefined || trace.info?.id !== id) return;
      list.value = found.findings;
      applied.value = found.rules.filter(({ looked }) => looked);
    } catch (error) {
      if (!isCancelled(error)) failure.value = messageOf(error);
    } finally {
      looking.value = false;
    }
  }

  const places = computed(() => list.value.flatMap((finding) => placeOf(finding)?.seq ?? []).toSorted((a, b) => a - b));

  /** The next or previous place from the cursor on; undefined: there is none that way. */
  function near(direction: 'forward' | 'backward'): number | undefined {
    const at = trace.target;
    return direction === 'forward' ? places.value.find((seq) => seq > at) : places.value.findLast((seq) => seq < at);
  }

  return { list, applied, looking, failure, near };
});
