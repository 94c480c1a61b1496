/** What a trace is, for the window's head and `gicscope info`. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { type TraceInfo } from './contract.ts';
import { interruptName } from './inspectable.ts';
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
    interrupts: info.interrupts.map(({ intid, label, acknowledged, deactivated }) => ({
      intid,
      label,
      name: interruptName(intid, info.gic),
      vcpu: null,
      acknowledged,
      deactivated,
    })),
    lanes: trace.lanes.list(),
    complete: info.complete && source?.facts['ends early'] === undefined,
    finished: trace.finished,
    writable: trace.writable,
  };
}
