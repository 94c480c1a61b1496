/**
 * Several recordings as one trace.
 *
 * Logs of one emulator without offsets of their own are one recording whose lines are merged by their time stamps (the
 * set that `-d tid` writes). Each other file is a recording with its own importer. The first is the reference; how far
 * another is from it follows from, in this order: an offset that the user states; the same clock (UTC); interrupts that
 * both show (align.ts), for which both are read once before; clocks of one kind whose values are within a day. Else both
 * begin together. `info` says which it was.
 *
 * Memory: the waiting events of each recording (merger.ts). Cost: linear in events and files.
 */
import { type TraceSink, type TraceSummary } from '../../trace/sink.ts';
import { type ImportInput, type ImportOptions, type ImportResult } from '../options.ts';
import { type ReadSummary } from '../format.ts';
import { commonOffset, type Mark, type Offset } from './align.ts';
import { Common, Lane } from './lane.ts';
import { MarkSink } from './marks.ts';
import { Merger } from './merger.ts';
import { groupInputs, type PerInput, type Recording } from './recording.ts';
import { summariseAll } from './summary.ts';

export type SeveralOptions = Omit<ImportOptions, 'guest'> & PerInput;

/** What a recording told of its clock. */
interface Clock {
  readonly name: string;
  readonly zero: bigint;
}

/** How the distance of a recording was found, for people. */
export interface Placed {
  readonly start: number;
  readonly because: string;
}

const DAY = 86_400_000_000_000n;

/** @throws ImportError, or the signal's reason when cancelled */
export async function importSeveral(
  inputs: readonly ImportInput[],
  sink: TraceSink,
  options: SeveralOptions = {},
): Promise<ImportResult> {
  options.signal?.throwIfAborted();
  const recordings = await groupInputs(inputs, options);
  try {
    const offsets = await commonInterrupts(recordings, options);
    return await merge(recordings, offsets, sink, options);
  } finally {
    await Promise.all(recordings.map((recording) => recording.close()));
  }
}

async function merge(
  recordings: readonly Recording[],
  offsets: readonly (Offset | undefined)[],
  sink: TraceSink,
  options: SeveralOptions,
): Promise<ImportResult> {
  const common = new Common(sink);
  const lanes = recordings.map(({ name }, i) => new Lane(common, `file${i + 1}`, i === 0 ? undefined : name));
  const clocks: (Clock | undefined)[] = recordings.map(() => undefined);
  let placed: readonly Placed[] | undefined;
  const isAligned = (): boolean => {
    if (placed !== undefined) return true;
    // Each has told its clock, or has events without one, or has none at all.
    if (!lanes.every((lane, i) => clocks[i] !== undefined || lane.waiting > 0 || lane.isDone)) return false;
    placed = place(recordings, clocks, offsets);
    for (const [i, lane] of lanes.entries()) lane.start = placed[i]?.start ?? 0;
    return true;
  };
  const merger = new Merger(lanes, isAligned);
  const reads = recordings.map(async (recording, i): Promise<ReadSummary> => {
    const lane = lanes[i];
    if (lane === undefined) throw new RangeError(`no lane ${i}`);
    try {
      return await recording.read(lane, {
        origin: (name, zero) => (clocks[i] ??= { name, zero }),
        pace: () => merger.pace(lane),
        advance: () => report(recordings, options),
      });
    } finally {
      merger.done(lane);
    }
  });
  const settled = await Promise.allSettled(reads);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const summaries = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const summary: TraceSummary = summariseAll(recordings, summaries, placed ?? []);
  const events = summaries.reduce((sum, each) => sum + each.events, 0);
  const cut = recordings.map((recording) => recording.cut).find((each) => each !== undefined);
  return {
    summary,
    format: recordings.map(({ format }) => format.id).join('+'),
    events,
    ...(cut === undefined ? {} : { cut }),
  };
}

/** Where each recording begins in the trace; the earliest at 0. */
function place(
  recordings: readonly Recording[],
  clocks: readonly (Clock | undefined)[],
  offsets: readonly (Offset | undefined)[],
): Placed[] {
  const [reference] = clocks;
  const placed = recordings.map(({ offset }, i): Placed => {
    const clock = clocks[i];
    if (i === 0) return { start: offset ?? 0, because: 'the reference' };
    const between = clock === undefined || reference === undefined ? undefined : clock.zero - reference.zero;
    const isUtc = clock?.name === 'UTC' && reference?.name === 'UTC';
    const isNear = between !== undefined && between < DAY && between > -DAY && clock?.name === reference?.name;
    if (offset !== undefined) {
      const base = isNear ? Number(between) : 0;
      return { start: base + offset, because: isNear ? 'its clock and the offset given' : 'the offset given' };
    }
    // A line that is stamped with UTC knows it better than interrupts tell; a recorder that asked for the date once does not.
    const isStamped = isUtc && [recordings[0], recordings[i]].every(isStampedInUtc);
    const found = isStamped ? undefined : offsets[i];
    if (found !== undefined)
      return { start: found.offset, because: `${found.matches} of ${found.of} interrupts that both show` };
    if (isUtc && isNear) return { start: Number(between), because: 'the same clock, UTC' };
    if (isNear) return { start: Number(between), because: `clocks of one kind (${clock?.name ?? ''}), taken as one` };
    return { start: 0, because: 'nothing in common: both begin together; --offset says otherwise' };
  });
  const earliest = Math.min(...placed.map(({ start }) => start));
  return placed.map(({ start, because }) => ({ start: Math.round(start - earliest), because }));
}

const isStampedInUtc = (recording: Recording | undefined): boolean => recording?.format.id === 'qemu-log';

/** The offset of each recording that no clock and no user gives, where interrupts in both show it. */
async function commonInterrupts(
  recordings: readonly Recording[],
  options: SeveralOptions,
): Promise<(Offset | undefined)[]> {
  const [reference] = recordings;
  const asked = recordings.filter((recording, i) => i > 0 && recording.offset === undefined && recording.canReread);
  if (reference?.canReread !== true || ![reference, ...asked].some((recording) => !isStampedInUtc(recording)))
    return recordings.map(() => undefined);
  const first = await marksOf(reference, options);
  const out: (Offset | undefined)[] = [];
  for (const recording of recordings)
    out.push(asked.includes(recording) ? commonOffset(first, await marksOf(recording, options)) : undefined);
  return out;
}

async function marksOf(recording: Recording, { signal }: SeveralOptions): Promise<readonly Mark[]> {
  const enough = new AbortController();
  const sink = new MarkSink(() => enough.abort());
  await recording.reread(sink, { stop: enough.signal, ...(signal === undefined ? {} : { signal }) });
  return sink.marks.toSorted((a, b) => a.time - b.time);
}

function report(recordings: readonly Recording[], { onProgress, signal }: SeveralOptions): void {
  signal?.throwIfAborted();
  if (onProgress === undefined) return;
  const sum = (of: (recording: Recording) => number): number =>
    recordings.reduce((total, recording) => total + of(recording), 0);
  const totals = recordings.map(({ total }) => total);
  const total = totals.includes(undefined) ? undefined : totals.reduce((a = 0, b = 0) => a + b, 0);
  onProgress({
    bytes: sum(({ bytes }) => bytes),
    ...(total === undefined ? {} : { total }),
    lines: sum(({ lines }) => lines),
    events: sum(({ events }) => events),
    eventsPerSecond: 0,
  });
}
