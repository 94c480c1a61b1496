/**
 * The metadata blocks of a trace.dat: what sub-buffers look like, the formats of events, symbols, names of threads
 * (trace-import-formats §5.2, §5.6, §5.8). Both versions hold the same blocks; only how they are found differs.
 */
import { type Bytes } from './bytes.ts';
import { type EventFormat, parseFormat } from './event-format.ts';
import { DatFault } from './fault.ts';

const MOST_SYSTEMS = 65_536;
const MOST_EVENTS = 65_536;

/** What a sub-buffer looks like (§5.6). */
export interface PageLayout {
  readonly longSize: 4 | 8;
  readonly commitOffset: number;
  readonly dataOffset: number;
}

/** What the metadata blocks fill. */
export interface Parts {
  page: PageLayout | undefined;
  readonly formats: Map<number, EventFormat>;
  kallsyms: Uint8Array;
  printk: Uint8Array;
  readonly commands: Map<number, string>;
}

export const emptyParts = (): Parts => ({
  page: undefined,
  formats: new Map(),
  kallsyms: new Uint8Array(),
  printk: new Uint8Array(),
  commands: new Map(),
});

/** @throws DatFault when nothing says what sub-buffers look like */
export function pageOf(parts: Parts, byte: number): PageLayout {
  if (parts.page !== undefined) return parts.page;
  throw new DatFault('corrupt', byte, 'the file does not say what its sub-buffers look like (header_page is missing).');
}

export function readHeaderInfo(data: Bytes, parts: Parts): void {
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

export function readFtraceFormats(data: Bytes, parts: Parts, longSize: number): void {
  const count = data.u32();
  if (count > MOST_EVENTS) throw data.fault('corrupt', `there would be ${count} ftrace event formats.`, 4);
  for (let i = 0; i < count; i++) addFormat(data, 'ftrace', parts, longSize);
}

export function readEventFormats(data: Bytes, parts: Parts, longSize: number): void {
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

export function readCommands(data: Bytes, parts: Parts): void {
  for (const line of data.text(data.size()).split('\n')) {
    const blank = line.indexOf(' ');
    const pid = Number(line.slice(0, blank));
    if (blank > 0 && Number.isInteger(pid))
      parts.commands.set(pid, line.slice(blank + 1, blank + 65).replaceAll('\0', ''));
  }
}
