/**
 * The open trace and its one cursor. `moment` is what every pane shows: position, time, event and the state of the
 * vCPUs after it, fetched together and replaced in one assignment, so no two panes ever show different moments.
 * `target` runs ahead of it while an answer is on its way; further steps count from there. Under a held key one
 * question is in flight and the newest target waits for it (query/latest.ts).
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { type Lane, type TraceInfo } from '../../core/session/contract.ts';
import { lanesOf } from '../../core/session/vocabulary.ts';
import { clockOf } from '../format/clock.ts';
import { eventLabel } from '../format/number.ts';
import { steady } from '../query/latest.ts';
import { keep, recall } from '../remember.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { forgetUndo } from '../undo.ts';
import { createMoments, type Moment, type Sight } from './moment.ts';
import { sameSight, sightOf } from './sight.ts';
import { useUi } from './ui.ts';

/** How the cursor is moved. */
export type Move = 'visit' | 'point' | 'scrub';

export interface Selection {
  /** Lane id; also the interrupt that keys such as `.` and `B` mean. */
  readonly lane: string | undefined;
  /** Path of the register that is selected in the inspector. */
  readonly register: string | undefined;
  /** Position of the row that is focused in the event list, if it is not the cursor. */
  readonly row: number | undefined;
}

const LONGEST_HISTORY = 500;
/** Registers that may be open at once (contract: `state.inspect`). */
const MOST_OPEN = 256;
/** Lanes that may be on screen when a trace is opened; which ones are is known when they are laid out. */
const FIRST_LANES = 100;

export const useTrace = defineStore('trace', () => {
  const info = shallowRef<TraceInfo | undefined>();
  const moment = shallowRef<Moment | undefined>();
  const target = ref(-1);
  /** Shown at 60 % with a hairline after 200 ms of waiting. */
  const waiting = ref(false);
  const failure = ref('');
  const vcpu = ref(0);
  /** Fixed baseline of "changed since"; undefined: the previous stop. */
  const fixedBaseline = ref<number | undefined>();
  const previousStop = ref<number | undefined>();
  const selection = shallowRef<Selection>({ lane: undefined, register: undefined, row: undefined });
  /** A register that the inspector is to show; it clears this when it has. */
  const revealedRegister = ref<string | undefined>();
  /** Registers whose bits and fields the inspector shows, by path. */
  const openRegisters = shallowRef<ReadonlySet<string>>(new Set());
  /** Show the state before the event at the cursor instead of after it. */
  const before = ref(false);
  /** Whether the timeline is to bring the cursor into view. */
  const followed = ref(true);
  const past = shallowRef<readonly number[]>([]);
  const future = shallowRef<readonly number[]>([]);

  const sight = shallowRef<Sight>({ vcpus: [], shared: undefined });

  const moments = createMoments();
  let generation = 0;

  /** What the times on screen are those of; undefined: they count from the start of the trace. */
  const ownClock = computed(() => (info.value === undefined ? undefined : clockOf(info.value.source.facts)));
  const clock = computed(() => (useUi().timeOrigin === 'clock' ? ownClock.value : undefined));
  const last = computed(() => Math.max(-1, (info.value?.events ?? 0) - 1));
  const vcpus = computed(() => Array.from({ length: info.value?.vcpus ?? 0 }, (_, index) => index));
  /** Everything of the inspected vCPU; that of the one before until its own has come. */
  const state = computed(() => moment.value?.states.get(moment.value.vcpu));
  const lanes = computed<readonly Lane[]>(() => (info.value === undefined ? [] : lanesOf(info.value)));
  const selectedLane = computed(() => lanes.value.find(({ id }) => id === selection.value.lane));
  const baseline = computed(() => fixedBaseline.value ?? previousStop.value);
  /** Searches for a place to go to that are on their way. */
  const searches = ref(0);
  const ready = computed(() => moment.value?.seq === target.value && !waiting.value && searches.value === 0);

  async function open(path: string): Promise<void> {
    const opened = await backend().call('trace.open', { path });
    await close();
    generation++;
    moments.forget();
    forgetUndo();
    info.value = opened;
    const selected = recall<string>(`lane.${path}`, '');
    const lane = lanes.value.find(({ id }) => id === selected) ?? firstInterrupt(opened.busiest, lanes.value);
    const inspected = recall<number>(`vcpu.${path}`, lane?.vcpu ?? 0);
    vcpu.value = vcpus.value.includes(inspected) ? inspected : 0;
    sight.value = sightOf({ vcpus: opened.vcpus, lanes: lanes.value }, lanes.value.slice(0, FIRST_LANES), lane);
    fixedBaseline.value = undefined;
    previousStop.value = undefined;
    selection.value = { lane: lane?.id, register: undefined, row: undefined };
    openRegisters.value = new Set();
    past.value = [];
    future.value = [];
    const remembered = recall<number>(`position.${path}`, 0);
    target.value = Math.min(Math.max(remembered, -1), opened.events - 1);
    await mover.ask(target.value);
  }

  async function close(): Promise<void> {
    const old = info.value;
    if (old === undefined) return;
    generation++;
    mover.drop();
    info.value = undefined;
    moment.value = undefined;
    failure.value = '';
    await backend().call('trace.close', { id: old.id });
  }

  /** The backend started again: the trace must be opened anew; the cursor stays. */
  async function reopen(): Promise<void> {
    const old = info.value;
    if (old === undefined) return;
    generation++;
    moments.forget();
    info.value = await backend().call('trace.open', { path: old.path });
    await mover.ask(target.value);
  }

  function grow(events: number, durationNs: number, finished: boolean): void {
    const old = info.value;
    if (old === undefined) return;
    info.value = { ...old, events, durationNs, finished };
    void renewal.ask(old.id);
  }

  /** A growing trace has more lanes, interrupts, counts: everything that is told of it. */
  const renewal = steady(async (id: number) => {
    const now = await backend().call('trace.info', { id });
    if (info.value?.id === id) info.value = now;
  });

  /** Counts a search while it runs, so that the window knows when it is at rest. */
  async function searching<T>(search: Promise<T>): Promise<T> {
    searches.value++;
    try {
      return await search;
    } finally {
      searches.value--;
    }
  }

  async function load(seq: number): Promise<void> {
    const trace = info.value;
    if (trace === undefined) return;
    const mine = generation;
    const compared = baseline.value === seq ? undefined : baseline.value;
    const late = setTimeout(() => (waiting.value = true), 200);
    try {
      const question = {
        seq,
        vcpu: vcpu.value,
        baseline: compared,
        previous: previousStop.value,
        before: before.value,
        sight: sight.value,
        decoded: [...openRegisters.value],
      };
      const next = await moments.fetch(trace, question);
      if (mine !== generation) return;
      moment.value = next;
      failure.value = '';
      keep(`position.${trace.path}`, seq);
    } catch (error) {
      if (mine === generation && !isCancelled(error)) failure.value = messageOf(error);
    } finally {
      clearTimeout(late);
      if (mine === generation) waiting.value = false;
    }
  }
  const mover = steady(load);

  /**
   * Moves the cursor.
   * @param how `visit` adds to history and sets the baseline (a jump, a step); `point` does so too, but the timeline
   *   stays where the person pointed; `scrub` does neither
   */
  async function goTo(seq: number, how: Move = 'visit'): Promise<void> {
    const to = Math.min(Math.max(seq, -1), last.value);
    if (info.value === undefined) return;
    followed.value = how === 'visit';
    if (how !== 'scrub' && to !== target.value) {
      past.value = [...past.value, target.value].slice(-LONGEST_HISTORY);
      future.value = [];
      previousStop.value = target.value;
    }
    target.value = to;
    await mover.ask(to);
  }

  async function travel(from: typeof past, to: typeof future): Promise<void> {
    const place = from.value.at(-1);
    if (place === undefined) return;
    from.value = from.value.slice(0, -1);
    to.value = [...to.value, target.value];
    previousStop.value = target.value;
    followed.value = true;
    target.value = Math.min(place, last.value);
    await mover.ask(target.value);
  }

  const back = (): Promise<void> => travel(past, future);
  const forward = (): Promise<void> => travel(future, past);

  async function inspectVcpu(number: number): Promise<void> {
    if (number < 0 || number >= (info.value?.vcpus ?? 0) || number === vcpu.value) return;
    vcpu.value = number;
    if (info.value !== undefined) keep(`vcpu.${info.value.path}`, number);
    if (moment.value !== undefined && moment.value.vcpu !== number) await mover.ask(target.value);
  }

  /** Tells which lanes are on screen: where a trace has too many to ask about all. */
  async function look(lanesInSight: readonly Lane[]): Promise<void> {
    const next = sightOf({ vcpus: vcpus.value.length, lanes: lanes.value }, lanesInSight, selectedLane.value);
    if (sameSight(next, sight.value)) return;
    sight.value = next;
    if (moment.value !== undefined) await mover.ask(target.value);
  }

  /** Fixes "changed since" to the cursor, or lets it follow the previous stop again. */
  async function toggleBaseline(): Promise<void> {
    fixedBaseline.value = fixedBaseline.value === undefined ? target.value : undefined;
    useUi().announce(
      fixedBaseline.value === undefined
        ? 'Changes are shown since the previous stop'
        : `Changes are shown since event ${eventLabel(fixedBaseline.value)}`,
    );
    await mover.ask(target.value);
  }

  /** Shows the state before or after the event at the cursor. */
  async function toggleBefore(): Promise<void> {
    before.value = !before.value;
    useUi().announce(before.value ? 'State before the event' : 'State after the event');
    await mover.ask(target.value);
  }

  function selectLane(id: string | undefined): void {
    selection.value = { ...selection.value, lane: id };
    if (info.value !== undefined) keep(`lane.${info.value.path}`, id ?? '');
    const lane = selectedLane.value;
    if (lane !== undefined && lane.vcpu !== null) void inspectVcpu(lane.vcpu);
  }
  function selectInterrupt(intid: number, ofVcpu: number | null): void {
    const lane = lanes.value.find((one) => one.intid === intid && (one.vcpu === null || one.vcpu === ofVcpu));
    selectLane(lane?.id ?? laneIdOf(intid, ofVcpu));
  }
  /** Which row of a list is about the selected interrupt; -1: none. */
  function selectedAmong(rows: readonly { readonly intid: number | null }[]): number {
    const intid = selectedLane.value?.intid ?? null;
    return intid === null ? -1 : rows.findIndex((row) => row.intid === intid);
  }
  function selectRegister(path: string | undefined): void {
    selection.value = { ...selection.value, register: path };
  }
  /** Opens or closes a register in the inspector; with too many open, the one opened first is closed. */
  async function openRegister(path: string, open: boolean): Promise<void> {
    const others = [...openRegisters.value].filter((one) => one !== path);
    openRegisters.value = new Set(open ? [...others, path].slice(-MOST_OPEN) : others);
    if (open && moment.value !== undefined) await mover.ask(target.value);
  }
  /** Selects a register and has the inspector open it. */
  async function revealRegister(path: string): Promise<void> {
    selectRegister(path);
    await openRegister(path, true);
    revealedRegister.value = path;
  }
  function selectRow(seq: number | undefined): void {
    selection.value = { ...selection.value, row: seq };
  }

  return {
    info,
    moment,
    target,
    waiting,
    failure,
    vcpu,
    vcpus,
    state,
    lanes,
    last,
    clock,
    ownClock,
    ready,
    selection,
    selectedLane,
    baseline,
    fixedBaseline,
    previousStop,
    past,
    future,
    open,
    close,
    reopen,
    grow,
    goTo,
    back,
    forward,
    inspectVcpu,
    look,
    toggleBaseline,
    toggleBefore,
    selectLane,
    selectInterrupt,
    selectedAmong,
    followed,
    searching,
    selectRegister,
    openRegisters,
    openRegister,
    revealRegister,
    revealedRegister,
    selectRow,
  };
});

/** The busiest interrupt: something to look at when a trace is opened. */
function firstInterrupt(busiest: number | null, lanes: readonly Lane[]): Lane | undefined {
  const interrupts = lanes.filter(({ type }) => type === 'interrupt').toSorted(quietLast);
  return interrupts.find(({ intid }) => intid === busiest) ?? interrupts[0];
}

const quietLast = (a: Lane, b: Lane): number => Number(a.quiet) - Number(b.quiet);

const TYPES = ['sgi', 'ppi', 'lpi', 'spi'] as const;

/** `vcpu1.ppi27`, `spi33`: ids as the contract writes them. */
function laneIdOf(intid: number, vcpu: number | null): string {
  const key = `${TYPES[(intid >>> 29) & 3] ?? 'irq'}${intid & 0xff_ffff}`;
  return vcpu === null ? key : `vcpu${vcpu}.${key}`;
}
