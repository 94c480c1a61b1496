/** Whether the trigger mode that a guest gives an SPI reaches its table entry: not observed, so a choice (gicv5-spi-lpi-behaviour §8.3). */
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../../core/scenario/index.ts';
import { makeLevel, ready } from '../../../conformance/v5-spi-lab.ts';

describe('the handling mode of an SPI', () => {
  it('stays edge when the guest makes it level-triggered, unless the host says otherwise', () => {
    for (const [vspiHmFollowsTm, word] of [
      [false, 0x8008],
      [true, 0x800c],
    ] as const) {
      const { lab, g0 } = ready('H3', { irs: { vspiHmFollowsTm } });
      makeLevel(g0, 5);
      expect([lab.k(5), lab.word(5)]).toEqual(['level,0,0,0,no', word]);
    }
  });

  it('that follows presents a line that stayed high again', () => {
    const { lab, g0 } = ready('H3', { irs: { vspiHmFollowsTm: true } });
    makeLevel(g0, 5);
    lab.line(5, 1);
    expect([g0.handle(), g0.handle()]).toEqual([0x1_6000_0005n, 0x1_6000_0005n]);
    lab.line(5, 0);
    expect(g0.handle()).toBe(0n);
  });

  it('is a fact of the host that scenarios give', () => {
    const scenario = loadScenario(
      's.yaml',
      'name: s\nabout: s\nprofile: Q\nhost: { irs: { vspiHmFollowsTm: true, idBits: 12 } }\nguest: { program: "b ." }\n',
    );
    expect(scenario.config.facts.irs).toEqual({ vspiHmFollowsTm: true, idBits: 12 });
  });
});
