/**
 * What the event list shows: which rows, from where, and where the cursor is among them. Everything goes by index; a
 * row's position is only known when its page is here (row-pages.ts). Without a filter the two are the same.
 */
import { computed, type ComputedRef, type Ref, ref, shallowRef, watch } from 'vue';
import { type EventRow } from '../../core/session/contract.ts';
import { deltaMicros } from '../format/time.ts';
import { latest } from '../query/latest.ts';
import { useBookmarks } from '../stores/bookmarks.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useFilter } from '../stores/filter.ts';
import { useTrace } from '../stores/trace.ts';
import { firstAtOrAfter } from '../timeline/labels.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { createRowPages } from './row-pages.ts';
import { scrollTo } from './scroll-map.ts';

export interface Line {
  readonly index: number;
  /** Absent while its page is on its way. */
  readonly row: EventRow | undefined;
  /** Time since the row before, in microseconds. */
  readonly delta: string;
  readonly future: boolean;
  readonly current: boolean;
  readonly hit: boolean;
  readonly bookmark: boolean;
}

export interface EventList {
  readonly total: ComputedRef<number>;
  /** The number of matches is not known yet. */
  readonly counting: ComputedRef<boolean>;
  readonly lines: ComputedRef<readonly Line[]>;
  /** Index of the first visible row. */
  readonly top: Ref<number>;
  /** Index of the row that has the keyboard. */
  readonly focus: Ref<number>;
  readonly failure: Ref<string>;
  row(index: number): EventRow | undefined;
  /** First visible row, kept within the list. */
  scroll(to: number): void;
  focusOn(index: number): void;
  again(): void;
}

/**
 * @param visible rows that fit
 * @param still true while the list must not follow the cursor
 */
export function useEventList(visible: Ref<number>, still: Ref<boolean>): EventList {
  const trace = useTrace();
  const filter = useFilter();
  const breakpoints = useBreakpoints();
  const bookmarks = useBookmarks();
  const top = ref(0);
  const focus = ref(0);
  const cursorIndex = ref(0);
  const failure = ref('');
  /** Counts arrivals of pages: rows are not reactive themselves. */
  const arrivals = shallowRef(0);

  const total = computed(() => (filter.condition === '' ? (trace.info?.events ?? 0) : (filter.total ?? 0)));
  const counting = computed(() => filter.condition !== '' && filter.total === undefined);
  const id = (): number => trace.info?.id ?? 0;

  function fail(error: unknown): void {
    if (!isCancelled(error)) failure.value = messageOf(error);
  }
  const pages = createRowPages(
    {
      async rows(from, count, condition, signal) {
        const args = { id: id(), from, count, direction: 'forward', filter: condition } as const;
        return (await backend().call('events.rows', args, signal)).rows;
      },
      async atRank(rank, condition, signal) {
        return (await backend().call('events.atRank', { id: id(), filter: condition, rank }, signal)).seq;
      },
    },
    () => {
      failure.value = '';
      arrivals.value++;
    },
    fail,
  );

  const hitSources = computed(() => breakpoints.enabled.flatMap(({ hits }) => (hits === undefined ? [] : [hits.seqs])));
  const bookmarked = computed(() => new Set(bookmarks.list.map(({ seq }) => seq)));
  const isHit = (seq: number): boolean => hitSources.value.some((seqs) => seqs[firstAtOrAfter(seqs, seq)] === seq);

  const lines = computed<readonly Line[]>(() => {
    if (arrivals.value < 0) return [];
    const count = Math.min(visible.value + 1, Math.max(0, total.value - top.value));
    const cursor = trace.moment?.seq ?? -1;
    return Array.from({ length: count }, (_, offset) => {
      const index = top.value + offset;
      const row = pages.row(index);
      const before = pages.row(index - 1);
      return {
        index,
        row,
        delta: row === undefined || before === undefined ? '' : deltaMicros(row.time - before.time),
        future: row !== undefined && row.seq > cursor,
        current: row !== undefined && row.seq === cursor,
        hit: row !== undefined && isHit(row.seq),
        bookmark: row !== undefined && bookmarked.value.has(row.seq),
      };
    });
  });

  watch(total, (now, before) => {
    if (now > before) pages.grow();
  });
  watch([top, visible, total, arrivals], () => pages.need(top.value - 1, top.value + visible.value + 1), {
    flush: 'post',
    immediate: true,
  });
  watch([() => trace.info?.id, () => filter.condition], () => {
    pages.reset(filter.condition);
    arrivals.value++;
  });

  const ranker = latest((seq: number, signal) =>
    backend().call('events.rank', { id: id(), filter: filter.condition, seq: Math.max(seq, 0) }, signal),
  );
  /** Brings the cursor into view. */
  async function follow(seq: number): Promise<void> {
    let index = Math.max(0, seq);
    if (filter.condition !== '') {
      try {
        const answer = await ranker.ask(seq);
        if (answer === undefined) return;
        index = answer.rank;
      } catch (error) {
        return fail(error);
      }
    }
    cursorIndex.value = index;
    focus.value = index;
    top.value = scrollTo(index, top.value, visible.value, total.value);
  }
  watch(
    [() => trace.moment?.seq, total],
    ([seq]) => {
      if (seq !== undefined && !still.value) void follow(seq);
    },
    { immediate: true },
  );
  watch(visible, () => (top.value = scrollTo(cursorIndex.value, top.value, visible.value, total.value)));

  return {
    total,
    counting,
    lines,
    top,
    focus,
    failure,
    row: (index) => pages.row(index),
    scroll(to) {
      top.value = Math.min(Math.max(0, to), Math.max(0, total.value - visible.value));
    },
    focusOn(index) {
      focus.value = Math.min(Math.max(0, index), Math.max(0, total.value - 1));
      top.value = scrollTo(focus.value, top.value, visible.value, total.value, 0);
      trace.selectRow(pages.row(focus.value)?.seq);
    },
    again() {
      failure.value = '';
      arrivals.value++;
    },
  };
}
