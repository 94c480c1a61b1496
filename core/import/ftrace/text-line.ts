/**
 * The columns of one line of ftrace text, whoever printed it (trace-import-formats §1): the kernel's `trace` and
 * `trace_pipe` with and without TGID and flags, its latency format, `trace-cmd report` in its variations, `perf script`.
 *
 * Names of threads may hold anything, so a line is read from its first `[CPU]` outwards by index, never by a pattern
 * over the whole line; every pattern below is anchored and bounded, so a line costs time linear in its length.
 */
import { NO_FLAGS } from './record.ts';

export interface TextLine {
  comm: string;
  pid: number;
  tgid: number;
  cpu: number;
  flags: number;
  /** Seconds and nanoseconds; for `isCount` one number of the clock's units in `count`. */
  seconds: number;
  nanos: number;
  isCount: boolean;
  count: bigint;
  /** ftrace instance, '' for the main buffer. */
  buffer: string;
  name: string;
  /** Where the event's own text begins. */
  payloadAt: number;
  /** perf printed it: `system:event:`. */
  isPerf: boolean;
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
  buffer: '',
  name: '',
  payloadAt: 0,
  isPerf: false,
});

/** Columns before the event's text are within so many characters. */
const FAR = 400;
const AFTER_CPU =
  /(?:-0x([0-9a-f]{1,2}))?\s{0,20}(?:([a-zA-Z.#][a-zA-Z0-9.#]{3,6}?)\s{0,20})?(\d{1,20})(?:\.(\d{9}|\d{6}))?:[ \t]{0,40}(?:\(\+\d{1,20}\)\s{1,20})?/y;
const EVENT = /([A-Za-z_]\w{0,127}): ?/y;
const PERF_EVENT = /(?:\d{1,20}\s{1,20})?[\w.-]{1,64}:([\w.-]{1,128}): ?/y;
const LATENCY =
  /^\s{0,16}(.{1,16})-(\d{1,10})\s{1,10}(\d{1,5})([a-zA-Z.#][a-zA-Z0-9.#]{3,6}?)\s{0,20}(\d{1,20})(?:\.(\d{9}|\d{6})|us[+$@*#! ])?\s{0,2}:\s{1,40}/;
const PREFIX = /^(\S{1,64}):\s{2,}/;

/** Fills `into`; false: the line has not these columns. */
export function readTextLine(text: string, into: TextLine): boolean {
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
  return readLatency(text, into);
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
  let start = end;
  while (start > 0 && isDigits(text, start - 1, start)) start--;
  if (start === end || end - start > 10) return false;
  into.pid = Number(text.slice(start, end));
  let commEnd = start - 1;
  const before = text[commEnd];
  into.isPerf = before !== '-';
  if (before === '/') {
    // perf with pid/tid.
    let process = commEnd;
    while (process > 0 && isDigits(text, process - 1, process)) process--;
    into.tgid = Number(text.slice(process, commEnd));
    commEnd = process - 1;
  }
  if (before !== '-' && text[commEnd] !== ' ') return false;
  let comm = text.slice(0, commEnd);
  const prefix = into.isPerf ? null : PREFIX.exec(comm);
  if (prefix !== null) {
    into.buffer = prefix[1] ?? '';
    comm = comm.slice(prefix[0].length);
  }
  into.comm = comm.trim();
  return into.comm !== '';
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
  const [, hex, flags, whole = '0', fraction] = match;
  if (hex !== undefined) into.flags = Number.parseInt(hex, 16);
  else if (flags !== undefined) into.flags = flagsOf(flags);
  setTime(whole, fraction, into);
  return readName(text, AFTER_CPU.lastIndex, into);
}

function readLatency(text: string, into: TextLine): boolean {
  const match = LATENCY.exec(text.slice(0, FAR));
  if (match === null) return false;
  const [whole, comm = '', pid = '', cpu = '', flags = '', time = '0', fraction] = match;
  into.comm = comm.trim();
  into.pid = Number(pid);
  into.cpu = Number(cpu);
  into.flags = flagsOf(flags);
  into.isPerf = false;
  if (fraction === undefined && whole.includes('us')) {
    into.isCount = false;
    into.seconds = Math.floor(Number(time) / 1e6);
    into.nanos = (Number(time) % 1e6) * 1000;
  } else setTime(time, fraction, into);
  return readName(text, whole.length, into);
}

function setTime(whole: string, fraction: string | undefined, into: TextLine): void {
  into.isCount = fraction === undefined;
  if (fraction === undefined) into.count = BigInt(whole);
  else {
    into.seconds = Number(whole);
    into.nanos = Number(fraction.padEnd(9, '0'));
  }
}

function readName(text: string, at: number, into: TextLine): boolean {
  const pattern = into.isPerf ? PERF_EVENT : EVENT;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return false;
  into.name = match[1] ?? '';
  into.payloadAt = pattern.lastIndex;
  return true;
}

const FIRST: Readonly<Record<string, number>> = { d: 0x01, D: 0x81, b: 0x80 };
const SECOND: Readonly<Record<string, number>> = { N: 0x24, n: 0x04, p: 0x20, L: 0x22, l: 0x02, B: 0x26, b: 0x06 };
const THIRD: Readonly<Record<string, number>> = { h: 0x08, s: 0x10, H: 0x18, z: 0x40, Z: 0x48 };

/** `common_flags` as far as the columns show them (§1.3). */
function flagsOf(columns: string): number {
  return (FIRST[columns[0] ?? ''] ?? 0) | (SECOND[columns[1] ?? ''] ?? 0) | (THIRD[columns[2] ?? ''] ?? 0);
}
