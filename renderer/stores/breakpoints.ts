/**
 * Breakpoints of the open trace. Every breakpoint is retroactive: as soon as it exists, its hits in the
 * whole trace are counted, charted (for sparkline and minimap) and, up to MOST_HITS, listed, so that "hit 3 of 7" and
 * the flags on the timeline need no further question.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { type Breakpoint } from '../../core/session/contract.ts';
import { eventLabel } from '../format/number.ts';
import { guarded } from '../query/guarded.ts';
import { latest } from '../query/latest.ts';
import { firstAtOrAfter } from '../timeline/labels.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { record } from '../undo.ts';
import { useTrace } from './trace.ts';
import { useUi } from './ui.ts';

/** Columns of a sparkline and of the minimap's hit ticks. */
export const HISTOGRAM = 512;
/** Hits kept as positions; beyond it the timeline asks for those in its window. */
const MOST_HITS = 100_000;

export interface Hits {
  /** Those that count. */
  readonly count: number;
  /** With those that are ignored. */
  readonly all: number;
  readonly histogram: Uint32Array;
  readonly seqs: Float64Array;
  readonly times: Float64Array;
  /** More hits than are listed. */
  readonly truncated: boolean;
}

export interface BreakpointEntry {
  readonly breakpoint: Breakpoint;
  /** Undefined while counting. */
  readonly hits: Hits | undefined;
  readonly failure: string;
}

/** Where the cursor stands among the hits of a breakpoint. */
export interface HitPlace {
  /** Hits before the cursor. */
  readonly before: number;
  /** The cursor stands on a hit; its 1-based number. */
  readonly at: number | undefined;
}

export type BreakpointOptions = Partial<Omit<Breakpoint, 'id' | 'condition'>>;

/** Whether two breakpoints have the same hits. */
function sameHits(a: Breakpoint, b: Breakpoint): boolean {
  const facts = ({ condition, vcpu = null, ignoreCount = 0, oneShot = false, action, message = '' }: Breakpoint) =>
    JSON.stringify([condition, vcpu, ignoreCount, oneShot, action === 'message' ? message : '']);
  return facts(a) === facts(b);
}

export const useBreakpoints = defineStore('breakpoints', () => {
  const trace = useTrace();
  const entries = shallowRef<readonly BreakpointEntry[]>([]);
  const selectedId = ref<number | undefined>();
  const failure = ref('');
  /** A search of `continue` that takes longer than 200 ms. */
  const searching = ref(false);
  /** Share of the trace that it has looked at, 0 … 1. */
  const progress = ref(0);
  let search: AbortController | undefined;

  const selected = computed(() => entries.value.find(({ breakpoint }) => breakpoint.id === selectedId.value));
  const enabled = computed(() => entries.value.filter(({ breakpoint }) => breakpoint.enabled));

  watch(
    () => trace.info?.id,
    async (id) => {
      entries.value = [];
      selectedId.value = undefined;
      if (id !== undefined) await guarded(failure, () => load(id));
    },
    { immediate: true },
  );
  watch(
    () => trace.info?.events,
    (now, before) => {
      if (now !== undefined && before !== undefined && now > before)
        entries.value.forEach(({ breakpoint }) => void count(breakpoint));
    },
  );

  async function load(id: number): Promise<void> {
    const { breakpoints } = await backend().call('breakpoint.list', { id });
    entries.value = breakpoints.map((breakpoint) => ({ breakpoint, hits: undefined, failure: '' }));
    selectedId.value = breakpoints[0]?.id;
    breakpoints.forEach((breakpoint) => void count(breakpoint));
  }

  async function count(breakpoint: Breakpoint): Promise<void> {
    const id = trace.info?.id;
    if (id === undefined) return;
    try {
      const [counted, listed] = await Promise.all([
        backend().call('breakpoint.preview', {
          id,
          breakpoint: { ...breakpoint },
          buckets: HISTOGRAM,
          at: Math.max(0, trace.target),
        }),
        backend().call('breakpoint.hits', { id, breakpoint: { ...breakpoint }, from: 0, limit: MOST_HITS }),
      ]);
      const { seqs, times, truncated } = listed;
      const { count: number, all, histogram } = counted;
      put(breakpoint, { count: number, all, histogram, seqs, times, truncated }, '');
    } catch (error) {
      if (!isCancelled(error)) put(breakpoint, undefined, messageOf(error));
    }
  }

  /** Replaces the entry of a breakpoint, unless it was changed or removed meanwhile. */
  function put(breakpoint: Breakpoint, hits: Hits | undefined, why: string): void {
    entries.value = entries.value.map((entry) =>
      entry.breakpoint.id === breakpoint.id && sameHits(entry.breakpoint, breakpoint)
        ? { breakpoint: entry.breakpoint, hits, failure: why }
        : entry,
    );
  }

  async function store(breakpoint: Breakpoint): Promise<Breakpoint | undefined> {
    const id = trace.info?.id;
    if (id === undefined) return undefined;
    const { breakpoint: saved } = await backend().call('breakpoint.save', { id, breakpoint: { ...breakpoint } });
    const old = entries.value.find((entry) => entry.breakpoint.id === saved.id);
    const same = old !== undefined && sameHits(old.breakpoint, saved);
    const entry: BreakpointEntry = same
      ? { ...old, breakpoint: saved }
      : { breakpoint: saved, hits: undefined, failure: '' };
    entries.value = old
      ? entries.value.map((one) => (one === old ? entry : one))
      : [...entries.value, entry].toSorted((a, b) => a.breakpoint.id - b.breakpoint.id);
    if (!same) void count(saved);
    return saved;
  }
  async function drop(number: number): Promise<void> {
    const id = trace.info?.id;
    if (id === undefined) return;
    await backend().call('breakpoint.remove', { id, breakpoint: number });
    const index = entries.value.findIndex((entry) => entry.breakpoint.id === number);
    entries.value = entries.value.filter((entry) => entry.breakpoint.id !== number);
    if (selectedId.value === number)
      selectedId.value = entries.value[Math.min(index, entries.value.length - 1)]?.breakpoint.id;
  }

  /** Adds a breakpoint, or selects the one that has the same condition. */
  async function add(condition: string, more: BreakpointOptions = {}): Promise<void> {
    const fresh: Breakpoint = { id: 0, condition, enabled: true, action: 'break', note: '', ...more };
    const same = entries.value.find(({ breakpoint }) => sameHits(breakpoint, fresh));
    if (same !== undefined) {
      selectedId.value = same.breakpoint.id;
      return;
    }
    await guarded(failure, async () => {
      let saved = await store(fresh);
      if (saved === undefined) return;
      selectedId.value = saved.id;
      useUi().announce(`Breakpoint ${saved.id} added`);
      record({
        title: 'Add breakpoint',
        undo: () => (saved === undefined ? undefined : drop(saved.id)),
        async redo() {
          saved = await store(fresh);
        },
      });
    });
  }
  async function change(before: Breakpoint, after: Breakpoint): Promise<void> {
    await guarded(failure, async () => {
      await store(after);
      record({
        title: 'Change breakpoint',
        undo: async () => void (await store(before)),
        redo: async () => void (await store(after)),
      });
    });
  }
  /** All breakpoints as a JSON document. */
  async function exported(): Promise<string> {
    return (await backend().call('breakpoint.export', { id: trace.info?.id ?? 0 })).text;
  }
  /** Adds the breakpoints of such a document. @throws Error that names what is wrong with it */
  async function adopt(text: string): Promise<number> {
    const id = trace.info?.id;
    if (id === undefined) return 0;
    const { breakpoints: added } = await backend().call('breakpoint.import', { id, text });
    await load(id);
    let ids = added.map((one) => one.id);
    record({
      title: 'Import breakpoints',
      async undo() {
        for (const number of ids) await drop(number);
      },
      async redo() {
        ids = [];
        for (const one of added) ids.push((await store({ ...one, id: 0 }))?.id ?? 0);
      },
    });
    return added.length;
  }
  async function remove(breakpoint: Breakpoint): Promise<void> {
    await guarded(failure, async () => {
      await drop(breakpoint.id);
      let back: Breakpoint | undefined;
      record({
        title: 'Remove breakpoint',
        async undo() {
          back = await store({ ...breakpoint, id: 0 });
        },
        redo: () => (back === undefined ? undefined : drop(back.id)),
      });
    });
  }

  /** Where the cursor stands among the hits of an entry; undefined while unknown. */
  function place(entry: BreakpointEntry, seq: number): HitPlace | undefined {
    const { hits } = entry;
    if (hits === undefined || (hits.truncated && seq > (hits.seqs.at(-1) ?? -1))) return undefined;
    const before = firstAtOrAfter(hits.seqs, seq);
    return { before, at: hits.seqs[before] === seq ? before + 1 : undefined };
  }

  const finder = latest(
    (question: { readonly breakpoint: Breakpoint; readonly direction: 'forward' | 'backward' }, signal) =>
      backend().call('breakpoint.step', { id: trace.info?.id ?? 0, from: trace.target, ...question }, signal),
  );
  /** Next or previous hit of one breakpoint. */
  async function step(entry: BreakpointEntry, direction: 'forward' | 'backward'): Promise<void> {
    selectedId.value = entry.breakpoint.id;
    await guarded(failure, async () => {
      const found = await trace.searching(finder.ask({ breakpoint: { ...entry.breakpoint }, direction }));
      if (found === undefined) return;
      if (found.seq === null) return useUi().notify('note', nothing(direction, [entry]));
      await stopAt(found.seq, entry.breakpoint.id);
    });
  }

  /** Runs to the nearest hit of any enabled breakpoint that stops. */
  async function run(direction: 'forward' | 'backward'): Promise<void> {
    const id = trace.info?.id;
    if (id === undefined) return;
    if (!entries.value.some(({ breakpoint }) => breakpoint.enabled && breakpoint.action === 'break')) {
      useUi().notify('note', 'No breakpoint to run to. Press F9 on an event, lane or PPI cell.');
      return;
    }
    stopSearch();
    const own = new AbortController();
    search = own;
    progress.value = 0;
    const late = setTimeout(() => (searching.value = true), 200);
    await guarded(failure, async () => {
      try {
        const found = await trace.searching(
          backend().call('nav.continue', { id, from: trace.target, direction }, own.signal),
        );
        if (found.seq === null) useUi().notify('note', nothing(direction, enabled.value));
        else await stopAt(found.seq, found.breakpoint ?? undefined);
      } finally {
        clearTimeout(late);
        if (search === own) {
          searching.value = false;
          search = undefined;
        }
      }
    });
  }
  /** @returns whether a search was running. */
  function stopSearch(): boolean {
    const running = search !== undefined;
    search?.abort();
    search = undefined;
    searching.value = false;
    return running;
  }

  async function stopAt(seq: number, number: number | undefined): Promise<void> {
    if (number !== undefined) selectedId.value = number;
    await trace.goTo(seq);
    const row = trace.moment?.row;
    if (row?.vcpu !== null && row?.vcpu !== undefined) await trace.inspectVcpu(row.vcpu);
    const entry = entries.value.find(({ breakpoint }) => breakpoint.id === number);
    const rank = entry === undefined ? undefined : place(entry, seq);
    const parts = [
      number === undefined ? 'Stopped' : `Breakpoint ${number}`,
      rank?.at === undefined || entry?.hits === undefined ? '' : `hit ${rank.at} of ${entry.hits.count}`,
      `event ${eventLabel(seq).slice(1)}`,
      row === undefined || row.vcpu === null ? '' : `vCPU ${row.vcpu}`,
      row === undefined ? '' : `${row.name} ${row.operand}`,
    ];
    useUi().announce(parts.filter((part) => part !== '').join(', '));
  }

  function nothing(direction: 'forward' | 'backward', among: readonly BreakpointEntry[]): string {
    const stops = among.filter(({ breakpoint }) => breakpoint.action === 'break' || among.length === 1);
    const places = stops.map((entry) => ({ hits: entry.hits, place: place(entry, trace.target) }));
    const other = places.reduce((sum, { hits, place: at }) => {
      if (hits === undefined || at === undefined) return sum;
      return sum + (direction === 'forward' ? at.before : hits.count - at.before - (at.at === undefined ? 0 : 1));
    }, 0);
    return direction === 'forward' ? `No later hit. ${other} earlier.` : `No earlier hit. ${other} later.`;
  }

  return {
    entries,
    enabled,
    selectedId,
    selected,
    failure,
    searching,
    progress,
    exported,
    adopt,
    add,
    change,
    remove,
    place,
    step,
    run,
    stopSearch,
  };
});
