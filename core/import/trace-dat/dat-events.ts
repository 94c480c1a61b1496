/** A trace.dat opened: its metadata, and its events one after another in the order of time. */
import { type Correction, correctionOf } from './correction.ts';
import { CpuStream } from './cpu-stream.ts';
import { DatRecord } from './dat-record.ts';
import { type DatFault } from './fault.ts';
import { type DatHead } from './dat-head.ts';
import { readHead } from './head.ts';
import { Merge } from './merge.ts';
import { type Shared } from './pieces.ts';
import { type RandomFile } from './random-file.ts';

const MOST_STREAMS = 16_384;

export class DatEvents {
  readonly head: DatHead;
  /** Valid until the next call of `next`. */
  readonly record: DatRecord;
  /** Time of the first event, in units of the clock, as the file has it. */
  readonly origin: bigint;
  readonly #shared: Shared;
  readonly #merge: Merge;
  #isFirst = true;

  /** @throws DatFault */
  constructor(file: RandomFile, keepPartial: boolean) {
    const head = readHead(file);
    this.head = head;
    this.record = new DatRecord(head);
    this.#shared = { resident: 0, cuts: head.cut === undefined ? [] : [head.cut], keepPartial };
    const streams = head.buffers
      .flatMap((buffer) => buffer.cpus.toSorted((a, b) => a.cpu - b.cpu).map((cpu) => ({ buffer, cpu })))
      .slice(0, MOST_STREAMS)
      .map(({ buffer, cpu }, order) => new CpuStream(file, head, buffer, cpu, order, this.#shared));
    const stamps = streams.map((stream) => stream.firstStamp());
    const base =
      stamps.reduce<bigint | undefined>(
        (least, stamp) => (least === undefined || (stamp ?? least) < least ? stamp : least),
        undefined,
      ) ?? 0n;
    for (const stream of streams) stream.base = base;
    const correct = correctionOf(head.timeShift, head.tsc2nsec);
    this.#merge = new Merge(streams, correct === undefined ? (stream) => stream.time : corrected(correct, base));
    // Times count from the first event, not from the page that it is in.
    this.#zero = this.#merge.time;
    this.origin = (correct === undefined ? base : correct(0, base)) + BigInt(this.#zero);
  }

  readonly #zero: number;

  /** Why CPUs ended early, if some did. */
  get cuts(): readonly DatFault[] {
    return this.#shared.cuts;
  }

  /** Makes `record` the next event; gives how many were lost before it (0 none, −1 some), or undefined at the end. */
  next(): number | undefined {
    const merge = this.#merge;
    if (this.#isFirst) this.#isFirst = false;
    else merge.advance();
    const stream = merge.first;
    if (stream === undefined) return undefined;
    this.record.load(stream, Math.max(0, merge.time - this.#zero));
    const { lost } = stream;
    stream.lost = 0;
    return lost;
  }
}

function corrected(correct: Correction, base: bigint): (stream: CpuStream) => number {
  const zero = correct(0, base);
  return (stream) => Number(correct(stream.cpu, base + BigInt(stream.time)) - zero);
}
