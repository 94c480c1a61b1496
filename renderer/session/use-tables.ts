/**
 * Interrupt state tables at the cursor: SPIs or LPIs, all or the pending and active ones, and the list of SPIs in flight.
 * Asked anew at each moment; the last answer stays until the next one is there.
 */
import { computed, type ComputedRef, ref, type Ref, type ShallowRef, shallowRef, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { latest } from '../query/latest.ts';
import { useTrace } from '../stores/trace.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';

export type TableType = 'spi' | 'lpi';
type Tables = Result<'state.tables'>;

const PAGE = 200;
const MOST = 1000;

export interface TablesView {
  readonly type: Ref<TableType>;
  readonly busy: Ref<boolean>;
  readonly answer: Readonly<ShallowRef<Tables | undefined>>;
  /** Interrupts that are there and not shown. */
  readonly hidden: ComputedRef<number>;
  readonly canShowMore: ComputedRef<boolean>;
  readonly message: Ref<string>;
  showMore(): void;
}

export function useTables(): TablesView {
  const trace = useTrace();
  const type = ref<TableType>('spi');
  const busy = ref(false);
  const limit = ref(PAGE);
  const answer = shallowRef<Tables | undefined>();
  const message = ref('');

  const question = latest(async (seq: number, signal) =>
    backend().call(
      'state.tables',
      {
        id: trace.info?.id ?? 0,
        seq,
        type: type.value,
        busy: busy.value,
        from: 0,
        limit: limit.value,
        baseline: null,
      },
      signal,
    ),
  );
  watch(
    [() => trace.moment, type, busy, limit],
    async ([moment]) => {
      if (moment === undefined) return;
      try {
        const found = await question.ask(moment.before ? moment.seq - 1 : moment.seq);
        if (found === undefined) return;
        answer.value = found;
        message.value = '';
      } catch (error) {
        if (!isCancelled(error)) message.value = messageOf(error);
      }
    },
    { immediate: true },
  );
  watch([type, busy], () => (limit.value = PAGE));

  const hidden = computed(() => (answer.value === undefined ? 0 : answer.value.total - answer.value.rows.length));
  const canShowMore = computed(() => hidden.value > 0 && limit.value < MOST);
  return {
    type,
    busy,
    answer,
    hidden,
    canShowMore,
    message,
    showMore: () => (limit.value = Math.min(MOST, limit.value + PAGE)),
  };
}
