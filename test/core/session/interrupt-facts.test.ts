/** Facts of interrupts by their own names, over a recorded guest whose PPIs are bits of registers. */
import { afterAll, describe, expect, it } from 'vitest';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

describe('facts of an interrupt', () => {
  it('are found by their names where no slot has one, and differ between two positions', async () => {
    const output = lab.path('facts.gscope');
    await lab.record('wfi-wake-by-priority', { output });
    const { id, events } = await lab.backend.handle('trace.open', { path: output }, signal);
    const ask = (glob: string, diff: number | null) =>
      lab.backend.handle('state.slots', { id, seq: -1, glob, diff, limit: 100 }, signal);
    const all = await ask('vcpu0.ppi27.*', null);
    expect(all.slots.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['vcpu0.ppi27.pending', 'vcpu0.ppi27.active', 'vcpu0.ppi27.enabled']),
    );
    const { slots } = await ask('vcpu0.ppi2?.{enabled,handling,priority}', events - 1);
    expect(slots.length).toBeGreaterThan(0);
    for (const { path, value, other } of slots) {
      expect(path).toMatch(/^vcpu0\.ppi2\d\.(enabled|handling|priority)$/);
      expect(value).not.toBe(other);
    }
  });

  it('do not double the slots that a glob names', async () => {
    const output = lab.path('slots.gscope');
    await lab.record('wfi-wake-by-priority', { output });
    const { id, events } = await lab.backend.handle('trace.open', { path: output }, signal);
    const args = { id, seq: -1, glob: '**', diff: Math.floor(events / 2), limit: 10_000 };
    const { slots } = await lab.backend.handle('state.slots', args, signal);
    expect(slots.some(({ path }) => path.endsWith('.ppi27.pending'))).toBe(false);
    // A value with words has both.
    const run = slots.find(({ path }) => path === 'vcpu0.runState');
    expect([run?.text, run?.otherText]).toEqual(['off', expect.stringMatching(/^\w+$/)]);
  });
});
