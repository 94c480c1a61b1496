/** `analysis.*`, `report.*`, `export.*`, `sql.*`: conclusions and what leaves the house. */
import { existsSync, writeFileSync } from 'node:fs';
import { findingsOf, RULES } from '../analysis/findings/find.ts';
import { latencyOf } from '../analysis/latency.ts';
import { replay } from '../analysis/replay/replay.ts';
import { listPart, type ListSource } from '../export/list/formats.ts';
import { collectReport } from '../export/report/collect.ts';
import { renderReport } from '../export/report/formats.ts';
import { seq as position, slotId, vcpuId } from '../state/brand.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { lineTimes } from '../trace/line-times.ts';
import { SessionError } from './failure.ts';
import { figureLanes } from './figure-lanes.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { interruptCounts, traceInfo } from './info.ts';
import { inspect } from './inspect.ts';
import { type OpenTrace } from './open-trace.ts';
import { eventRow } from './rows.ts';
import { isSameFile } from './same-file.ts';
import { sqlCell } from './sql-cell.ts';

type Methods =
  | 'analysis.injections'
  | 'analysis.latency'
  | 'analysis.findings'
  | 'analysis.replay'
  | 'report.export'
  | 'export.text'
  | 'sql.query';

export function analysisHandlers({ traces, options }: SessionContext): Group<Methods> {
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

    'report.export': async ({ id, format, output, at, overwrite }, signal) => {
      const trace = traces.get(id);
      const { findings } = await findingsOf(trace.reader, signal);
      const data = collectReport(
        {
          generator: `gicscope ${options.version}`,
          now: Date.now(),
          trace: { ...traceInfo(trace), interrupts: interruptCounts(trace) },
          findings,
          events: (from, count) => trace.reader.eventList(position(from), count).map(eventRow),
          lives: () => trace.reader.lives.all(),
          lines: () => lineTimes(trace.reader),
          inspect: (seq, vcpu) => inspect(trace, vcpuId(vcpu), trace.stateAt(seq), undefined),
          lanes: (start, end) => figureLanes(trace, start, end),
        },
        trace.checked(at),
      );
      const text = renderReport(data, format);
      const bytes = Buffer.byteLength(text);
      if (output === '') return { output: '', bytes, text };
      if (isSameFile(output, trace.path))
        throw new SessionError({ code: 'usage', message: `${output} is the trace itself. Choose another output.` });
      if (!overwrite && existsSync(output))
        throw new SessionError({
          code: 'usage',
          message: `${output} exists already. Choose another name or allow overwriting.`,
        });
      writeFileSync(output, text);
      return { output, bytes, text: '' };
    },

    'export.text': ({ id, format, from, to, filter, header }, signal) => {
      const trace = traces.get(id);
      return listPart(listSource(trace, signal), format, {
        from: trace.checked(from),
        to: trace.checked(to),
        filter,
        header,
      });
    },

    'sql.query': ({ id, sql, limit }) => {
      let answer;
      try {
        answer = traces.get(id).reader.sql(sql, limit + 1);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new SessionError({ code: 'usage', message: `SQL: ${why}` });
      }
      const rows = answer.rows.slice(0, limit).map((row) => row.map(sqlCell));
      return { columns: [...answer.columns], rows, truncated: answer.rows.length > limit };
    },
  };
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function listSource(trace: OpenTrace, signal: AbortSignal): ListSource {
  const { reader } = trace;
  return {
    slots: reader.layout.slots,
    events: async (from, count, filter) => {
      if (filter === '') return reader.eventList(position(from), count).map(eventRow);
      const seqs = await trace.search.matches(filter, from, count, 'forward', signal);
      return seqs.map((at) => eventRow(reader.event(at)));
    },
    stateAt: (at) => {
      const state = trace.stateAt(at);
      return (slot) => state.value(slotId(slot));
    },
    changesOf: (at) => reader.changesOf(position(at)),
    timeOf: (at) => trace.timeOf(at),
  };
}
