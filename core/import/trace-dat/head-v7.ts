/**
 * The head of version 7 (trace-import-formats §5.4, §5.5): sections anywhere in the file, compressed or not, to which
 * options point; lists of options are a chain.
 */
import { Bytes } from './bytes.ts';
import { compressionNamed, decompress } from './compression.ts';
import { buffersIn, type Section, sectionsFrom } from './cut-file.ts';
import {
  type BufferData,
  checkedPage,
  type CpuData,
  type DatHead,
  headOf,
  LARGEST_PART,
  latency,
  MOST_BUFFERS,
  MOST_CPUS,
} from './dat-head.ts';
import { DatFault } from './fault.ts';
import { emptyParts, pageOf, readCommands, readEventFormats, readFtraceFormats, readHeaderInfo } from './metadata.ts';
import { ID, MOST_OPTIONS, type Option, optionOf } from './options.ts';
import { type RandomFile } from './random-file.ts';

const MOST_OPTION_SECTIONS = 1024;

export function readVersion7(file: RandomFile, header: Bytes, little: boolean, pageSize: number): DatHead {
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
  const list = (offset: number): number => readOptions(section(offset, 'the options').data, options);
  const cut = followChain(first, list);
  const walked = cut === undefined ? [] : sectionsFrom(file, header.at, little);
  const parts = emptyParts();
  const pointed = (id: number, what: string, read: (data: Bytes) => void): void => {
    for (const offset of placesOf(id, options, walked)) {
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
  if (cut !== undefined && !walked.some(({ id }) => id === ID.buffer)) throw cut;
  pointed(ID.headerInfo, 'the description of sub-buffers', (data) => readHeaderInfo(data, parts));
  const longSize = pageOf(parts, first).longSize;
  pointed(ID.ftraceEvents, 'the formats of ftrace events', (data) => readFtraceFormats(data, parts, longSize));
  pointed(ID.eventFormats, 'the formats of events', (data) => readEventFormats(data, parts, longSize));
  pointed(ID.kallsyms, 'the kernel symbols', (data) => void (parts.kallsyms = data.bytes(data.u32())));
  pointed(ID.printk, 'the tracepoint texts', (data) => void (parts.printk = data.bytes(data.u32())));
  pointed(ID.commands, 'the names of threads', (data) => readCommands(data, parts));
  const described = options.filter(({ id }) => id === ID.buffer).map(({ data }) => readBuffer(data, section));
  const places = new Set(placesOf(ID.buffer, options, []));
  const cpuCount = optionOf(options, ID.cpuCount)?.u32() ?? 0;
  const buffers = [...described, ...buffersIn(walked, places, { file, little, pageSize, cpuCount })];
  const texts = options.some(({ id }) => id === ID.bufferText);
  if (buffers.length === 0 && texts) throw latency(first);
  return headOf({
    version: 7,
    little,
    compression,
    parts,
    buffers: buffers.slice(0, MOST_BUFFERS),
    options,
    byte: first,
    ...(cut === undefined ? {} : { cut: withoutTables(cut, buffers) }),
  });
}

function withoutTables({ byte, message }: DatFault, buffers: readonly BufferData[]): DatFault {
  const isKnown = buffers.every(({ cpus }) => cpus.every(({ cpu }) => cpu >= 0));
  const whose = isKnown ? '' : ' Which CPU an event was on is not known.';
  return new DatFault('truncated', byte, `the file is cut short, before its tables of CPUs: ${message}${whose}`);
}

/** From list to list, `read` gives the offset of the next. Gives why it could not go on where the file has ended. */
function followChain(first: number, read: (offset: number) => number): DatFault | undefined {
  const seen = new Set<number>();
  try {
    for (let offset = first; offset !== 0; offset = read(offset)) {
      if (seen.has(offset) || seen.size >= MOST_OPTION_SECTIONS)
        throw new DatFault('corrupt', offset, 'the chain of option sections goes round in circles.');
      seen.add(offset);
    }
    return undefined;
  } catch (thrown) {
    if (thrown instanceof DatFault && thrown.code === 'truncated') return thrown;
    throw thrown;
  }
}

/** Where options point to, or, where the file ended before one did, where such a section is. */
function placesOf(id: number, options: readonly Option[], walked: readonly Section[]): number[] {
  const pointers = options.filter((option) => option.id === id);
  if (pointers.length === 0) return walked.filter((section) => section.id === id).map(({ at }) => at);
  return pointers.map(({ data }) => {
    data.at = 0;
    return data.size();
  });
}

/** Reads a list of options; gives the offset of the next one, 0: it was the last. */
function readOptions(data: Bytes, into: Option[]): number {
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

function readBuffer(data: Bytes, section: (offset: number, what: string) => { id: number; flags: number }): BufferData {
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
