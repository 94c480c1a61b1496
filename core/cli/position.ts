/**
 * Places in a trace as typed (cli.md): `#1234` or `1234` an event, `12.5ms` a time since the start, `12%`, `end`.
 *
 * A time lies between events. `at` and `to` mean the last event that had happened by then, `from` the first that had
 * not happened before.
 */
import { secondsText } from '../state/units.ts';
import { CliFailure } from './failure.ts';
import { type OpenTrace } from './context.ts';

export type Position =
  | { readonly kind: 'event'; readonly seq: number; readonly text: string }
  | { readonly kind: 'time'; readonly ns: number; readonly text: string }
  | { readonly kind: 'share'; readonly text: string }
  | { readonly kind: 'end'; readonly text: string };

export type Edge = 'at' | 'from' | 'to';

const NS_DIGITS: Readonly<Record<string, number>> = { ns: 0, us: 3, µs: 3, μs: 3, ms: 6, s: 9 };

/** @throws CliFailure `usage` with the forms that a position has. */
export function parsePosition(text: string): Position {
  const given = text.trim();
  if (given === 'end') return { kind: 'end', text: given };
  const event = /^#?(\d{1,15})$/.exec(given);
  if (event !== null) return { kind: 'event', seq: Number(event[1]), text: given };
  const time = /^(\d{1,12})(?:\.(\d{1,12}))?(ns|us|µs|μs|ms|s)$/.exec(given);
  if (time !== null) return { kind: 'time', ns: nanoseconds(time), text: given };
  const share = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(given);
  if (share !== null && Number(share[1]) <= 100) return { kind: 'share', text: given };
  throw new CliFailure(
    'usage',
    "a position is expected: '#1234' or 1234 (event), 12.5ms, 1.234567s or 1234567ns (since the start), 12%, or end",
  );
}

/** Shifts the decimal point in the text, so that no digit is lost; digits below a nanosecond are dropped. */
function nanoseconds([, whole = '', fraction = '', unit = '']: RegExpExecArray): number {
  const digits = NS_DIGITS[unit] ?? 0;
  const ns = Number(whole + fraction.padEnd(digits, '0').slice(0, digits));
  if (Number.isSafeInteger(ns)) return ns;
  throw new CliFailure('usage', `${whole}${unit} is longer than any trace`);
}

/** The event that a position means in this trace; −1 in a trace without events. */
export async function resolvePosition(trace: OpenTrace, position: Position, edge: Edge): Promise<number> {
  const { events, durationNs } = trace.info;
  const last = events - 1;
  switch (position.kind) {
    case 'end':
      return last;
    case 'event':
      if (position.seq <= last || edge === 'to') return Math.min(position.seq, last);
      throw outside(position, events === 0 ? 'the trace has no events' : `the last event is #${last}`);
    case 'time':
      if (position.ns > durationNs && edge !== 'to')
        throw outside(position, `the last event is at ${secondsText(durationNs)} s`);
      if (edge !== 'from') return (await trace.call('nav.seqAtTime', { time: position.ns })).seq;
      return position.ns === 0 ? 0 : (await trace.call('nav.seqAtTime', { time: position.ns - 1 })).seq + 1;
    case 'share': {
      const { seq, error } = await trace.call('nav.resolve', { text: position.text, from: -1 });
      if (seq === null) throw new CliFailure('usage', `position ${position.text}: ${error}`);
      return seq;
    }
  }
}

function outside(position: Position, why: string): CliFailure {
  const text = position.kind === 'event' ? `#${position.seq}` : position.text;
  return new CliFailure('usage', `position ${text} is outside the trace: ${why}`);
}
