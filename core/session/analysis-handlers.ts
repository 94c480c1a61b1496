/** `analysis.*`: conclusions. */
import { findingsOf, RULES } from '../analysis/findings/find.ts';
import { latencyOf } from '../analysis/latency.ts';
import { replay } from '../analysis/replay/replay.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { lineTimes } from '../trace/line-times.ts';
import { type Group, type SessionContext } from './handlers.ts';

type Methods = 'analysis.injections' | 'analysis.latency' | 'analysis.findings' | 'analysis.replay';

export function analysisHandlers({ traces }: SessionContext): Group<Methods> {
  return {
    'analysis.injections': ({ id }) => ({
      interrupts: [...traces.get(id).reader.lives.raised()].map(([intid, count]) => ({ intid, count })),
    }),

    'analysis.latency': ({ id, by }) => {
      const { reader } = traces.get(id);
      return {
        groups: latencyOf(reader.lives.all(), lineTimes(reader), by).map(({ intid, vcpu, legs }) => ({
          intid,
          label: interruptLabel(intid),
          vcpu: vcpu ?? null,
          legs: { ...legs },
        })),
      };
    },

    'analysis.findings': async ({ id }, signal) => {
      const { findings, looked } = await findingsOf(traces.get(id).reader, signal);
      return {
        findings: findings.map(({ positions, ...finding }) => ({
          ...finding,
          intid: finding.intid ?? null,
          positions: positions.map(({ vcpu, ...position }) => ({ ...position, vcpu: vcpu ?? null })),
        })),
        rules: RULES.map((rule) => ({
          id: rule.id,
          about: rule.about,
          clause: rule.clause,
          looked: looked.includes(rule.id),
        })),
      };
    },

    'analysis.replay': async ({ id }, signal) => {
      const { divergences, byRegister, reasons, inferred, ...counts } = await replay(traces.get(id).reader, signal);
      return {
        ...counts,
        byRegister: { ...byRegister },
        reasons: { ...reasons },
        inferred: { ...inferred },
        divergences: divergences.map((divergence) => ({
          ...divergence,
          recorded: hexOf(divergence.recorded),
          emulated: hexOf(divergence.emulated),
        })),
      };
    },
  };
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}
