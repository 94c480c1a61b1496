/** 2,000 random conditions over real recordings, and as many over random sessions, against a plain scan. */
import { describe, expect, it } from 'vitest';
import { checkRandomConditions, recordedOf } from '../core/debug/support/check.ts';
import { poolOf } from '../core/debug/support/conditions.ts';
import { MemoryTrace } from '../core/debug/support/memory-trace.ts';
import { Random } from '../core/debug/support/random.ts';
import { importRecording } from '../core/debug/support/recording.ts';
import { play, VCPUS } from '../core/debug/support/session.ts';

describe('conditions against a scan', () => {
  it.each(['gicv5-smp1-events.log.xz', 'gicv5-smp4-events.part.log.xz'])(
    'over %s',
    { timeout: 1_800_000 },
    async (name) => {
      const recording = await importRecording(name);
      const pool = poolOf(recording.trace.names(), new Random(1));
      const { hitting } = await checkRandomConditions(recording.trace, recording.recorded, 1_000, 1, pool);
      recording.close();
      expect(hitting).toBeGreaterThan(300);
    },
  );

  it.each([1, 2, 3, 4])('over random session %i', { timeout: 1_800_000 }, async (seed) => {
    const trace = new MemoryTrace(VCPUS, (seed - 1) / 3);
    play(trace, 13_000, seed * 1_000);
    const { hitting } = await checkRandomConditions(trace, recordedOf(trace), 500, seed);
    expect(hitting).toBeGreaterThan(150);
  });
});
