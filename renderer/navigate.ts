/**
 * The ways of the cursor: steps, the next change of what is selected, what a person typed. Each asks the backend for a
 * position and moves there; a newer question drops an older one. `false` means that there is no such place.
 */
import { sinceStart } from './format/clock.ts';
import { interruptCondition, type Target } from './break-on.ts';
import { latest } from './query/latest.ts';
import { useFilter } from './stores/filter.ts';
import { type Move, useTrace } from './stores/trace.ts';
import { useUi } from './stores/ui.ts';
import { backend, isCancelled, messageOf } from './transport.ts';

export type Direction = 'forward' | 'backward';

type Question = (signal: AbortSignal) => Promise<number | null>;
const asker = latest((question: Question, signal) => question(signal));

async function moveTo(question: Question, none: string, how: Move = 'visit'): Promise<boolean> {
  const ui = useUi();
  try {
    const seq = await useTrace().searching(asker.ask(question));
    if (seq === undefined) return false;
    if (seq === null) {
      ui.notify('note', none);
      return false;
    }
    await useTrace().goTo(seq, how);
    return true;
  } catch (error) {
    if (!isCancelled(error)) ui.notify('error', messageOf(error));
    return false;
  }
}

const traceId = (): number => useTrace().info?.id ?? 0;

/** One event on, within the filter unless `everything`. */
export async function step(steps: 1 | -1, everything = false): Promise<void> {
  const trace = useTrace();
  const filter = everything ? '' : useFilter().condition;
  // Without a filter the next position is known: no need to ask, and a held key stays smooth.
  if (filter === '') {
    const seq = trace.target + steps;
    if (seq >= -1 && seq <= trace.last) await trace.goTo(seq);
    return;
  }
  await moveTo(
    async (signal) => {
      const args = { id: traceId(), from: trace.target, steps, vcpu: null, filter };
      return (await backend().call('nav.step', args, signal)).seq;
    },
    steps > 0 ? 'No later event matches the filter.' : 'No earlier event matches the filter.',
  );
}

/** One event on, on the vCPU of the event under the cursor (or the inspected one). */
export async function stepVcpu(steps: 1 | -1): Promise<void> {
  const trace = useTrace();
  const vcpu = trace.moment?.row?.vcpu ?? trace.vcpu;
  const filter = useFilter().condition;
  await moveTo(
    async (signal) => {
      const args = { id: traceId(), from: trace.target, steps, vcpu, filter };
      return (await backend().call('nav.step', args, signal)).seq;
    },
    `No ${steps > 0 ? 'later' : 'earlier'} event on vCPU ${vcpu}.`,
  );
}

/** To the next position where a condition holds. */
async function find(condition: string, direction: Direction, none: string): Promise<boolean> {
  const from = useTrace().target;
  return moveTo(async (signal) => {
    const found = await backend().call('nav.find', { id: traceId(), condition, from, direction }, signal);
    return found.seq;
  }, none);
}

/** To the next change of the selected interrupt's state. */
export async function findInterruptChange(direction: Direction): Promise<void> {
  const lane = useTrace().selectedLane;
  if (lane?.intid === null || lane === undefined) {
    useUi().notify('note', 'Choose an interrupt lane or a PPI cell first.');
    return;
  }
  const target: Target = { intid: lane.intid, vcpu: lane.vcpu };
  const none = `${lane.label} does not change ${direction === 'forward' ? 'later' : 'earlier'}.`;
  await find(`${interruptCondition(target, undefined)} changes${onVcpu(lane.vcpu)}`, direction, none);
}

/** To the next change of the selected register. */
export async function findRegisterChange(direction: Direction): Promise<void> {
  const path = useTrace().selection.register;
  if (path === undefined) {
    useUi().notify('note', 'Choose a register in the inspector first.');
    return;
  }
  const none = `${path} does not change ${direction === 'forward' ? 'later' : 'earlier'}.`;
  await find(`${path} changes`, direction, none);
}

/** To the next guest entry, exit, idle or wake-up of the vCPU. */
export async function findRunStateChange(direction: Direction): Promise<void> {
  const trace = useTrace();
  const vcpu = trace.moment?.row?.vcpu ?? trace.vcpu;
  const none = `vCPU ${vcpu} does not enter or leave the guest ${direction === 'forward' ? 'later' : 'earlier'}.`;
  await find(`vcpu${vcpu}.runState changes`, direction, none);
}

/** Where a typed place is: `#412958`, `4.18s`, `+5ms`, `50%`, or a bookmark's note. Times are those on screen. */
export async function resolvePlace(text: string, signal?: AbortSignal): Promise<{ seq: number | null; error: string }> {
  const { target, clock } = useTrace();
  const place = sinceStart(clock, text).trim();
  return backend().call('nav.resolve', { id: traceId(), text: place, from: target }, signal);
}

/** The last event at or before a time; used by pointer and scrubbing. */
const timeAsker = latest((time: number, signal) => backend().call('nav.seqAtTime', { id: traceId(), time }, signal));

export async function goToTime(time: number, how: Move): Promise<void> {
  try {
    const found = await useTrace().searching(timeAsker.ask(Math.max(0, Math.round(time))));
    if (found !== undefined) await useTrace().goTo(found.seq, how);
  } catch (error) {
    if (!isCancelled(error)) useUi().notify('error', messageOf(error));
  }
}

/** To the event nearest to a time among those that a filter lets through (empty: all). */
export async function goToNearest(time: number, filter: string): Promise<void> {
  await moveTo(
    async (signal) => {
      const id = traceId();
      const { seq } = await backend().call('nav.seqAtTime', { id, time: Math.max(0, Math.round(time)) }, signal);
      const one = (from: number, direction: Direction) =>
        backend().call('events.rows', { id, from, count: 1, direction, filter }, signal);
      const [before, after] = await Promise.all([one(Math.max(seq, 0), 'backward'), one(seq + 1, 'forward')]);
      const candidates = [...before.rows, ...after.rows];
      candidates.sort((a, b) => Math.abs(a.time - time) - Math.abs(b.time - time));
      return candidates[0]?.seq ?? null;
    },
    'This lane has no event.',
    'point',
  );
}

function onVcpu(vcpu: number | null): string {
  return vcpu === null ? '' : ` on vcpu ${vcpu}`;
}
