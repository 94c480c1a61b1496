/**
 * Everything of a trace.dat but its events (trace-import-formats §5.1 – §5.5): both versions become one `DatHead`.
 * Sizes and counts are checked before memory is taken: no part may be larger than its limit below, whatever it states.
 */
import { Bytes, textOf } from './bytes.ts';
import { type Compression, compressionNamed, decompress } from './compression.ts';
import { type EventFormat, parseFormat } from './event-format.ts';
import { DatFault } from './fault.ts';
import { type RandomFile } from './random-file.ts';
import { Symbols } from './symbols.ts';

const MAGIC_LENGTH = 10;
const LARGEST_PART = 128 * 1024 * 1024;
const MOST_SYSTEMS = 65_536;
const MOST_EVENTS = 65_536;
const MOST_OPTIONS = 65_536;
const MOST_OPTION_SECTIONS = 1024;
const MOST_BUFFERS = 1024;
const MOST_CPUS = 8192;
const LARGEST_PAGE = 16 * 1024 * 1024;
const SMALLEST_PAGE = 64;

/** Sections and options of version 7 by number. */
const ID = {
  done: 0,
  date: 1,
  buffer: 3,
  clock: 4,
  uname: 5,
  offset: 7,
  cpuCount: 8,
  version: 9,
  timeShift: 12,
  guest: 13,
  tsc2nsec: 14,
  headerInfo: 16,
  ftraceEvents: 17,
  eventFormats: 18,
  kallsyms: 19,
  printk: 20,
  commands: 21,
  bufferText: 22,
} as const;

/** What a sub-buffer looks like (§5.6). */
interface PageLayout {
  readonly longSize: 4 | 8;
  readonly commitOffset: number;
  readonly dataOffset: number;
}

export interface CpuData {
  readonly cpu: number;
  readonly offset: number;
  /** Bytes of raw pages; not meaningful when chunked. */
  readonly size: number;
}

export interface BufferData {
  /** '' is the main one. */
  readonly name: string;
  readonly clock: string;
  readonly pageSize: number;
  readonly isChunked: boolean;
  readonly cpus: readonly CpuData[];
}

interface Guest {
  readonly name: string;
  /** vCPU number and host thread. */
  readonly vcpus: readonly (readonly [vcpu: number, tid: number])[];
}

export interface DatHead {
  readonly version: 6 | 7;
  readonly little: boolean;
  readonly compression: Compression;
  readonly page: PageLayout;
  readonly formats: ReadonlyMap<number, EventFormat>;
  readonly symbols: Symbols;
  readonly commands: ReadonlyMap<number, string>;
  readonly buffers: readonly BufferData[];
  readonly guests: readonly Guest[];
  /** Raw data of TIME_SHIFT and TSC2NSEC. */
  readonly timeShift: Bytes | undefined;
  readonly tsc2nsec: Bytes | undefined;
  readonly facts: Readonly<Record<string, string>>;
}

interface Option {
  readonly id: number;
  readonly data: Bytes;
}

/** What the metadata blocks fill. */
interface Parts {
  page: PageLayout | undefined;
  readonly formats: Map<number, EventFormat>;
  kallsyms: Uint8Array;
  printk: Uint8Array;
  readonly commands: Map<number, string>;
}

export function readHead(file: RandomFile): DatHead {
  const head = file.upTo(0, 4096);
  const bytes = new Bytes(head, 0, true, 'the header');
  bytes.at = MAGIC_LENGTH;
  const version = bytes.cstr();
  if (version !== '6' && version !== '7')
    throw new DatFault(
      'unsupported',
      MAGIC_LENGTH,
      `this is a trace.dat of version ${JSON.stringify(version.slice(0, 20))}; versions 6 and 7 can be read.`,
      'Convert it: trace-cmd convert -i FILE -o new.dat',
    );
  const order = bytes.u8();
  if (order > 1) throw bytes.fault('corrupt', `the byte order is ${order}; 0 (little) or 1 (big) was expected.`, 1);
  const little = order === 0;
  const userLong = bytes.u8();
  if (userLong !== 4 && userLong !== 8)
    throw bytes.fault('corrupt', `a long has ${userLong} bytes; 4 or 8 was expected.`, 1);
  const pageSize = checkedPage(new Bytes(bytes.bytes(4), bytes.at - 4, little, 'the header').u32(), bytes.at - 4);
  return version === '7' ? readVersion7(file, bytes, little) : readVersion6(file, bytes.at, little, pageSize);
}

function checkedPage(size: number, byte: number): number {
  if (size >= SMALLEST_PAGE && size <= LARGEST_PAGE) return size;
  throw new DatFault('corrupt', byte, `a sub-buffer has ${size} bytes, which cannot be.`);
}

const emptyParts = (): Parts => ({
  page: undefined,
  formats: new Map(),
  kallsyms: new Uint8Array(),
  printk: new Uint8Array(),
  commands: new Map(),
});

function finished(parts: Parts, byte: number): PageLayout {
  if (parts.page !== undefined) return parts.page;
  throw new DatFault('corrupt', byte, 'the file does not say what its sub-buffers look like (header_page is missing).');
}

// ---- version 7

function readVersion7(file: RandomFile, header: Bytes, little: boolean): DatHead {
  const nameAt = header.at;
  const compression = compressionNamed(header.cstr(), nameAt);
  header.cstr();
  const first = new Bytes(header.bytes(8), header.at - 8, little, 'the header').size();
  const section = (offset: number, what: string): { id: number; data: Bytes; flags: number } => {
    const start = new Bytes(file.read(offset, 16, what), offset, little, what);
    const id = start.u16();
    const flags = start.u16();
    start.u32();
    const size = start.size();
    if (id === ID.buffer || id === ID.bufferText) return { id, flags, data: start };
    if (size > LARGEST_PART) throw start.fault('corrupt', `${what} would have ${size} bytes.`, 8);
    const data = file.read(offset + 16, size, what);
    if ((flags & 1) === 0) return { id, flags, data: new Bytes(data, offset + 16, little, what) };
    const packed = new Bytes(data, offset + 16, little, what);
    const [packedSize, plainSize] = [packed.u32(), packed.u32()];
    if (plainSize > LARGEST_PART) throw packed.fault('corrupt', `${what} would have ${plainSize} bytes.`, 4);
    const plain = decompress(compression, packed.bytes(packedSize), plainSize, offset + 24);
    return { id, flags, data: new Bytes(plain, offset + 16, little, what) };
  };
  const options: Option[] = [];
  const seen = new Set<number>();
  for (let offset = first; offset !== 0;) {
    if (seen.has(offset) || seen.size >= MOST_OPTION_SECTIONS)
      throw new DatFault('corrupt', offset, 'the chain of option sections goes round in circles.');
    seen.add(offset);
    offset = readOptions7(section(offset, 'the options').data, options);
  }
  const parts = emptyParts();
  const pointed = (id: number, what: string, read: (data: Bytes) => void): void => {
    for (const option of options) {
      if (option.id !== id) continue;
      option.data.at = 0;
      const offset = option.data.size();
      const found = section(offset, what);
      if (found.id !== id)
        throw new DatFault(
          'corrupt',
          offset,
          `${what} was expected here (section ${id}), but this is section ${found.id}.`,
        );
      read(found.data);
    }
  };
  pointed(ID.headerInfo, 'the description of sub-buffers', (data) => readHeaderInfo(data, parts));
  const longSize = finished(parts, first).longSize;
  pointed(ID.ftraceEvents, 'the formats of ftrace events', (data) => readFtraceFormats(data, parts, longSize));
  pointed(ID.eventFormats, 'the formats of events', (data) => readEventFormats(data, parts, longSize));
  pointed(ID.kallsyms, 'the kernel symbols', (data) => void (parts.kallsyms = data.bytes(data.u32())));
  pointed(ID.printk, 'the tracepoint texts', (data) => void (parts.printk = data.bytes(data.u32())));
  pointed(ID.commands, 'the names of threads', (data) => readCommands(data, parts));
  const buffers = options.filter(({ id }) => id === ID.buffer).map(({ data }) => readBuffer7(data, section));
  const texts = options.some(({ id }) => id === ID.bufferText);
  if (buffers.length === 0 && texts) throw latency(first);
  return assemble(7, little, compression, parts, first, buffers.slice(0, MOST_BUFFERS), options);
}

/** Reads a list of options; gives the offset of the next one, 0: it was the last. */
function readOptions7(data: Bytes, into: Option[]): number {
  while (data.left >= 2) {
    const id = data.u16();
    const size = data.u32();
    const origin = data.origin + data.at;
    const value = new Bytes(data.bytes(size), origin, data.little, `option ${id}`);
    if (id === ID.done) return value.left >= 8 ? value.size() : 0;
    if (into.length >= MOST_OPTIONS) throw data.fault('corrupt', `there are more than ${MOST_OPTIONS} options.`);
    into.push({ id, data: value });
  }
  return 0;
}

function readBuffer7(
  data: Bytes,
  section: (offset: number, what: string) => { id: number; flags: number },
): BufferData {
  data.at = 0;
  const offset = data.size();
  const name = data.cstr();
  const clock = data.cstr();
  const pageSize = data.u32();
  const count = data.u32();
  if (count > MOST_CPUS) throw data.fault('corrupt', `a buffer has ${count} CPUs, which cannot be.`, 4);
  if (count > 0) checkedPage(pageSize, data.origin + data.at - 8);
  const cpus: CpuData[] = [];
  for (let i = 0; i < count; i++) cpus.push({ cpu: data.u32(), offset: data.size(), size: data.size() });
  const found = section(offset, `the buffer ${JSON.stringify(name)}`);
  if (found.id !== ID.buffer)
    throw new DatFault('corrupt', offset, `a buffer was expected here (section 3), but this is section ${found.id}.`);
  return { name, clock, pageSize, isChunked: (found.flags & 1) !== 0, cpus };
}

// ---- version 6

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

function readVersion6(file: RandomFile, start: number, little: boolean, pageSize: number): DatHead {
  const parts = emptyParts();
  const forward = new Forward(file, start, little);
  forward.parse('the description of sub-buffers', (data) => readHeaderInfo(data, parts));
  const longSize = finished(parts, start).longSize;
  forward.parse('the formats of ftrace events', (data) => readFtraceFormats(data, parts, longSize));
  forward.parse('the formats of events', (data) => readEventFormats(data, parts, longSize));
  parts.kallsyms = forward.take(forward.take(4, 'the kernel symbols').u32(), 'the kernel symbols').data;
  parts.printk = forward.take(forward.take(4, 'the tracepoint texts').u32(), 'the tracepoint texts').data;
  forward.parse('the names of threads', (data) => readCommands(data, parts));
  let count = forward.take(4, 'the number of CPUs').u32();
  const options: Option[] = [];
  let tag = textOf(forward.take(10, 'the kind of data').data);
  if (tag.startsWith('options')) {
    readOptions6(forward, options);
    tag = textOf(forward.take(10, 'the kind of data').data);
  }
  if (tag.startsWith('latency')) throw latency(forward.at - 10);
  if (!tag.startsWith('flyrecord'))
    throw new DatFault('corrupt', forward.at - 10, `${JSON.stringify(tag)} stands where the CPU data should begin.`);
  const stated = options.find(({ id }) => id === ID.cpuCount)?.data;
  if (stated !== undefined && stated.left >= 4) count = Math.max(count, stated.u32());
  const clock = clockOf(options);
  const buffers = [table6(forward, count, '', clock, pageSize)];
  for (const { id, data } of options) {
    if (id !== ID.buffer || buffers.length >= MOST_BUFFERS) continue;
    const offset = data.size();
    const name = data.cstr();
    const instance = new Forward(file, offset, little);
    instance.take(10, `the buffer ${JSON.stringify(name)}`);
    buffers.push(table6(instance, count, name, clock, pageSize));
  }
  return assemble(6, little, 'none', parts, start, buffers, options);
}

function table6(forward: Forward, count: number, name: string, clock: string, pageSize: number): BufferData {
  if (count > MOST_CPUS) throw new DatFault('corrupt', forward.at, `the file has ${count} CPUs, which cannot be.`);
  const table = forward.take(count * 16, 'the table of CPUs');
  const cpus = Array.from({ length: count }, (_, cpu) => ({ cpu, offset: table.size(), size: table.size() }));
  return { name, clock, pageSize, isChunked: false, cpus };
}

/** In version 6 the end mark is an id of 0 without a size. */
function readOptions6(forward: Forward, into: Option[]): void {
  for (;;) {
    const id = forward.take(2, 'the options').u16();
    if (id === 0) return;
    const size = forward.take(4, 'the options').u32();
    if (into.length >= MOST_OPTIONS)
      throw new DatFault('corrupt', forward.at, `there are more than ${MOST_OPTIONS} options.`);
    into.push({ id, data: forward.take(size, `option ${id}`) });
  }
}

// ---- both

function latency(byte: number): DatFault {
  return new DatFault(
    'unsupported',
    byte,
    'this trace.dat holds the text of a latency tracer, not events.',
    'Convert it to text and import that: trace-cmd report FILE > trace.txt',
  );
}

function assemble(
  version: 6 | 7,
  little: boolean,
  compression: Compression,
  parts: Parts,
  byte: number,
  buffers: readonly BufferData[],
  options: readonly Option[],
): DatHead {
  const facts: Record<string, string> = {
    'file version': String(version),
    'byte order': little ? 'little-endian' : 'big-endian',
    'recorded as': compression === 'none' ? 'not compressed' : compression,
  };
  const text = (id: number): string | undefined => {
    const data = options.find((option) => option.id === id)?.data.data;
    return data === undefined ? undefined : textOf(data.subarray(0, 400)).replaceAll('\0', '').trim();
  };
  const uname = text(ID.uname);
  if (uname !== undefined && uname !== '') facts['kernel'] = uname;
  const recorder = text(ID.version);
  if (recorder !== undefined && recorder !== '') facts['recorder'] = `trace-cmd ${recorder}`;
  const option = (id: number): Bytes | undefined => {
    const data = options.find((candidate) => candidate.id === id)?.data;
    if (data !== undefined) data.at = 0;
    return data;
  };
  return {
    version,
    little,
    compression,
    page: finished(parts, byte),
    formats: parts.formats,
    symbols: new Symbols(parts.kallsyms, parts.printk),
    commands: parts.commands,
    buffers: buffers.map((buffer) => ({ ...buffer, clock: buffer.clock || clockOf(options) })),
    guests: options.filter(({ id }) => id === ID.guest).map(({ data }) => readGuest(data)),
    timeShift: option(ID.timeShift),
    tsc2nsec: option(ID.tsc2nsec),
    facts,
  };
}

/** The bracketed name of the list of clocks. */
function clockOf(options: readonly Option[]): string {
  const data = options.find(({ id }) => id === ID.clock)?.data.data;
  return (data === undefined ? undefined : /\[([\w-]+)\]/.exec(textOf(data.subarray(0, 1000)))?.[1]) ?? 'local';
}

function readGuest(data: Bytes): Guest {
  data.at = 0;
  const name = data.cstr();
  data.u64();
  const count = Math.min(data.u32(), MOST_CPUS, Math.floor(data.left / 8));
  return { name, vcpus: Array.from({ length: count }, () => [data.u32(), data.u32()] as const) };
}

function readHeaderInfo(data: Bytes, parts: Parts): void {
  const named = (name: string): string => {
    const at = data.at;
    const found = data.cstr();
    if (found !== name)
      throw new DatFault(
        'corrupt',
        data.origin + at,
        `${JSON.stringify(found.slice(0, 40))} stands where ${name} should.`,
      );
    return data.text(data.size());
  };
  const at = data.origin + data.at;
  const page = named('header_page');
  const event = named('header_event');
  const field = (name: string): readonly [offset: number, size: number] | undefined => {
    const match = new RegExp(`field:[^;]*\\b${name};\\s*offset:(\\d{1,6});\\s*size:(\\d{1,9});`).exec(page);
    return match === null ? undefined : [Number(match[1]), Number(match[2])];
  };
  const [stampAt, stampSize] = field('timestamp') ?? [0, 0];
  const [commitOffset, longSize] = field('commit') ?? [0, 0];
  const [dataOffset] = field('data') ?? [0, 0];
  const isSane =
    stampAt === 0 && stampSize === 8 && commitOffset === 8 && dataOffset >= 8 + longSize && dataOffset < 64;
  if (!isSane || (longSize !== 4 && longSize !== 8))
    throw new DatFault('corrupt', at, 'header_page does not describe a sub-buffer that any kernel has.');
  if (!/type_len\s*:\s*5 bits/.test(event))
    throw new DatFault('unsupported', at, 'header_event describes an event header that is not known.');
  parts.page = { longSize, commitOffset, dataOffset };
}

function readFtraceFormats(data: Bytes, parts: Parts, longSize: number): void {
  const count = data.u32();
  if (count > MOST_EVENTS) throw data.fault('corrupt', `there would be ${count} ftrace event formats.`, 4);
  for (let i = 0; i < count; i++) addFormat(data, 'ftrace', parts, longSize);
}

function readEventFormats(data: Bytes, parts: Parts, longSize: number): void {
  const systems = data.u32();
  if (systems > MOST_SYSTEMS) throw data.fault('corrupt', `there would be ${systems} event systems.`, 4);
  for (let i = 0; i < systems; i++) {
    const system = data.cstr();
    const count = data.u32();
    if (count > MOST_EVENTS) throw data.fault('corrupt', `there would be ${count} event formats of ${system}.`, 4);
    for (let j = 0; j < count; j++) addFormat(data, system, parts, longSize);
  }
}

function addFormat(data: Bytes, system: string, parts: Parts, longSize: number): void {
  const format = parseFormat(data.text(data.size()), system, longSize);
  if (format !== undefined) parts.formats.set(format.id, format);
}

function readCommands(data: Bytes, parts: Parts): void {
  for (const line of data.text(data.size()).split('\n')) {
    const blank = line.indexOf(' ');
    const pid = Number(line.slice(0, blank));
    if (blank > 0 && Number.isInteger(pid))
      parts.commands.set(pid, line.slice(blank + 1, blank + 65).replaceAll('\0', ''));
  }
}
