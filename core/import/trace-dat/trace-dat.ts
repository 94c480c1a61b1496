/** trace.dat: the row of the registry, and the import. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ImportError, type ImportErrorCode } from '../errors.ts';
import {
  type Content,
  type Format,
  type ReadContent,
  type ReadContext,
  type ReadSummary,
  STOPPED,
  type Verdict,
} from '../format.ts';
import { ClockOrder } from '../ftrace/clock-order.ts';
import { sceneFacts } from '../ftrace/facts.ts';
import { observe, observeLoss } from '../ftrace/meanings.ts';
import { GuestCpus, hostEventTold, isOfHost } from '../ftrace/guest.ts';
import { Scene } from '../ftrace/scene.ts';
import { stopOfCopy } from '../stop-of-copy.ts';
import { type TraceSink } from '../../trace/sink.ts';
import { datClockOf } from './dat-clock.ts';
import { DatEvents } from './dat-events.ts';
import { type DatHead } from './dat-head.ts';
import { DatFault } from './fault.ts';
import { RandomFile } from './random-file.ts';

const MAGIC = [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67];
/** Events between two looks at progress, cancelling and other work. */
const TURN = 4096;
function detect(head: Uint8Array): Verdict | undefined {
  return MAGIC.every((byte, i) => head[i] === byte)
    ? { confidence: 1, because: 'it begins with the mark of a trace.dat' }
    : undefined;
}

const read: ReadContent = async (content, sink, context) => {
  let file: RandomFile | undefined;
  try {
    file =
      content.path === undefined
        ? await RandomFile.spool(content.name, content.chunks, () => context.advance(0, 0))
        : RandomFile.open(content.path);
    return await readEvents(file, content, sink, context);
  } catch (thrown) {
    throw thrown instanceof DatFault ? asImportError(thrown, content) : hostEventTold(thrown, content.name, 'record');
  } finally {
    file?.close();
  }
};

async function readEvents(
  file: RandomFile,
  content: Content,
  sink: TraceSink,
  context: ReadContext,
): Promise<ReadSummary> {
  const events = new DatEvents(file, context.keepPartial);
  const scene = new Scene(sink, context.machine, guestOf(events.head, context));
  for (const guest of events.head.guests) for (const [vcpu, tid] of guest.vcpus) scene.threads.state(tid, vcpu);
  const { record } = events;
  const tell = (): void =>
    context.advance(record.record, scene.events, content.path === undefined ? undefined : file.bytesRead);
  const clock = datClockOf(events.head);
  if (clock.isTime) context.origin?.(clock.isUtc ? 'UTC' : 'ftrace', events.origin + clock.zero);
  const order = new ClockOrder();
  let losses = 0;
  let stopped: string | undefined;
  const isStopped = content.path === undefined ? stopOfCopy(context.isStopped) : context.isStopped;
  for (let lost = events.next(); lost !== undefined; lost = events.next()) {
    if (lost !== 0) {
      losses++;
      observeLoss(record, lost, scene);
    }
    sink.countName(record.name);
    order.saw(record.time);
    observe(record, scene);
    if (record.record % TURN !== 0) continue;
    tell();
    await nextTurn();
    await context.pace?.();
    if (!isStopped()) continue;
    stopped = STOPPED;
    break;
  }
  tell();
  if (record.record === 0) throw nothing(events, content);
  const cut = stopped ?? events.cuts[0]?.message;
  return {
    gic: scene.gic,
    vcpus: scene.vcpus,
    lines: undefined,
    facts: factsOf(events, scene, losses, order),
    events: scene.events,
    ...(cut === undefined ? {} : { cut }),
  };
}

/** The vCPUs of a recording from inside a guest; undefined: it is none, or nothing says so. */
function guestOf({ timeShift, formats }: DatHead, { isGuest, vcpus }: ReadContext): GuestCpus | undefined {
  if (isGuest === true) return new GuestCpus('user', vcpus);
  const isHost = [...formats.values()].some(({ name }) => isOfHost(name));
  return timeShift === undefined || isHost ? undefined : new GuestCpus('time shift', vcpus);
}

function factsOf(
  { head, origin, record }: DatEvents,
  scene: Scene,
  losses: number,
  order: ClockOrder,
): Record<string, string> {
  const { words, isTime, zero } = datClockOf(head);
  const first = origin + zero;
  const facts: Record<string, string> = {
    ...head.facts,
    clock: words,
    'first time stamp': isTime ? seconds(first) : String(first),
    records: String(record.record),
  };
  const named = head.buffers.filter(({ name }) => name !== '').map(({ name }) => name);
  if (named.length > 0) facts['buffers'] = named.slice(0, 16).join(', ');
  if (losses > 0) facts['lost events'] = `${losses} gaps`;
  if (record.unknown.length > 0) facts['events without a format'] = record.unknown.slice(0, 16).join(', ');
  return { ...facts, ...order.facts(!isTime), ...sceneFacts(scene) };
}

function seconds(nanoseconds: bigint): string {
  return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')} s`;
}

function nothing({ cuts }: DatEvents, content: Content): ImportError {
  const [cut] = cuts;
  if (cut !== undefined) return asImportError(cut, content);
  return new ImportError({
    code: 'empty',
    file: content.name,
    problem: 'the trace.dat holds no events.',
    hint: 'Were events enabled (trace-cmd record -e kvm …) and was the program run long enough?',
    at: { byte: 0 },
  });
}

const HINTS: Partial<Record<ImportErrorCode, string>> = {
  corrupt: 'Copy the file again from where it was made, or import with --keep-partial to keep what can be read.',
  truncated: 'The file is cut short: copy it again from where it was made.',
};

function asImportError(fault: DatFault, { name }: Content): ImportError {
  const hint = fault.hint ?? HINTS[fault.code];
  return new ImportError({
    code: fault.code,
    file: name,
    problem: `${fault.message} (byte ${fault.byte})`,
    ...(hint === undefined ? {} : { hint }),
    at: { byte: fault.byte },
    cause: fault,
  });
}

export const TRACE_DAT: Format = {
  id: 'trace.dat',
  kind: 'trace.dat',
  title: 'trace.dat of trace-cmd',
  detect,
  read,
  insideGuests: true,
};
