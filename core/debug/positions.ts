/**
 * What a person types at "go to", as a position: `#1234`, `12.5ms`, `1.234567s`, `1234567ns`, `12%`, `start`, `end`,
 * `+200`, `-5ms`. A time means the last event at or before it: what the machine was like then. A step beyond an end
 * stops there; a position or time that the trace does not have is refused, with what it has.
 */
import { seq as position, type Seq } from '../state/brand.ts';
import { formatDuration } from './condition/print.ts';

/** What resolving needs to know of a trace. */
export interface Positions {
  /** Number of events. */
  readonly count: number;
  /** Time of the last event, ns. */
  readonly duration: number;
  /** The last event at or before a time; −1: none. */
  seqAtTime(time: number): number;
  /** Time of an event. */
  timeOf(at: Seq): number;
}

/** Exactly one of the two says something: `seq` null and the error, or the position and ''. */
export interface ResolvedPosition {
  readonly seq: number | null;
  readonly error: string;
}

const EXPECTED =
  'Expected an event (#1234), a time (12.5ms, 1.25s, 300us, 1200ns), a share (50%), start, end, or a step (+200, -5ms).';

const NUMBER = '([0-9][0-9_,]*)';
const EVENT = new RegExp(`^#\\s*${NUMBER}$`);
const STEP = new RegExp(`^([+\\-−])\\s*#?${NUMBER}$`);
const TIME = /^([+\-−]?)\s*([0-9][0-9_,]*)(?:\.([0-9]+))?\s*(ns|us|µs|μs|ms|s)$/i;
const PERCENT = /^([0-9]{1,3})(?:\.([0-9]{1,9}))?\s*%$/;
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
]);
const MAX_TYPED = 256;

/** @param from the position that `+` and `-` count from; −1 is before the first event. */
export function resolvePosition(text: string, from: number, trace: Positions): ResolvedPosition {
  const typed = text.trim();
  if (typed.length > MAX_TYPED) return refused('That is too long for a position.');
  if (typed === '') return refused(EXPECTED);
  if (trace.count === 0) return refused('The trace has no events.');
  const last = trace.count - 1;
  const lower = typed.toLowerCase();
  if (lower === 'start') return at(0);
  if (lower === 'end') return at(last);
  return (
    event(EVENT.exec(typed), last) ??
    step(STEP.exec(typed), from, last) ??
    time(TIME.exec(typed), from, trace) ??
    percent(PERCENT.exec(typed), last) ??
    misread(typed)
  );
}

function at(seq: number): ResolvedPosition {
  return { seq, error: '' };
}

function refused(error: string): ResolvedPosition {
  return { seq: null, error };
}

/** Digits without their grouping; far too long ones become Infinity, which every range check refuses. */
function plain(digits: string | undefined): number {
  return Number((digits ?? '').replace(/[_,]/g, ''));
}

function event(match: RegExpExecArray | null, last: number): ResolvedPosition | undefined {
  if (match === null) return undefined;
  const seq = plain(match[1]);
  return seq <= last ? at(seq) : refused(`There is no event #${match[1] ?? ''}: the last one is #${last}.`);
}

function step(match: RegExpExecArray | null, from: number, last: number): ResolvedPosition | undefined {
  if (match === null) return undefined;
  const steps = plain(match[2]);
  return at(Math.min(Math.max(match[1] === '+' ? from + steps : from - steps, 0), last));
}

function time(match: RegExpExecArray | null, from: number, trace: Positions): ResolvedPosition | undefined {
  if (match === null) return undefined;
  const unit = UNITS.get((match[4] ?? '').toLowerCase()) ?? 1n;
  const fraction = match[3] ?? '';
  const digits = (match[2] ?? '').replace(/[_,]/g, '') + fraction;
  const ns = Number((BigInt(digits) * unit) / 10n ** BigInt(fraction.length));
  const sign = match[1] ?? '';
  if (sign === '') {
    if (ns > trace.duration) return refused(`The trace ends at ${formatDuration(trace.duration)}, before ${match[0]}.`);
    return at(Math.max(0, trace.seqAtTime(ns)));
  }
  const start = from < 0 ? 0 : trace.timeOf(position(from));
  const wanted = sign === '+' ? start + ns : start - ns;
  return at(Math.max(0, trace.seqAtTime(Math.min(Math.max(wanted, 0), trace.duration))));
}

function percent(match: RegExpExecArray | null, last: number): ResolvedPosition | undefined {
  if (match === null) return undefined;
  const share = Number(`${match[1] ?? '0'}.${match[2] ?? '0'}`) / 100;
  return share <= 1 ? at(Math.round(share * last)) : refused('A share goes from 0% to 100%.');
}

function misread(typed: string): ResolvedPosition {
  if (/^[0-9][0-9_,]*$/.test(typed)) return refused(`Is ${typed} an event or a time? Write #${typed} or ${typed}ms.`);
  if (/^[+\-−]?[0-9.,_]+\s*[a-zµμ]+$/i.test(typed)) return refused(`Times end in ns, us, ms or s. ${EXPECTED}`);
  return refused(EXPECTED);
}
