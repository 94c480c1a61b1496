/**
 * Keeps the timeline supplied: asks for the lanes that are visible (and those that a visible mask lane judges), three
 * spans wide, when what is there no longer serves. One question at a time; what is on screen stays until then.
 */
import { ref, type Ref, shallowRef } from 'vue';
import { view } from '../stores/timeline.ts';
import { useTrace } from '../stores/trace.ts';
import { type LaneRow } from '../timeline/lanes.ts';
import { type Coverage, coverageFor, serves, type Tiles } from '../timeline/tiles.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';

/** Most lanes in one question: the contract's limit. */
const MOST_LANES = 600;

export interface LaneSupply {
  readonly tiles: Ref<Tiles | undefined>;
  readonly failure: Ref<string>;
  /** Asks if needed. Cheap: called in every frame. */
  supply(rows: readonly LaneRow[], width: number): void;
  readonly busy: () => boolean;
}

export function useLaneSupply(changed: () => void): LaneSupply {
  const trace = useTrace();
  const tiles = shallowRef<Tiles | undefined>();
  const failure = ref('');
  let asked: Coverage | undefined;
  let forTrace: number | undefined;
  let forEvents = 0;
  /** The trace has grown since: what is here serves only until the answer. */
  let stale = false;

  function supply(rows: readonly LaneRow[], width: number): void {
    const { info } = trace;
    if (info === undefined || width === 0) return;
    if (forTrace !== info.id || forEvents !== info.events) {
      if (forTrace !== info.id) tiles.value = undefined;
      forTrace = info.id;
      forEvents = info.events;
      asked = undefined;
      stale = true;
    }
    const lanes = rows.flatMap(({ lane }) => (lane === undefined ? [] : [lane.id])).slice(0, MOST_LANES);
    if (lanes.length === 0) return;
    const want = coverageFor(view.span, width, view.duration, lanes);
    const have = asked ?? tiles.value?.coverage;
    if (!stale && have !== undefined && serves(have, want, view.span, view.duration)) return;
    // While one is on its way the newest wish waits; the next frame after the answer asks again.
    if (asked !== undefined) return;
    asked = want;
    stale = false;
    void fetch(info.id, want, lanes);
  }

  async function fetch(id: number, want: Coverage, lanes: readonly string[]): Promise<void> {
    try {
      const { from, to, columns } = want;
      const answer = await backend().call('timeline.lanes', { id, from, to, columns, lanes: [...lanes], marks: true });
      if (trace.info?.id === id) {
        tiles.value = { coverage: want, lanes: new Map(answer.lanes.map((lane) => [lane.lane, lane])) };
        failure.value = '';
      }
    } catch (error) {
      if (!isCancelled(error)) failure.value = messageOf(error);
    } finally {
      if (asked === want) asked = undefined;
      changed();
    }
  }

  return { tiles, failure, supply, busy: () => asked !== undefined };
}
