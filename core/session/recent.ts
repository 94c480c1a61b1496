/** What the start screen is told of the traces opened lately: their facts and a small picture, as of when they were open last. */
import { type TraceInfo } from './contract.ts';
import { traceInfo } from './info.ts';
import { type OpenTrace } from './open-trace.ts';
import { type RecentTrace, type StateFile } from './state-file.ts';
import { density } from './timeline.ts';

/** Size of the picture. */
const PREVIEW_COLUMNS = 120;
const PREVIEW_ROWS = 4;

/** To be called when a trace was opened. */
export function rememberOpened(state: StateFile, trace: OpenTrace, info: TraceInfo): void {
  state.remember({ ...looks(trace, info), openedAt: Date.now() });
}

/** To be called before a trace is closed: one that was recorded meanwhile is not what it was when it was opened. */
export function rememberGrown(state: StateFile, trace: OpenTrace): void {
  const known = state.recent.find(({ path }) => path === trace.path);
  if (known === undefined) return;
  try {
    trace.reader.refresh();
    const info = traceInfo(trace);
    if (info.events !== known.events) state.correct(looks(trace, info));
  } catch {
    // Whatever makes it unreadable now: what was remembered stays, and closing goes on.
  }
}

function looks(trace: OpenTrace, info: TraceInfo): Omit<RecentTrace, 'openedAt'> {
  const { rows, columns, cells } = density(trace, PREVIEW_COLUMNS);
  const shown = Math.min(rows, PREVIEW_ROWS);
  const most = Math.max(1, ...cells);
  const bytes = Uint8Array.from(cells.subarray(0, shown * columns), (n) => Math.round(Math.sqrt(n / most) * 255));
  return {
    path: trace.path,
    bytes: info.fileBytes,
    gic: info.gic,
    source: info.source.kind,
    events: info.events,
    durationNs: info.durationNs,
    vcpus: info.vcpus,
    preview: shown === 0 ? null : { rows: shown, columns, base64: Buffer.from(bytes).toString('base64') },
  };
}
