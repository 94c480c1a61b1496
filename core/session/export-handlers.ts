/** `report.*`, `export.*`, `sql.*`: what leaves the house. */
import { existsSync, writeFileSync } from 'node:fs';
import { findingsOf } from '../analysis/findings/find.ts';
import { listPart, type ListSource } from '../export/list/formats.ts';
import { collectReport, type ReportSource } from '../export/report/collect.ts';
import { type ReportFormatName, renderReport } from '../export/report/formats.ts';
import { seq as position, slotId, vcpuId } from '../state/brand.ts';
import { lineTimes } from '../trace/line-times.ts';
import { SessionError } from './failure.ts';
import { figureLanes } from './figure-lanes.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { interruptCounts, traceInfo } from './info.ts';
import { inspect } from './inspect.ts';
import { type OpenTrace } from './open-trace.ts';
import { eventRow } from './rows.ts';
import { isSameFile } from './same-file.ts';
import { runQuery } from './sql/query-process.ts';
import { vgicState } from './vgic-state.ts';

type Methods = 'report.export' | 'export.text' | 'sql.query';

export function exportHandlers({ traces, options }: SessionContext): Group<Methods> {
  return {
    'report.export': async ({ id, format, output, at, overwrite }, signal) => {
      const trace = traces.get(id);
      const seq = trace.checked(at);
      const report = async (as: ReportFormatName): Promise<string> => {
        const findings = await findingsOf(trace.reader, signal);
        const generator = `gicscope ${options.version}`;
        const source = { ...reportSource(trace), ...findings, generator, rest: traces.rest(id, signal) };
        return renderReport(await collectReport(source, seq), as);
      };
      const text = format === 'vgic-state' ? vgicState(trace, trace.stateAt(seq)) : await report(format);
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

    'sql.query': ({ id, sql, limit }, signal) => runQuery({ path: traces.get(id).path, sql, rows: limit }, signal),
  };
}

function reportSource(trace: OpenTrace): Omit<ReportSource, 'findings' | 'generator' | 'rest'> {
  const { reader } = trace;
  return {
    now: Date.now(),
    trace: { ...traceInfo(trace), interrupts: interruptCounts(trace) },
    events: (from, count) => reader.eventList(position(from), count).map(eventRow),
    lives: () => reader.lives.all(),
    lines: () => lineTimes(reader),
    inspect: (seq, vcpu) => inspect(trace, vcpuId(vcpu), trace.stateAt(seq), undefined),
    lanes: (start, end) => figureLanes(trace, start, end),
  };
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
