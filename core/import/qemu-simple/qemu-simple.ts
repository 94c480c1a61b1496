/**
 * Binary traces of QEMU's `simple` backend (trace-import-formats §6.2): the row of the registry, and the import. Each
 * record becomes the line that the `log` backend would print, with its time to the nanosecond, and goes the same way.
 */
import { ImportError } from '../errors.ts';
import { type Content, type Format, type ReadContext, type ReadSummary, type Verdict } from '../format.ts';
import { rowNamed } from '../qemu/events/table.ts';
import { QemuSession } from '../qemu/session.ts';
import { Page } from '../source/page.ts';
import { type TraceSink } from '../../trace/sink.ts';
import { rawText, textOf } from './line-text.ts';
import { type EventRecord, readHeader, SimpleFault, SimpleRecords } from './records.ts';

function detect(head: Uint8Array): Verdict | undefined {
  const header = readHeader(head);
  return header && { confidence: 1, because: `it begins as one, of version ${header.version}` };
}

const SECOND = 1_000_000_000n;
/** Seconds that a date can have; the clock counts from the host's start, so real ones are small. */
const MOST_SECONDS = 253_402_300_799n;

/** A time as the prefix of a line; the date is that of a clock that began in 1970. */
function prefixOf(time: bigint): string {
  const seconds = time / SECOND;
  const date = new Date(Number(seconds > MOST_SECONDS ? MOST_SECONDS : seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${String(time % SECOND).padStart(9, '0')}Z`;
}

/** Makes lines of records and gives them to the session, numbered from 1. */
class Lines {
  readonly #session: QemuSession;
  #line = 0;
  #first: bigint | undefined;

  constructor(session: QemuSession) {
    this.#session = session;
  }

  get origin(): bigint | undefined {
    return this.#first;
  }

  event({ name, time, arguments: values }: EventRecord, little: boolean): void {
    const row = rowNamed(name);
    this.#give(time, `${name} ${(row && textOf(row, values, little)) ?? rawText(values)}`);
  }

  lost(count: bigint, time: bigint): void {
    this.#give(time, `dropped_event ${BigInt.asUintN(32, count)} events lost`);
  }

  #give(time: bigint, rest: string): void {
    this.#first ??= time;
    const text = `${prefixOf(time)} ${rest.trimEnd()}`;
    const page = new Page(Buffer.from(text));
    this.#session.onLine(++this.#line, page, 0, page.bytes.length);
  }
}

async function read(content: Content, sink: TraceSink, context: ReadContext): Promise<ReadSummary> {
  const session = new QemuSession(sink);
  if (context.vcpus !== undefined) session.machine.setVcpus(context.vcpus, 'the user');
  const lines = new Lines(session);
  const records: SimpleRecords = new SimpleRecords({
    event: (record) => lines.event(record, records.isLittle),
    lost: (count, time) => lines.lost(count, time),
  });
  let cut: string | undefined;
  try {
    for await (const chunk of content.chunks) {
      records.push(chunk);
      session.countNames();
      context.advance(session.lines, session.events);
      if (context.pace === undefined) continue;
      if (lines.origin !== undefined) context.origin?.('mono', lines.origin);
      await context.pace();
    }
    if (!context.isStopped()) records.end();
  } catch (thrown) {
    if (!(thrown instanceof SimpleFault)) throw thrown;
    if (!context.keepPartial || session.lines === 0) throw failure(thrown, content);
    cut = failure(thrown, content).message;
  }
  session.end();
  context.advance(session.lines, session.events);
  const { gic, vcpus, counts, events } = session;
  const facts = { ...session.facts, clock: "the host's monotonic clock" };
  const first = lines.origin;
  const origin =
    first === undefined ? {} : { 'time origin': `${first / SECOND}.${String(first % SECOND).padStart(9, '0')} s` };
  return { gic, vcpus, lines: counts, facts: { ...facts, ...origin }, events, ...(cut === undefined ? {} : { cut }) };
}

const HINTS: Readonly<Record<SimpleFault['code'], string>> = {
  unsupported: 'Record with the log backend of that QEMU: -trace … -D qemu.log',
  corrupt: 'Copy the file again from where it was made, or import with --keep-partial to keep what can be read.',
};

function failure({ message, byte, code }: SimpleFault, { name }: Content): ImportError {
  return new ImportError({
    code,
    file: name,
    problem: `${message} (byte ${byte})`,
    hint: HINTS[code],
    at: { byte },
  });
}

export const QEMU_SIMPLE: Format = {
  id: 'qemu-simple',
  kind: 'qemu-simple',
  title: 'binary trace of QEMU (simple backend)',
  detect,
  read,
};
