/**
 * The columns of one line of ftrace text, whoever printed it (trace-import-formats §1): the kernel's `trace` and
 * `trace_pipe` with and without TGID and flags, its latency formats (latency-line.ts), of remote buffers (remote-line.ts), `trace-cmd report` in its
 * variations, `perf script`.
 *
 * Names of threads may hold anything, so a line is read from its first `[CPU]` outwards by index, never by a pattern
 * over the whole line; every pattern below is anchored and bounded, so a line costs time linear in its length.
 */
import { flagsOf } from './flag-columns.ts';
import { readLatency } from './latency-line.ts';
import { NO_FLAGS } from './record.ts';
import { readRemote } from './remote-line.ts';
import { setTime, type TextTime } from './text-time.ts';

/** Seconds and nanoseconds; for `isCount` one number of the clock's units in `count`. */
export interface TextLine extends TextTime {
  comm: string;
  pid: number;
  tgid: number;
  cpu: number;
  flags: number;
  /** ftrace instance, '' for the main buffer. */
  buffer: string;
  name: string;
  /** Where the event's own text begins. */
  payloadAt: number;
  /** perf printed it: `system:event:`. */
  isPerf: boolean;
  /** Most flag columns of a line so far. */
  flagColumns: number;
  /** Names of the files that a report is of, which lines may begin with. */
  readonly files: string[];
}

export const newTextLine = (): TextLine => ({
  comm: '',
  pid: -1,
  tgid: -1,
  cpu: -1,
  flags: NO_FLAGS,
  seconds: 0,
  nanos: 0,
  isCount: false,
  count: 0n,
  isRelative: false,
  buffer: '',
  name: '',
  payloadAt: 0,
  isPerf: false,
  flagColumns: 0,
  files: [],
});

/** Columns before the event's text are within so many characters. */
const FAR = 400;
/** Kernels 4.13 to 4.15 had the TGID behind the CPU; perf can print letters of the sample's mode there. */
const AFTER_CPU =
  /(?:\s{1,4}[KUHGgMES]{1,5}(?=\s))?(?:\s{1,4}\(\s{0,10}(\d{1,10}|-{1,10})\))?(?:-0x([0-9a-f]{1,2}))?\s{0,20}(?:([a-zA-Z.#][a-zA-Z0-9.#]{3,6}?)(\s{0,20}))?(\d{1,20})(?:\.(\d{9}|\d{6}))?:[ \t]{0,40}(?:\(\+\d{1,20}\)\s{1,20})?/y;
const EVENT = /([A-Za-z_]\w{0,127}):(?=\s|$) ?/y;
/** Letters of how a sample is taken are no name of an event; behind one they may stand. */
const PERF_EVENT =
  /(?:\d{1,20}\s{1,20})?[\w.-]{1,64}:(?![ukhGHIpPSDWeRb]{1,12}:)([\w.-]{1,128}):(?:[ukhGHIpPSDWeRb]{1,12}:)? ?/y;
/** perf's, where its fields were chosen without the CPU. */
const PERF_WITHOUT_CPU =
  /\s\d{1,12}\.(?:\d{9}|\d{6}):\s{1,40}(?:\d{1,20}\s{1,20})?[A-Za-z_][\w.-]{0,63}:[\w.-]{1,128}:/;
const PREFIX = /^\s{0,64}(\S{1,64}):\s{2,}/;
/**
 * What others put before a line: the mark that some editors begin a file with, the hole that is left of a file that was
 * truncated while it was written, colours, printk and consoles where a buffer is dumped, collectors of logs their time.
 */
const ORNAMENTS: readonly RegExp[] = [
  /\ufeff/,
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u0000+/,
  // eslint-disable-next-line no-control-regex -- as above
  /\u001b\[[\d;]{0,16}[a-zA-Z]/,
  /(?:<\d{1,3}>)?\[\s{0,6}\d{1,9}\.\d{6}\](?:\[\s{0,6}[TC]\s{0,6}\d{1,9}\])? /,
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)? /,
  /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? (?:\S{1,64} kernel: )?/,
];
const ORNAMENT = new RegExp(`^(?:${ORNAMENTS.map(({ source }) => source).join('|')})+`);
/** What ornaments begin with, and few lines else. */
// eslint-disable-next-line no-control-regex -- as above
const ORNATE = /^[\ufeff\u0000\u001b<[2A-Z]/;

/** Where the line itself begins. */
export function ornamentOf(text: string): number {
  return ORNATE.test(text) ? (ORNAMENT.exec(text)?.[0].length ?? 0) : 0;
}

/** Fills `into`; false: the line has not these columns. */
export function readTextLine(text: string, into: TextLine): boolean {
  const ahead = ornamentOf(text);
  if (!readColumns(ahead === 0 ? text : text.slice(ahead), into)) return false;
  into.payloadAt += ahead;
  return true;
}

function readColumns(text: string, into: TextLine): boolean {
  into.buffer = '';
  into.tgid = -1;
  into.flags = NO_FLAGS;
  for (let open = text.indexOf('['); open >= 0 && open < FAR; open = text.indexOf('[', open + 1)) {
    const close = text.indexOf(']', open);
    if (close < open + 4 || close > open + 7 || !isDigits(text, open + 1, close)) continue;
    if (!readTask(text, open, into)) continue;
    into.cpu = Number(text.slice(open + 1, close));
    if (readRest(text, close + 1, into)) return true;
  }
  if (readWithoutCpu(text, into) || readRemote(text, into)) return true;
  const at = readLatency(text, into);
  if (at === undefined) return false;
  readMinus(into, undefined);
  return readName(text, at, into);
}

function isDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return to > from;
}

/** Thread, and TGID or perf's process, left of the CPU. */
function readTask(text: string, open: number, into: TextLine): boolean {
  let end = trimEnd(text, open);
  if (text[end - 1] === ')') {
    const start = text.lastIndexOf('(', end);
    if (start < 0) return false;
    const tgid = text.slice(start + 1, end - 1).trim();
    if (!/^(\d{1,10}|-+)$/.test(tgid)) return false;
    into.tgid = tgid.startsWith('-') ? -1 : Number(tgid);
    end = trimEnd(text, start);
  }
  const start = startOfDigits(text, end);
  if (start === end || end - start > 10) return false;
  into.pid = Number(text.slice(start, end));
  let commEnd = start - 1;
  const before = text[commEnd];
  into.isPerf = before !== '-';
  if (before === '/') {
    // perf with pid/tid.
    const process = startOfDigits(text, commEnd);
    into.tgid = Number(text.slice(process, commEnd));
    commEnd = process - 1;
  }
  if (commEnd >= 0 && before !== '-' && text[commEnd] !== ' ') return false;
  let comm = text.slice(0, Math.max(commEnd, 0));
  const prefix = into.isPerf ? undefined : prefixOf(comm, into.files);
  if (prefix !== undefined) {
    into.buffer = prefix;
    comm = comm.slice(comm.indexOf(prefix) + prefix.length + 1);
  }
  into.comm = comm.trim();
  if (before === '-') readMinus(into, text[start - 2]);
  return true;
}

/** The name before the thread's, of an instance or a file; that of a file may have blanks. */
function prefixOf(comm: string, files: readonly string[]): string | undefined {
  const file = files.length === 0 ? undefined : files.find((name) => comm.trimStart().startsWith(`${name}:`));
  return file ?? PREFIX.exec(comm)?.[1];
}

/** The dash may be a sign instead: perf's, or the kernel's of a thread that it cannot name. */
function readMinus(into: TextLine, before: string | undefined): void {
  if (/^<[.X]{3}>-$/.test(into.comm)) into.comm = into.comm.slice(0, -1);
  else if (!(into.comm.startsWith(':-') && (before === ' ' || before === '/'))) return;
  else into.comm = into.comm.replace(/\s{1,40}-\d{1,10}\/$/, '');
  into.pid = -into.pid;
}

function startOfDigits(text: string, end: number): number {
  let start = end;
  while (start > 0 && isDigits(text, start - 1, start)) start--;
  return start;
}

function trimEnd(text: string, end: number): number {
  let at = end;
  while (at > 0 && text[at - 1] === ' ') at--;
  return at;
}

function readRest(text: string, at: number, into: TextLine): boolean {
  AFTER_CPU.lastIndex = at;
  const match = AFTER_CPU.exec(text);
  if (match === null) return false;
  const [, tgid, hex, columns, blanks = '', digits = '0', fraction] = match;
  if (tgid !== undefined) into.tgid = tgid.startsWith('-') ? -1 : Number(tgid);
  // Where a count follows without a blank, the last columns may be digits that were taken for the count's.
  const width = columns?.length ?? 0;
  const missing = width > 0 && blanks === '' ? Math.max(into.flagColumns - width, 0) : 0;
  into.flagColumns = Math.max(into.flagColumns, width);
  if (hex !== undefined) into.flags = Number.parseInt(hex, 16);
  else if (columns !== undefined) into.flags = flagsOf(columns);
  setTime(digits.slice(missing), fraction, into);
  return readName(text, AFTER_CPU.lastIndex, into);
}

function readWithoutCpu(text: string, into: TextLine): boolean {
  const match = PERF_WITHOUT_CPU.exec(text.slice(0, FAR));
  if (match === null || !readTask(text, match.index, into) || !into.isPerf) return false;
  into.cpu = -1;
  return readRest(text, match.index, into);
}

/** Whoever is not perf prints a blank after the first colon. */
function readName(text: string, at: number, into: TextLine): boolean {
  if (!into.isPerf && readEvent(EVENT, text, at, into)) return true;
  if (!readEvent(PERF_EVENT, text, at, into)) return false;
  into.isPerf = true;
  return true;
}

function readEvent(pattern: RegExp, text: string, at: number, into: TextLine): boolean {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return false;
  into.name = match[1] ?? '';
  into.payloadAt = pattern.lastIndex;
  return true;
}
