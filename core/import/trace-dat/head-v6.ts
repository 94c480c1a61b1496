/** The head of version 6 (trace-import-formats §5.3): one part after the other, from the start of the file. */
import { Bytes, textOf } from './bytes.ts';
import { type BufferData, type DatHead, headOf, LARGEST_PART, latency, MOST_BUFFERS, MOST_CPUS } from './dat-head.ts';
import { DatFault } from './fault.ts';
import { emptyParts, pageOf, readCommands, readEventFormats, readFtraceFormats, readHeaderInfo } from './metadata.ts';
import { clockOf, ID, MOST_OPTIONS, type Option } from './options.ts';
import { type RandomFile } from './random-file.ts';

/** Reads forward through a version 6 file, part by part. */
class Forward {
  readonly #file: RandomFile;
  readonly #little: boolean;
  at: number;

  constructor(file: RandomFile, at: number, little: boolean) {
    this.#file = file;
    this.at = at;
    this.#little = little;
  }

  take(length: number, what: string): Bytes {
    if (length > LARGEST_PART) throw new DatFault('corrupt', this.at, `${what} would have ${length} bytes.`);
    const bytes = new Bytes(this.#file.read(this.at, length, what), this.at, this.#little, what);
    this.at += length;
    return bytes;
  }

  /** What is next, as one window that parsers read from; they say how far they came. */
  parse(what: string, read: (data: Bytes) => void): void {
    for (let length = 1024 * 1024; ; length *= 8) {
      const data = new Bytes(this.#file.upTo(this.at, Math.min(length, LARGEST_PART)), this.at, this.#little, what);
      try {
        read(data);
        this.at += data.at;
        return;
      } catch (thrown) {
        const isWhole = this.at + length >= this.#file.size || length >= LARGEST_PART;
        if (isWhole || !(thrown instanceof DatFault) || thrown.code !== 'truncated') throw thrown;
      }
    }
  }
}

export function readVersion6(file: RandomFile, start: number, little: boolean, pageSize: number): DatHead {
  const parts = emptyParts();
  const forward = new Forward(file, start, little);
  forward.parse('the description of sub-buffers', (data) => readHeaderInfo(data, parts));
  const longSize = pageOf(parts, start).longSize;
  forward.parse('the formats of ftrace events', (data) => readFtraceFormats(data, parts, longSize));
  forward.parse('the formats of events', (data) => readEventFormats(data, parts, longSize));
  parts.kallsyms = forward.take(forward.take(4, 'the kernel symbols').u32(), 'the kernel symbols').data;
  parts.printk = forward.take(forward.take(4, 'the tracepoint texts').u32(), 'the tracepoint texts').data;
  forward.parse('the names of threads', (data) => readCommands(data, parts));
  let count = forward.take(4, 'the number of CPUs').u32();
  const options: Option[] = [];
  let tag = textOf(forward.take(10, 'the kind of data').data);
  if (tag.startsWith('options')) {
    readOptions(forward, options);
    tag = textOf(forward.take(10, 'the kind of data').data);
  }
  if (tag.startsWith('latency')) throw latency(forward.at - 10);
  if (!tag.startsWith('flyrecord'))
    throw new DatFault('corrupt', forward.at - 10, `${JSON.stringify(tag)} stands where the CPU data should begin.`);
  const stated = options.find(({ id }) => id === ID.cpuCount)?.data;
  if (stated !== undefined && stated.left >= 4) count = Math.max(count, stated.u32());
  const clock = clockOf(options);
  const buffers = [cpuTable(forward, count, '', clock, pageSize)];
  for (const { id, data } of options) {
    if (id !== ID.buffer || buffers.length >= MOST_BUFFERS) continue;
    const offset = data.size();
    const name = data.cstr();
    const instance = new Forward(file, offset, little);
    instance.take(10, `the buffer ${JSON.stringify(name)}`);
    buffers.push(cpuTable(instance, count, name, clock, pageSize));
  }
  return headOf({ version: 6, little, compression: 'none', parts, buffers, options, byte: start });
}

function cpuTable(forward: Forward, count: number, name: string, clock: string, pageSize: number): BufferData {
  if (count > MOST_CPUS) throw new DatFault('corrupt', forward.at, `the file has ${count} CPUs, which cannot be.`);
  const table = forward.take(count * 16, 'the table of CPUs');
  const cpus = Array.from({ length: count }, (_, cpu) => ({ cpu, offset: table.size(), size: table.size() }));
  return { name, clock, pageSize, isChunked: false, cpus };
}

/** In version 6 the end mark is an id of 0 without a size. */
function readOptions(forward: Forward, into: Option[]): void {
  for (;;) {
    const id = forward.take(2, 'the options').u16();
    if (id === 0) return;
    const size = forward.take(4, 'the options').u32();
    if (into.length >= MOST_OPTIONS)
      throw new DatFault('corrupt', forward.at, `there are more than ${MOST_OPTIONS} options.`);
    into.push({ id, data: forward.take(size, `option ${id}`) });
  }
}
