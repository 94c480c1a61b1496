/** What a trace is, for the window's head and `gicscope info`. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { type InterruptCount } from '../trace/info.ts';
import { type Result, type TraceInfo } from './contract.ts';
import { interruptName } from './interrupt-name.ts';
import { laneColumns } from './lane-columns.ts';
import { type OpenTrace } from './open-trace.ts';

export function traceInfo(trace: OpenTrace): TraceInfo {
  const { path } = trace;
  const info = trace.facts();
  const { source } = info;
  return {
    id: trace.id,
    path,
    fileName: basename(path),
    fileBytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    gic: info.gic,
    source:
      source === undefined
        ? { kind: 'unknown', files: [], facts: {} }
        : { kind: source.kind, files: [...source.files], facts: { ...source.facts } },
    profile: info.profile ?? null,
    vcpus: info.vcpus,
    events: info.events,
    durationNs: info.durationNs,
    kinds: info.kinds,
    names: info.names,
    lines: info.lines === undefined ? null : { ...info.lines, reasons: { ...info.lines.reasons } },
    busiest: busiest(info.interrupts),
    lanes: laneColumns(trace.lanes.list()),
    complete: info.complete && source?.facts['ends early'] === undefined,
    finished: trace.finished,
    writable: trace.writable,
  };
}

function busiest(counts: readonly InterruptCount[]): number | null {
  const most = counts.reduce((best, { acknowledged }) => Math.max(best, acknowledged), 0);
  return most === 0 ? null : (counts.find(({ acknowledged }) => acknowledged === most)?.intid ?? null);
}

/** How often each interrupt was taken and ended. */
export function interruptCounts(trace: OpenTrace): Result<'trace.interrupts'>['interrupts'] {
  const { interrupts, gic } = trace.facts();
  return interrupts.map(({ intid, label, acknowledged, deactivated }) => ({
    intid,
    label,
    name: interruptName(intid, gic),
    vcpu: null,
    acknowledged,
    deactivated,
  }));
}
