import { describe, expect, it } from 'vitest';
import { loadScenario, ScenarioRun } from '../../../core/scenario/index.ts';

describe('a run', () => {
  it('keeps few changes of a guest that makes no events, and the state that they lead to', () => {
    const run = new ScenarioRun(
      loadScenario(
        'spin.yaml',
        'name: spin\nabout: one\nlimit: { time: 100us }\nguest:\n  program: |\n    start:\n      add x1, x1, #1\n      b start\n',
      ),
    );
    run.begin();
    const { journal } = run.machine;
    let most = 0;
    while (!run.advance(20_000)) most = Math.max(most, journal.count);
    expect(most).toBeLessThan(200_000);
    const slot = journal.layout.find('vcpu0.X1');
    if (slot === undefined) throw new Error('no X1');
    expect(journal.read(slot)).toBe(50_000n);
    journal.undoTo(0);
    expect(journal.read(slot)).toBe(0n);
  });
});
