/**
 * The latency formats of the kernel and of `trace-cmd report -l` (trace-import-formats §1.2), where the CPU has no
 * brackets: the usual one, whose times count from the buffer's start, and the verbose one, which also has the clock.
 */
import { flagsOf } from './flag-columns.ts';
import { setMicros, setTime } from './text-time.ts';
import { type TextLine } from './text-line.ts';

/** Columns are within so many characters. */
const FAR = 400;
/** Behind the CPU stand the columns of flags, or with `-R` their byte; behind the time, with `--ts-diff`, a difference. */
const USUAL =
  /^(.{1,96})-(\d{1,10})\s{1,10}(\d{1,5})(?:([a-zA-Z.#][a-zA-Z0-9.#]{3,6}?)|-0x([0-9a-f]{1,2})(?=\s))\s{0,20}(\d{1,20})(?:\.(\d{9}|\d{6})|(us)[+$@*#! ])?\s{0,2}:\s{1,40}(?:\(\+\d{1,20}\)\s{1,20})?/;
/** Names of threads are cut to so many characters; what stands before them is the name of a buffer or file. */
const NAME = 8;
/**
 * Name, thread, CPU, flags, depth, entry, `[microseconds]`, milliseconds since the start and since the last; of a clock
 * that counts something else 16 digits, and whole numbers.
 */
const VERBOSE =
  /^\s{0,16}(\S.{0,15}?)\s{1,20}(\d{1,10})\s{1,10}(\d{1,5}) ([0-9a-f]{1,2}) [0-9a-f]{8} [0-9a-f]{8} \[([0-9a-f]{1,16})\] -?\d{1,20}(\.\d{3}ms)? \(\+?-?\d{1,20}(?:\.\d{3}ms)?\): /;

/** Fills all but the event; gives where the event begins, undefined: the line has another form. */
export function readLatency(text: string, into: TextLine): number | undefined {
  const head = text.slice(0, FAR);
  return readUsual(head, into) ?? readVerbose(head, into);
}

function readUsual(head: string, into: TextLine): number | undefined {
  const match = USUAL.exec(head);
  if (match === null) return undefined;
  const [whole, before = '', pid = '', cpu = '', columns = '', byte, time = '0', fraction, micros] = match;
  const prefix = before.slice(0, -NAME).trim();
  const isBuffer = prefix.endsWith(':');
  const comm = isBuffer ? before.slice(-NAME) : before;
  setPlace(comm, pid, cpu, byte === undefined ? flagsOf(columns) : Number.parseInt(byte, 16), into);
  if (isBuffer) into.buffer = prefix.slice(0, -1);
  if (micros !== undefined) setMicros(Number(time), true, into);
  else setTime(time, fraction, into);
  return whole.length;
}

function readVerbose(head: string, into: TextLine): number | undefined {
  const match = VERBOSE.exec(head);
  if (match === null) return undefined;
  const [whole, comm = '', pid = '', cpu = '', flags = '', stamp = '0', millis] = match;
  setPlace(comm, pid, cpu, Number.parseInt(flags, 16), into);
  if (millis === undefined) setTime(String(BigInt(`0x${stamp}`)), undefined, into);
  else setMicros(Number.parseInt(stamp, 16), false, into);
  return whole.length;
}

function setPlace(comm: string, pid: string, cpu: string, flags: number, into: TextLine): void {
  into.comm = comm.trim();
  into.pid = Number(pid);
  into.cpu = Number(cpu);
  into.flags = flags;
  into.isPerf = false;
}
