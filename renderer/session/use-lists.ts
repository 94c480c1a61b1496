/**
 * List registers and AP list of the inspected vCPU at the cursor. Asked anew at each moment of a trace that has them;
 * the last answer stays until the next one is there.
 */
import { ref, type Ref, type ShallowRef, shallowRef, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { latest } from '../query/latest.ts';
import { useTrace } from '../stores/trace.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';

export type Lists = Result<'state.lists'>;

export interface ListsView {
  readonly lists: Readonly<ShallowRef<Lists | undefined>>;
  readonly message: Ref<string>;
}

export function useLists(): ListsView {
  const trace = useTrace();
  const lists = shallowRef<Lists | undefined>();
  const message = ref('');

  const question = latest((args: { seq: number; vcpu: number; baseline: number | null }, signal) =>
    backend().call('state.lists', { id: trace.info?.id ?? 0, ...args }, signal),
  );
  watch(
    [() => trace.moment, () => trace.vcpu],
    async ([moment, vcpu]) => {
      const gic = trace.info?.gic;
      if (moment === undefined || (gic !== 'v3' && gic !== 'v2')) {
        lists.value = undefined;
        return;
      }
      try {
        const baseline = trace.baseline === undefined || trace.baseline === moment.seq ? null : trace.baseline;
        const found = await question.ask({ seq: moment.before ? moment.seq - 1 : moment.seq, vcpu, baseline });
        if (found === undefined) return;
        lists.value = found.place === 'none' ? undefined : found;
        message.value = '';
      } catch (error) {
        if (!isCancelled(error)) message.value = messageOf(error);
      }
    },
    { immediate: true },
  );

  return { lists, message };
}

/** What holds the list registers, in words. */
export function whereWords({ place, pcpu, used }: Lists): string {
  if (place === 'cpu') return `on pCPU ${pcpu}`;
  if (place === 'memory') return used === 0 ? 'in memory, folded back' : 'in memory';
  return place === 'recorded' ? 'as the recording shows them' : '';
}
