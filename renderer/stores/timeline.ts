/**
 * The timeline's settings that Vue knows: lanes collapsed, hidden, pinned, the measured range, whether it follows the
 * cursor. The window of time itself is in `view` and is not reactive (timeline/view.ts).
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { centre, clamp, fit, length, pan, reveal, type Span, zoom } from '../timeline/scale.ts';
import { groupLanes, layoutLanes, neighbour } from '../timeline/lanes.ts';
import { createView } from '../timeline/view.ts';
import { record } from '../undo.ts';
import { useTrace } from './trace.ts';

const reduced = window.matchMedia('(prefers-reduced-motion: reduce)');
const wide = window.matchMedia('(min-width: 1600px)');

/** One timeline per window. */
export const view = createView({
  reducedMotion: () => reduced.matches,
  now: () => performance.now(),
  frame: (callback) => requestAnimationFrame(callback),
});

export const useTimeline = defineStore('timeline', () => {
  const trace = useTrace();
  const collapsed = shallowRef<ReadonlySet<string>>(new Set());
  const hidden = shallowRef<ReadonlySet<string>>(new Set());
  const pinned = shallowRef<ReadonlySet<string>>(new Set());
  /** Groups whose quiet lanes are shown. */
  const unfolded = shallowRef<ReadonlySet<string>>(new Set());
  const range = shallowRef<Span | undefined>();
  /** First key of `R`: the range ends where the cursor is at the second. */
  const rangeStart = ref<number | undefined>();
  const follow = ref(true);
  const gap = ref(wide.matches ? 10 : 8);
  wide.addEventListener('change', (event) => (gap.value = event.matches ? 10 : 8));
  /** A second cursor while the pointer rests on an event link. */
  const ghost = ref<number | undefined>();

  const groups = computed(() => groupLanes(trace.lanes));
  const layout = computed(() =>
    layoutLanes(groups.value, {
      selected: trace.selection.lane,
      collapsed: collapsed.value,
      unfolded: unfolded.value,
      hidden: hidden.value,
      pinned: pinned.value,
      gap: gap.value,
    }),
  );

  watch(
    () => trace.info?.id,
    () => {
      collapsed.value = new Set();
      hidden.value = new Set();
      pinned.value = new Set();
      unfolded.value = new Set();
      range.value = undefined;
      view.reset(trace.info?.durationNs ?? 0);
    },
    { immediate: true },
  );
  watch(
    () => trace.info?.durationNs,
    (now) => view.extend(now ?? 0),
  );
  watch(
    () => trace.moment,
    (moment) => {
      if (moment !== undefined && follow.value && trace.followed) {
        const next = reveal(view.goal, moment.time, view.duration);
        if (next !== view.goal) view.set(next);
      }
    },
  );

  const cursorTime = (): number => trace.moment?.time ?? 0;
  /** Zooms around the cursor, or around the middle when the cursor is out of sight. */
  function zoomBy(factor: number, at?: number): void {
    const { from, to } = view.goal;
    const cursor = cursorTime();
    const fixed = at ?? (cursor >= from && cursor <= to ? cursor : (from + to) / 2);
    view.ease((goal) => zoom(goal, fixed, factor, view.duration));
  }
  function panBy(shares: number): void {
    view.ease((goal) => pan(goal, length(goal) * shares, view.duration));
  }
  function fitAll(): void {
    view.remember();
    view.ease(() => fit(view.duration));
  }
  function centreCursor(): void {
    view.ease((goal) => centre(goal, cursorTime(), view.duration));
  }
  /** Zooms to the range, or to an episode. */
  function zoomTo(span: Span): void {
    view.remember();
    const margin = length(span) * 0.1;
    view.ease(() => clamp({ from: span.from - margin, to: span.to + margin }, view.duration));
  }
  function zoomToSelection(): void {
    if (range.value !== undefined) zoomTo(range.value);
  }
  function markRange(): void {
    if (rangeStart.value === undefined) {
      rangeStart.value = cursorTime();
      range.value = undefined;
      return;
    }
    const [from = 0, to = 0] = [rangeStart.value, cursorTime()].toSorted((a, b) => a - b);
    rangeStart.value = undefined;
    range.value = to > from ? { from, to } : undefined;
  }

  function toggle(set: typeof hidden, id: string, title: string): void {
    const after = new Set(set.value);
    if (!after.delete(id)) after.add(id);
    change(set, after, title);
  }
  function change(set: typeof hidden, after: ReadonlySet<string>, title: string): void {
    const before = set.value;
    set.value = after;
    record({ title, undo: () => void (set.value = before), redo: () => void (set.value = after) });
  }
  const toggleGroup = (group: string): void => toggle(collapsed, group, 'Collapse lanes');
  const togglePin = (id: string): void => toggle(pinned, id, 'Pin lane');
  const toggleHidden = (id: string): void => toggle(hidden, id, 'Hide lane');
  const showAllLanes = (): void => change(hidden, new Set(), 'Show all lanes');
  const toggleFold = (group: string): void => toggle(unfolded, group, 'Show quiet lanes');
  const hasFolds = computed(() => groups.value.some(({ quiet }) => quiet.length > 0));
  const allUnfolded = computed(() =>
    groups.value.every(({ id, quiet }) => quiet.length === 0 || unfolded.value.has(id)),
  );
  /** Shows the quiet lanes of all groups, or folds them. */
  function toggleAllFolds(): void {
    const after = allUnfolded.value ? [] : groups.value.map(({ id }) => id);
    change(unfolded, new Set(after), 'Show all quiet lanes');
  }

  function moveSelection(step: 1 | -1): void {
    const row = neighbour(layout.value, trace.selection.lane, step);
    if (row !== undefined) trace.selectLane(row.id);
  }

  return {
    collapsed,
    hidden,
    pinned,
    range,
    rangeStart,
    follow,
    ghost,
    layout,
    zoomBy,
    panBy,
    fitAll,
    centreCursor,
    zoomTo,
    zoomToSelection,
    markRange,
    toggleGroup,
    togglePin,
    toggleHidden,
    showAllLanes,
    unfolded,
    toggleFold,
    toggleAllFolds,
    hasFolds,
    allUnfolded,
    moveSelection,
  };
});
