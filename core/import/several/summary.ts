/** What a trace of several recordings says of itself: each one's facts under its name, counts added up. */
import { type LineCounts, type TraceSummary } from '../../trace/sink.ts';
import { type ReadSummary } from '../format.ts';
import { type Placed } from './import-several.ts';
import { type Recording } from './recording.ts';

export function summariseAll(
  recordings: readonly Recording[],
  summaries: readonly ReadSummary[],
  placed: readonly Placed[],
): TraceSummary {
  const facts: Record<string, string> = {};
  for (const [i, { name, wrappers, format }] of recordings.entries()) {
    const at = placed[i];
    const several = recordings.length > 1;
    const key = (fact: string): string => (several ? `${name}: ${fact}` : fact);
    if (several) facts[key('format')] = format.title;
    if (several && at !== undefined) facts[key('begins')] = `${(at.start / 1e9).toFixed(9)} s: ${at.because}`;
    for (const [fact, value] of Object.entries(summaries[i]?.facts ?? {})) facts[key(fact)] = value;
    if (wrappers.length > 0) facts[key('compression')] = wrappers.join(' in ');
  }
  // One fact for all, since it decides whether the trace is whole. What is wrong with a file names it.
  const cuts = new Set(recordings.flatMap(({ cut }) => cut ?? []));
  if (cuts.size > 0) facts['ends early'] = [...cuts].join('; ');
  const lines = linesOf(summaries);
  return {
    source: {
      kind: recordings[0]?.format.kind ?? 'qemu-log',
      files: recordings.flatMap(({ files }) => files),
      facts,
    },
    gic: summaries.map(({ gic }) => gic).find((gic) => gic !== 'unknown') ?? 'unknown',
    vcpus: Math.max(0, ...summaries.map(({ vcpus }) => vcpus)),
    ...(lines === undefined ? {} : { lines }),
  };
}

function linesOf(summaries: readonly ReadSummary[]): LineCounts | undefined {
  const counted = summaries.flatMap(({ lines }) => (lines === undefined ? [] : [lines]));
  if (counted.length === 0) return undefined;
  const sum = (of: (lines: LineCounts) => number): number => counted.reduce((total, lines) => total + of(lines), 0);
  const reasons: Record<string, number> = {};
  for (const lines of counted)
    for (const [reason, count] of Object.entries(lines.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count;
  return {
    read: sum(({ read }) => read),
    asEvents: sum(({ asEvents }) => asEvents),
    merged: sum(({ merged }) => merged),
    skipped: sum(({ skipped }) => skipped),
    reasons,
  };
}
