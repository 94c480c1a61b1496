/**
 * The clock of a recording: what its own time stamps say, beside the time since its start that everything else counts
 * in. Of KVM traces the host's trace clock in seconds, as `trace-cmd report` and `dmesg` have it; of QEMU logs UTC. Pure.
 */
import { timeParts, type TimeParts } from './time.ts';

export interface Clock {
  readonly unit: 's' | 'UTC';
  /** At the start of the trace: whole seconds (since 1970 where it is UTC) and the nanoseconds beyond them. */
  readonly seconds: number;
  readonly nanos: number;
}

const SECOND = 1_000_000_000;
const DAY = 86_400;
const UPTIME = /^(\d{1,12})\.(\d{9}) s$/;
const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/** The clock that the facts of a source tell of; undefined where they tell of none. */
export function clockOf(facts: Readonly<Record<string, string>>): Clock | undefined {
  const first = facts['first time stamp'] ?? facts['time origin'] ?? '';
  const [, seconds, nanos] = UPTIME.exec(first) ?? [];
  if (seconds !== undefined) return { unit: 's', seconds: Number(seconds), nanos: Number(nanos) };
  const [, date, fraction = ''] = DATE.exec(first) ?? [];
  const start = date === undefined ? NaN : Date.parse(`${date}Z`) / 1000;
  if (Number.isNaN(start)) return undefined;
  return { unit: 'UTC', seconds: start, nanos: Number(fraction.padEnd(9, '0')) };
}

/** A time since the start as the clock shows it: seconds, or the time of day. No clock: since the start. */
export function clockParts(clock: Clock | undefined, ns: number): TimeParts {
  if (clock === undefined || ns < 0) return timeParts(ns);
  const nanos = clock.nanos + (Math.round(ns) % SECOND);
  const seconds = clock.seconds + Math.floor(Math.round(ns) / SECOND) + Math.floor(nanos / SECOND);
  const { groups } = timeParts(nanos % SECOND);
  return { whole: clock.unit === 's' ? String(seconds) : new Date(seconds * 1000).toISOString().slice(11, 19), groups };
}

/** `4.182585412 s`, `21:55:42.999700000 UTC`. */
export function clockText(clock: Clock | undefined, ns: number): string {
  const { whole, groups } = clockParts(clock, ns);
  return `${whole}.${groups.join('')} ${clock?.unit ?? 's'}`;
}

const TYPED_SECONDS = /^(\d{1,12}(?:\.\d+)?)\s*s$/;
const TYPED_DAYTIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:\s*(?:UTC|Z))?$/i;

/**
 * What is typed as a place: a time of the clock becomes one since the start, `10.0047s`; all else stays. A time of day
 * is the first one in the trace; a time before the start is the start.
 */
export function sinceStart(clock: Clock | undefined, text: string): string {
  if (clock === undefined) return text;
  const typed = text.trim();
  if (clock.unit === 's') {
    const [, words] = TYPED_SECONDS.exec(typed) ?? [];
    if (words === undefined) return text;
    const [whole = '0', fraction = ''] = words.split('.');
    return lapse(Number(whole) - clock.seconds, nanosOf(fraction) - clock.nanos);
  }
  const [, hours, minutes, seconds, fraction = ''] = TYPED_DAYTIME.exec(typed) ?? [];
  if (hours === undefined) return text;
  const ofDay = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const nanos = nanosOf(fraction) - clock.nanos;
  const ahead = ofDay - (clock.seconds % DAY);
  return lapse(ahead < 0 || (ahead === 0 && nanos < 0) ? ahead + DAY : ahead, nanos);
}

const nanosOf = (fraction: string): number => Number(fraction.slice(0, 9).padEnd(9, '0'));

function lapse(seconds: number, nanos: number): string {
  const [whole, rest] = nanos < 0 ? [seconds - 1, nanos + SECOND] : [seconds, nanos];
  return whole < 0 ? '0s' : `${whole}.${String(rest).padStart(9, '0')}s`;
}
