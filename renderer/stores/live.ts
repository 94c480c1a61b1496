/**
 * The recording that writes the open trace, if one does: its state, what a person makes it do, and whether the cursor
 * follows its end. A person who moves the cursor while it runs stays where they went; the recording goes on.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { type Args, type LiveState } from '../../core/session/contract.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { useTrace } from './trace.ts';
import { useUi } from './ui.ts';

type Action = Args<'live.control'>['action'];

export const useLive = defineStore('live', () => {
  const trace = useTrace();
  const ui = useUi();
  /** The last state of the open trace's recording; ended ones stay until they are dismissed. */
  const state = shallowRef<LiveState | undefined>();
  const follow = ref(true);
  /** Where the recording put the cursor last. */
  let placed: number | undefined;
  /** States that came before it was known whose they are. */
  const early = new Map<string, LiveState>();

  const running = computed(() => state.value?.state === 'running');
  const stopped = computed(() => state.value?.state === 'stopped');
  const active = computed(() => running.value || stopped.value);
  /** The cursor is where the machine stands, so what the machine is to do next is what "next" means. */
  const atEnd = computed(() => state.value !== undefined && trace.target >= state.value.seq);

  watch(
    () => trace.info,
    async (info, before) => {
      if (info?.id === before?.id) return;
      const left = state.value;
      state.value = undefined;
      placed = undefined;
      follow.value = true;
      // A recording that nobody watches any more is complete as far as it came.
      if (left !== undefined && left.path !== info?.path && isActive(left))
        void backend().call('live.control', { live: left.live, action: 'finish' });
      if (info === undefined || info.finished) return;
      const { recordings } = await backend().call('live.list', {});
      const own = recordings.find(({ path }) => path === info.path);
      if (own !== undefined && trace.info?.id === info.id) await take(early.get(info.path) ?? own);
    },
  );

  async function take(next: LiveState): Promise<void> {
    const before = state.value;
    state.value = next;
    if (placed !== undefined && trace.target !== placed) follow.value = false;
    if (next.state === 'running' && !follow.value) return;
    const isNews = before?.state !== next.state || before.seq !== next.seq || before.events !== next.events;
    if (!isNews) return;
    if (next.state === 'stopped') {
      follow.value = true;
      ui.announce(`${stopWords(next)} at event ${next.seq}`);
      const pc = next.threads.find(({ vcpu }) => vcpu === next.vcpu);
      if (pc !== undefined) await trace.inspectVcpu(pc.vcpu);
    }
    placed = Math.min(next.seq, trace.last);
    await trace.goTo(placed, next.state === 'running' ? 'scrub' : 'visit');
  }

  /** A push of the backend. */
  async function onState(next: LiveState): Promise<void> {
    if (next.path === trace.info?.path) return take(next);
    early.clear();
    early.set(next.path, next);
  }

  /** Runs a scenario and opens its trace, standing at its first event. */
  async function start(scenario: string): Promise<void> {
    const args = { scenario, output: '', overwrite: false, paused: true };
    const { path } = await backend().call('live.start', args);
    await trace.open(path);
    ui.inspectorTab = 'program';
    ui.inspectorVisible = true;
  }

  /** The steps that were asked for and are still to be made. */
  let steps: Promise<void> = Promise.resolve();

  /** A step waits for the one before it: two presses of a key are two steps, however long the machine takes. */
  function control(action: Action, vcpu: number | null = null): Promise<void> {
    if (action !== 'stepInstruction' && action !== 'stepEvent') return act(action, vcpu);
    const asked = state.value?.live;
    steps = steps.then(() => {
      const isOver = asked !== undefined && (state.value?.live !== asked || !isActive(state.value));
      return isOver ? undefined : act(action, vcpu);
    });
    return steps;
  }

  async function act(action: Action, vcpu: number | null): Promise<void> {
    const now = state.value;
    if (now === undefined || !isActive(now)) {
      ui.notify('note', 'No recording runs. Start one with "Record a scenario live".');
      return;
    }
    follow.value = true;
    placed = undefined;
    try {
      await take(await backend().call('live.control', { live: now.live, action, vcpu }));
    } catch (error) {
      if (!isCancelled(error)) ui.notify('error', messageOf(error));
    }
  }

  /** Runs it, or stops it where it is. */
  const toggle = (): Promise<void> => control(running.value ? 'pause' : 'run');

  /** Has the machine do it, when it stands where the cursor is; whether it did. */
  function goOn(action: Action): boolean {
    if (!stopped.value || !atEnd.value) return false;
    void control(action);
    return true;
  }

  async function followAgain(): Promise<void> {
    follow.value = true;
    placed = trace.last;
    await trace.goTo(trace.last);
  }

  function dismiss(): void {
    state.value = undefined;
  }

  return {
    state,
    follow,
    running,
    stopped,
    active,
    atEnd,
    onState,
    start,
    control,
    toggle,
    goOn,
    followAgain,
    dismiss,
  };
});

const isActive = ({ state }: LiveState): boolean => state === 'running' || state === 'stopped';

/** Why it stands still, in words. */
export function stopWords({ why, breakpoint, before }: LiveState): string {
  switch (why) {
    case 'start':
      return 'Stopped at its start';
    case 'pause':
      return 'Paused';
    case 'step':
      return 'Stepped';
    case 'breakpoint':
      return `${before ? 'Before' : 'Hit'} breakpoint ${breakpoint}`;
    case 'end':
      return 'Ended';
    case null:
      return 'Running';
  }
}
