import { describe, expect, it } from 'vitest';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { type Result } from '../../../core/session/contract.ts';
import { fakeBackend, openClose, run } from './support.ts';

const divergence = {
  seq: 41,
  timeNs: 1_500_000,
  vcpu: 1,
  line: 60,
  register: 'GICR CDIA',
  recorded: '0x12000001b',
  emulated: '0x0',
  context: 'PE 1: enabled true',
};
const agrees: Result<'analysis.replay'> = {
  compared: 5,
  matched: 5,
  mismatched: 0,
  unsupported: 2,
  byRegister: { 'GICR CDIA': { matched: 5, mismatched: 0 } },
  reasons: { 'the recording does not tell which vCPU': 2 },
  inferred: { 'ties among SPIs and LPIs': 1 },
  divergences: [],
};
const differs = {
  ...agrees,
  compared: 6,
  mismatched: 1,
  byRegister: { 'GICR CDIA': { matched: 5, mismatched: 1 } },
  divergences: [divergence],
};
const backend = (result: Result<'analysis.replay'>) => fakeBackend({ ...openClose, 'analysis.replay': () => result });

describe('replay', () => {
  it('prints counts by register, what was not compared and why, and ends with 0 when all agrees', async () => {
    const { exit, stdout } = await run(['replay', 'x'], { backend: backend(agrees) });
    expect(exit).toBe(0);
    expect(stdout).toBe(
      [
        'register   matched  mismatched',
        'GICR CDIA        5           0',
        'all              5           0',
        'not compared: 2, the recording does not tell which vCPU',
        'inferred: 1, ties among SPIs and LPIs',
        '',
      ].join('\n'),
    );
  });

  it('names each difference and ends with 1', async () => {
    const { exit, stdout } = await run(['replay', 'x'], { backend: backend(differs) });
    expect(exit).toBe(1);
    expect(stdout).toContain(
      'differs: #41 at 1.50 ms, vCPU 1: GICR CDIA was 0x12000001b, the emulator says 0x0 (PE 1: enabled true)\n',
    );
  });

  it('prints the documented JSON, with the first difference or none', async () => {
    const none = await run(['replay', 'x', '--json'], { backend: backend(agrees) });
    expect(SHAPES.replay.parse(JSON.parse(none.stdout))).toMatchObject({ compared: 5, firstDivergence: null });
    const one = await run(['replay', 'x', '--json'], { backend: backend(differs) });
    expect(SHAPES.replay.parse(JSON.parse(one.stdout)).firstDivergence).toEqual(divergence);
  });
});
