import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OpenTrace } from '../../../core/cli/context.ts';
import { CliFailure } from '../../../core/cli/failure.ts';
import { parsePosition, resolvePosition } from '../../../core/cli/position.ts';
import { INFO } from './support.ts';

/** 100 events, one each microsecond, two at 50 µs. */
const times = Array.from({ length: 100 }, (_, seq) => (seq === 51 ? 50 : seq) * 1000);
const trace: OpenTrace = {
  info: INFO,
  call: ((method: string, args: { time: number; text: string }) => {
    if (method === 'nav.seqAtTime') return Promise.resolve({ seq: times.findLastIndex((time) => time <= args.time) });
    if (method === 'nav.resolve') return Promise.resolve({ seq: args.text === '50%' ? 49 : null, error: 'no' });
    return Promise.reject(new Error(method));
  }) as OpenTrace['call'],
};
const at = (text: string, edge: 'at' | 'from' | 'to' = 'at') => resolvePosition(trace, parsePosition(text), edge);

describe('positions', () => {
  it('are events with or without #, times in any unit, shares, and the end', async () => {
    expect(parsePosition('#12')).toMatchObject({ kind: 'event', seq: 12 });
    expect(parsePosition('12')).toMatchObject({ kind: 'event', seq: 12 });
    expect(parsePosition('12.5ms')).toMatchObject({ kind: 'time', ns: 12_500_000 });
    expect(parsePosition('1.234567s')).toMatchObject({ kind: 'time', ns: 1_234_567_000 });
    expect(parsePosition('1234567ns')).toMatchObject({ kind: 'time', ns: 1_234_567 });
    expect(parsePosition('3us')).toMatchObject({ kind: 'time', ns: 3000 });
    expect(parsePosition('3µs')).toMatchObject({ kind: 'time', ns: 3000 });
    expect([await at('#12'), await at('50%'), await at('end')]).toEqual([12, 49, 99]);
  });

  it('keep every nanosecond of a decimal time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 }), (ns) => {
        const digits = String(ns).padStart(10, '0');
        const text = `${Number(digits.slice(0, -9))}.${digits.slice(-9)}s`;
        expect(parsePosition(text)).toMatchObject({ kind: 'time', ns });
      }),
    );
  });

  it.each(['', '#', '-3', '1.5', '12 ms', '12m', '101%', 'start', '0x10', 'end ms', '1e9', '9'.repeat(20)])(
    'refuse %j and say which forms there are',
    (text) => {
      expect(() => parsePosition(text)).toThrow(CliFailure);
      expect(() => parsePosition(text)).toThrow(/'#1234' or 1234 \(event\)/);
    },
  );

  it('never throw anything but a usage failure', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parsePosition(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CliFailure);
        }
      }),
    );
  });

  it('take a time as the last event until then, and after --from as the first from then on', async () => {
    expect([await at('50us'), await at('50us', 'to'), await at('50us', 'from')]).toEqual([51, 51, 50]);
    expect([await at('10500ns'), await at('10500ns', 'from'), await at('0s', 'from')]).toEqual([10, 11, 0]);
  });

  it('refuse what lies outside the trace, except as a last position', async () => {
    await expect(at('#100')).rejects.toThrow('position #100 is outside the trace: the last event is #99');
    await expect(at('1s', 'from')).rejects.toThrow(
      'position 1s is outside the trace: the last event is at 0.000099000 s',
    );
    expect([await at('#100', 'to'), await at('1s', 'to')]).toEqual([99, 99]);
    await expect(at('13%')).rejects.toThrow('position 13%: no');
  });
});
