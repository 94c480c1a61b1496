import { describe, expect, it } from 'vitest';
import { seq } from '../../../core/state/brand.ts';
import { type StateVector } from '../../../core/state/state-vector.ts';
import { Cursor } from '../../../core/trace/cursor.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { buildTrace, random } from './support.ts';

const built = buildTrace(3 * 4096 + 1234);
const reader = new TraceReader(built.path);

describe('a trace that is written and read', () => {
  it('has every event as it was given', () => {
    expect(reader.count).toBe(built.events.length);
    for (const [i, event] of reader.eventList(seq(0), reader.count).entries())
      expect(event).toEqual({ ...built.events[i], seq: i });
  });

  it('has the state after every event, forwards', () => {
    const cursor = new Cursor(reader);
    for (let position = -1; position < reader.count; position++)
      if (!sameState(built.states[position + 1], cursor.seek(seq(position)).state)) expect.fail(`at ${position}`);
  });

  it('has the state after every event, backwards', () => {
    const cursor = new Cursor(reader);
    for (let position = reader.count - 1; position >= -1; position--)
      if (!sameState(built.states[position + 1], cursor.seek(seq(position)).state)) expect.fail(`at ${position}`);
  });

  it('has the state at random positions, jumped to', () => {
    const cursor = new Cursor(reader);
    const next = random(7);
    for (let i = 0; i < 2000; i++) {
      const position = next(reader.count + 1) - 1;
      if (!sameState(built.states[position + 1], cursor.seek(seq(position)).state)) expect.fail(`at ${position}`);
    }
  });

  it('finds the last event at or before a time', () => {
    const times = built.events.map((event) => event.time);
    const next = random(3);
    for (let i = 0; i < 500; i++) {
      const time = next(Math.ceil(reader.duration * 1.1) + 1) - 1;
      expect(reader.seqAtTime(time)).toBe(times.filter((t) => t <= time).length - 1);
    }
  });
});

/** The recorded state may lack slots that were claimed later; those must hold their initial value. */
function sameState(expected: StateVector | undefined, actual: StateVector): boolean {
  if (expected === undefined) return false;
  const whole = expected.clone();
  whole.growTo(reader.layout);
  return whole.equals(actual);
}
