/**
 * ftrace as text: `trace`, `trace_pipe`, `trace-cmd report`, `perf script`: rows of the registry, and the import. Every
 * line is counted once: as an event, or skipped with a reason.
 */
import { type LineCounts, type TraceSink } from '../../trace/sink.ts';
import { type Format, type ReadContent, type ReadSummary, STOPPED } from '../format.ts';
import { type LineReceiver, LineSplitter } from '../source/lines.ts';
import { type Page } from '../source/page.ts';
import { type Machine } from '../machine/machine.ts';
import { ClockOrder } from './clock-order.ts';
import { sceneFacts } from './facts.ts';
import { GuestCpus, hostEventTold } from './guest.ts';
import { LOST, reasonFor } from './line-reasons.ts';
import { observe, observeLoss } from './meanings.ts';
import { Scene } from './scene.ts';
import { bufferOf, inOrder, lineTime } from './joined.ts';
import { PerfFields } from './perf-fields.ts';
import { detecting } from './text-detect.ts';
import { TextHeader } from './text-header.ts';
import { newTextLine, ornamentOf, readTextLine, type TextLine } from './text-line.ts';
import { TextRecord } from './text-record.ts';
import { type TextTime } from './text-time.ts';

/** perf's, with --show-lost-events. */
const PERF_LOST = /: PERF_RECORD_LOST(?:_SAMPLES)? lost (\d{1,15})\s*$/;
const LONGEST_SKIPPED = 4096;
const SECOND = 1e9;
const MILLISECOND = 1e6;
/** Text of the kernel is ordered; only files of single CPUs begin again. */
const JOINED =
  '; buffers of single CPUs one behind the other? They are merged where each CPU has one, in a file or behind a header';
const DIFFERENCES = '; differences of time? perf script prints times where it is not told --deltatime';

class TextSession implements LineReceiver {
  readonly scene: Scene;
  readonly header = new TextHeader();
  readonly #sink: TraceSink;
  readonly #record = new TextRecord();
  readonly #reasons = new Map<string, number>();
  #read = 0;
  /** The first time stamp. */
  #origin: Readonly<TextTime> | undefined;
  readonly #order = new ClockOrder();
  readonly #facts: Record<string, string> = {};
  readonly #perf = new PerfFields();

  constructor(sink: TraceSink, machine: Machine | undefined, guest: GuestCpus | undefined) {
    this.#sink = sink;
    this.scene = new Scene(sink, machine, guest);
  }

  get lines(): number {
    return this.#read;
  }

  /** What the header and the time stamps say. */
  get facts(): Record<string, string> {
    const isCount = this.#origin?.isCount === true;
    const isFar = !isCount && this.#order.most > MILLISECOND;
    const remark = isFar ? (this.#record.line.isPerf ? DIFFERENCES : JOINED) : '';
    return { ...this.header.facts, ...this.#facts, ...this.#perf.facts, ...this.#order.facts(isCount, remark) };
  }

  /** The trace's clock at time 0, in nanoseconds; undefined while no event was read, or its unit is not known. */
  get clockZero(): bigint | undefined {
    const origin = this.#origin;
    if (origin === undefined || origin.isCount || origin.isRelative) return undefined;
    return BigInt(origin.seconds) * BigInt(SECOND) + BigInt(origin.nanos);
  }

  get counts(): LineCounts {
    const skipped = [...this.#reasons.values()].reduce((a, b) => a + b, 0);
    return {
      read: this.#read,
      asEvents: this.scene.events,
      merged: 0,
      skipped,
      reasons: Object.fromEntries(this.#reasons),
    };
  }

  onLine(line: number, page: Page, start: number, end: number): void {
    const text = page.text(start, end);
    this.#read++;
    this.#sink.rawLine(line, text);
    const record = this.#record;
    if (readTextLine(text, record.line)) {
      record.load(text, line);
      record.time = this.#timeOf(record.line);
      this.#sink.countName(record.name);
      observe(record, this.scene);
      if (record.line.isPerf) this.#perf.saw(text, record.line.payloadAt);
      return;
    }
    const plain = text.slice(ornamentOf(text), LONGEST_SKIPPED);
    const [, buffer, cpu, count = PERF_LOST.exec(plain)?.[1]] = LOST.exec(plain) ?? [];
    if (cpu === undefined && count === undefined) {
      this.header.take(plain, this.#record.line.files);
      this.#skip(line, reasonFor(plain), text);
      return;
    }
    // It stands before the first event after the gap, whose time is not known yet.
    Object.assign(record.line, newTextLine(), {
      cpu: Number(cpu ?? -1),
      buffer: buffer ?? '',
      name: 'lost events',
      flagColumns: record.line.flagColumns,
      files: record.line.files,
    });
    record.load('', line);
    observeLoss(record, Number(count ?? -1), this.scene);
  }

  onLong(beginning: string, line: number): void {
    this.#read++;
    this.#sink.rawLine(line, beginning);
    this.#skip(line, 'line longer than 1 MiB', beginning);
  }

  #skip(line: number, reason: string, text: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#sink.skip({ line, reason, text: text.slice(0, LONGEST_SKIPPED) });
  }

  #timeOf({ seconds, nanos, count, isCount, isRelative }: TextLine): number {
    if (this.#origin === undefined) {
      this.#origin = { seconds, nanos, count, isCount, isRelative };
      this.#facts['first time stamp'] = isCount ? String(count) : `${seconds}.${String(nanos).padStart(9, '0')} s`;
      if (isCount) this.#facts['clock'] = 'one that the text does not name: times are in its units';
      else if (isRelative) this.#facts['clock'] = "since the beginning of the recorder's buffer (latency format)";
    }
    const origin = this.#origin;
    const time = isCount ? Number(count - origin.count) : (seconds - origin.seconds) * SECOND + (nanos - origin.nanos);
    this.#order.saw(time);
    return Math.min(Math.max(time, 0), Number.MAX_SAFE_INTEGER);
  }
}

const read: ReadContent = (content, sink, context) =>
  readLines(content, sink, context).catch((thrown: unknown) => {
    throw hostEventTold(thrown, content.name, 'line');
  });

const readLines: ReadContent = async (content, sink, context) => {
  const guest = context.isGuest === true ? new GuestCpus('user', context.vcpus) : undefined;
  const session = new TextSession(sink, context.machine, guest);
  let merged: Record<string, string> = {};
  const now = (): ReadSummary => {
    const { scene, facts, counts } = session;
    return {
      gic: scene.gic,
      vcpus: scene.vcpus,
      lines: counts,
      facts: { ...facts, ...merged, ...sceneFacts(scene) },
      events: scene.events,
    };
  };
  context.known?.(now);
  const ordered = await inOrder(content, context);
  if (ordered.from !== '') {
    merged = { merged: `by time, from ${ordered.from}; lines are numbered in that order` };
    session.header.isOfOneBuffer = true;
  }
  try {
    const splitter = new LineSplitter(session);
    for await (const chunk of ordered.chunks) {
      splitter.push(chunk);
      context.advance(session.lines, session.scene.events, ordered.bytesRead());
      if (context.pace === undefined) continue;
      if (session.clockZero !== undefined) context.origin?.('ftrace', session.clockZero);
      await context.pace();
    }
    splitter.end();
    context.advance(session.lines, session.scene.events, ordered.bytesRead());
    const cut = context.isStopped() && ordered.bytesRead() !== undefined ? STOPPED : undefined;
    return { ...now(), ...(cut === undefined ? {} : { cut }) };
  } finally {
    ordered.close();
  }
};

export const FTRACE_TEXT: Format = {
  id: 'ftrace',
  kind: 'ftrace',
  title: 'ftrace text (trace, trace_pipe, trace-cmd report)',
  detect: detecting(false),
  read,
  follows: true,
  insideGuests: true,
  lineTime,
  partOf: bufferOf,
};

export const PERF_SCRIPT: Format = {
  id: 'perf-script',
  kind: 'perf',
  title: 'text of perf script',
  detect: detecting(true),
  read,
  follows: true,
  insideGuests: true,
};
