/** `analysis.*`: conclusions. */
import { findingsOf, RULES } from '../analysis/findings/find.ts';
import { LatencyCollector } from '../analysis/latency.ts';
import { replay } from '../analysis/replay/replay.ts';
import { eachInTurn } from '../debug/search/pace.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { lineTimes } from '../trace/line-times.ts';
import { type Group, type SessionContext } from './handlers.ts';

type Methods = 'analysis.injections' | 'analysis.latency' | 'analysis.findings' | 'analysis.replay';

export function analysisHandlers({ traces }: SessionContext): Group<Methods> {
  return {
    'analysis.injections': async ({ id }, signal) => {
      const counts = new Map<number, number>();
      await eachInTurn(traces.get(id).reader.lives.raised(), traces.rest(id, signal), ([intid, count]) => {
        counts.set(intid, (counts.get(intid) ?? 0) + count);
      });
      return { interrupts: [...counts].map(([intid, count]) => ({ intid, count })) };
    },

    'analysis.latency': async ({ id, by }, signal) => {
      const { reader } = traces.get(id);
      const collector = new LatencyCollector(by);
      const rest = traces.rest(id, signal);
      await eachInTurn(reader.lives.all(), rest, (life) => collector.add(life));
      await eachInTurn(lineTimes(reader), rest, (line) => collector.addLine(line));
      return {
        groups: collector.groups().map(({ intid, vcpu, legs }) => ({
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
