/** What is known of a trace.dat before its first event, the same for both versions (trace-import-formats §5). */
import { type Bytes } from './bytes.ts';
import { type Compression } from './compression.ts';
import { type EventFormat } from './event-format.ts';
import { DatFault } from './fault.ts';
import { type PageLayout, pageOf, type Parts } from './metadata.ts';
import { clockOf, factsOf, type Guest, guestsOf, ID, numbersOf, type Option, optionOf } from './options.ts';
import { Symbols } from './symbols.ts';

export const MOST_BUFFERS = 1024;
export const MOST_CPUS = 8192;
const LARGEST_PAGE = 16 * 1024 * 1024;
const SMALLEST_PAGE = 64;
/** No part of the metadata may be larger, whatever it states. */
export const LARGEST_PART = 128 * 1024 * 1024;

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

export interface DatHead {
  readonly version: 6 | 7;
  readonly little: boolean;
  readonly compression: Compression;
  readonly page: PageLayout;
  readonly formats: ReadonlyMap<number, EventFormat>;
  readonly symbols: Symbols;
  readonly commands: ReadonlyMap<number, string>;
  readonly buffers: readonly BufferData[];
  /** The one in brackets in the list of clocks. */
  readonly listedClock: string;
  readonly guests: readonly Guest[];
  /** Raw data of TIME_SHIFT and TSC2NSEC. */
  readonly timeShift: Bytes | undefined;
  readonly tsc2nsec: Bytes | undefined;
  /** To add to each time, in its unit. */
  readonly offset: bigint;
  /** To add to each time for the time of day, in nanoseconds. */
  readonly date: bigint | undefined;
  readonly facts: Readonly<Record<string, string>>;
  /** The file ends before all of its metadata. */
  readonly cut?: DatFault;
}

export function checkedPage(size: number, byte: number): number {
  if (size >= SMALLEST_PAGE && size <= LARGEST_PAGE) return size;
  throw new DatFault('corrupt', byte, `a sub-buffer has ${size} bytes, which cannot be.`);
}

export function latency(byte: number): DatFault {
  return new DatFault(
    'unsupported',
    byte,
    'this trace.dat holds the text of a latency tracer, not events.',
    'Convert it to text and import that: trace-cmd report FILE > trace.txt',
  );
}

/** What the readers of both versions have found. */
interface Found {
  readonly version: 6 | 7;
  readonly little: boolean;
  readonly compression: Compression;
  readonly parts: Parts;
  readonly buffers: readonly BufferData[];
  readonly options: readonly Option[];
  /** Where the metadata begins, for messages. */
  readonly byte: number;
  readonly cut?: DatFault;
}

export function headOf({ version, little, compression, parts, buffers, options, byte, cut }: Found): DatHead {
  const listedClock = clockOf(options);
  const microseconds = numbersOf(options, ID.date);
  return {
    version,
    little,
    compression,
    page: pageOf(parts, byte),
    formats: parts.formats,
    symbols: new Symbols(parts.kallsyms, parts.printk),
    commands: parts.commands,
    buffers: buffers.map((buffer) => ({ ...buffer, clock: buffer.clock || listedClock })),
    listedClock,
    guests: guestsOf(options),
    timeShift: optionOf(options, ID.timeShift),
    tsc2nsec: optionOf(options, ID.tsc2nsec),
    offset: numbersOf(options, ID.offset) ?? 0n,
    date: microseconds === undefined ? undefined : microseconds * 1000n,
    facts: {
      'file version': String(version),
      'byte order': little ? 'little-endian' : 'big-endian',
      'recorded as': compression === 'none' ? 'not compressed' : compression,
      ...factsOf(options),
    },
    ...(cut === undefined ? {} : { cut }),
  };
}
