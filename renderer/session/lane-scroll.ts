/**
 * How far the lanes are scrolled, and which of them are in sight. The selected lane stays in sight; when scrolling
 * rests, the states of the lanes that came into sight are asked for.
 */
import { computed, type ComputedRef, onBeforeUnmount, ref, type Ref, watch } from 'vue';
import { useTimeline } from '../stores/timeline.ts';
import { useTrace } from '../stores/trace.ts';
import { rowAt, rowsBetween } from '../timeline/lanes.ts';
import { LANES_TOP } from '../timeline/scene.ts';

/** Left free below the last lane. */
const BELOW = 8;
/** Rows in sight, and a little above and below: scrolling by that much shows no gap. In pixels. */
const AROUND = 200;
const REST_MS = 80;

type Rows = ReturnType<typeof rowsBetween>;

export interface LaneScroll {
  /** Pixels that the lanes are scrolled by. */
  readonly top: Ref<number>;
  /** Height that the lanes have on screen, and their own height. */
  readonly room: ComputedRef<number>;
  readonly total: ComputedRef<number>;
  readonly near: ComputedRef<Rows>;
  /** The first lane in sight, in words: shown beside the thumb while it is dragged. */
  readonly firstLane: ComputedRef<string>;
  /** Rows near a canvas of this height. */
  around(height: number): Rows;
  scroll(to: number): void;
}

/** @param height height of the canvas in pixels */
export function useLaneScroll(height: Readonly<Ref<number>>): LaneScroll {
  const trace = useTrace();
  const timeline = useTimeline();
  const top = ref(0);

  const around = (of: number): Rows => rowsBetween(timeline.layout, top.value - AROUND, top.value + of + AROUND);
  const near = computed(() => around(height.value));
  const room = computed(() => Math.max(0, height.value - LANES_TOP));
  const total = computed(() => timeline.layout.height + BELOW);
  const most = computed(() => Math.max(0, total.value - room.value));
  watch(most, (limit) => (top.value = Math.min(top.value, limit)));

  let resting: ReturnType<typeof setTimeout> | undefined;
  watch(near, ({ rows }) => {
    clearTimeout(resting);
    resting = setTimeout(() => void trace.look(rows.flatMap(({ lane }) => lane ?? [])), REST_MS);
  });
  onBeforeUnmount(() => clearTimeout(resting));

  watch(
    () => trace.selection.lane,
    (id) => {
      const row = timeline.layout.rows.find((one) => one.id === id);
      if (row === undefined || room.value <= 0) return;
      if (row.y < top.value) top.value = row.y;
      else if (row.y + row.height > top.value + room.value) top.value = row.y + row.height - room.value;
    },
    { flush: 'post' },
  );

  return {
    top,
    room,
    total,
    near,
    firstLane: computed(() => {
      const row = rowAt(timeline.layout, top.value + BELOW);
      if (row === undefined || row.kind === 'exec' || !row.group.startsWith('vcpu')) return row?.title ?? '';
      return `vCPU ${row.group.slice(4)}, ${row.title}`;
    }),
    around,
    scroll: (to) => void (top.value = Math.min(Math.max(0, to), most.value)),
  };
}
