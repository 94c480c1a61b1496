/** Sentences and figures of a report, the same in every format. Plain text: writers escape it. */
import { bytesText, countText, durationText, printable, secondsText } from '../../state/units.ts';
import { type LongestWait, type ReportData, type ReportTrace } from './data.ts';

/** Longest text and name that a report takes over from the trace, in characters as shown. */
const LONGEST_TEXT = 200;
const LONGEST_NAME = 80;

const shorten = (text: string, most: number): string => {
  // A character shows as one or more, so the rest cannot matter.
  const shown = printable(text.slice(0, most + 1));
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
};
export const cut = (text: string): string => shorten(text, LONGEST_TEXT);
export const cutName = (text: string): string => shorten(text, LONGEST_NAME);

export const eventNumber = (seq: number): string => `#${countText(seq)}`;
export const atTime = (ns: number): string => `${secondsText(ns)} s`;
export const vcpuText = (vcpu: number | null | undefined): string =>
  vcpu === null || vcpu === undefined ? '–' : String(vcpu);

function whose({ label, name, vcpu }: Pick<LongestWait, 'label' | 'name' | 'vcpu'>): string {
  return `${cutName(label)}${name === '' ? '' : ` (${cutName(name)})`}${vcpu === null ? '' : ` on vCPU ${vcpu}`}`;
}

/** The title is a finding: the longest wait, or what the trace is. */
export function title({ longest, trace }: ReportData): string {
  if (longest !== undefined) return `${whose(longest)} waited ${durationText(longest.ns)} to be acknowledged`;
  return cut(`Interrupt trace ${trace.fileName}`);
}

const times = (count: number): string => (count === 1 ? 'once' : `${countText(count)} times`);

export function summary(report: ReportData): string {
  const { trace, longest } = report;
  const { acknowledged, neverAcknowledged: never } = report.totals;
  const sentences = [
    `${cut(trace.source.files.join(', ') || trace.fileName)}: ${countText(trace.events)} events in ${durationText(trace.durationNs)} ` +
      `on ${trace.vcpus} ${trace.vcpus === 1 ? 'vCPU' : 'vCPUs'}.`,
    handled(report.totals),
  ];
  if (longest !== undefined)
    sentences.push(`The longest wait for an acknowledge began at ${eventNumber(longest.seq)}.`);
  if (never > 0 && acknowledged > 0)
    sentences.push(
      `An interrupt was raised or became pending and was not seen acknowledged afterwards ${times(never)}.`,
    );
  if (!trace.complete) sentences.push('The trace was cut short: what came after its last event is not in it.');
  return sentences.join(' ');
}

/** What became of the interrupts. A recording without any acknowledge need not be of a machine without any. */
function handled({ acknowledged, deactivated, neverAcknowledged: never }: ReportData['totals']): string {
  if (acknowledged > 0 || never === 0)
    return `Interrupts were acknowledged ${times(acknowledged)} and deactivated ${times(deactivated)}.`;
  const ended =
    deactivated === 0
      ? ' and no deactivation'
      : `, and ${countText(deactivated)} deactivation${deactivated === 1 ? '' : 's'}`;
  return `Interrupts were raised or became pending ${times(never)}; the recording shows no acknowledge${ended}.`;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The strip below the summary. */
export function keyFacts({ cursor, trace, totals, longest }: ReportData): Fact[] {
  return [
    ...(cursor === undefined
      ? []
      : [{ label: 'Position', value: `${eventNumber(cursor.seq)} at ${atTime(cursor.time)}` }]),
    ...(longest === undefined ? [] : [{ label: 'Longest wait', value: durationText(longest.ns) }]),
    { label: 'Acknowledged', value: totals.acknowledged === 0 ? 'none seen' : countText(totals.acknowledged) },
    { label: 'Events', value: countText(trace.events) },
    { label: 'Time span', value: durationText(trace.durationNs) },
  ];
}

const gicText = (gic: string): string => (gic === 'unknown' ? 'GIC version unknown' : `GIC${gic}`);

/** `GICv5, 2 vCPUs, qemu-log`. */
export function machineText({ gic, vcpus, source }: ReportTrace): string {
  return cut(`${gicText(gic)}, ${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}, ${source.kind}`);
}

export function sourceFacts({ trace }: ReportData): Fact[] {
  const { lines, source } = trace;
  const facts: Fact[] = [
    { label: 'Trace', value: `${trace.fileName}, ${bytesText(trace.fileBytes)}` },
    { label: 'Recorded as', value: `${source.kind}: ${source.files.join(', ')}` },
    ...Object.entries(source.facts).map(([label, value]) => ({ label, value })),
    { label: 'Profile', value: trace.profile ?? 'none: recorded outside gicscope' },
  ];
  if (lines !== null) {
    const parts = `${countText(lines.asEvents)} as events + ${countText(lines.merged)} merged + ${countText(lines.skipped)} skipped`;
    facts.push({ label: 'Source lines', value: `${countText(lines.read)} read = ${parts}` });
    for (const [reason, count] of Object.entries(lines.reasons))
      facts.push({ label: 'Skipped', value: `${countText(count)}: ${reason}` });
  }
  facts.push({ label: 'Complete', value: trace.complete ? 'yes' : 'no, cut short' });
  return facts.slice(0, 40).map(({ label, value }) => ({ label: cutName(label), value: cut(value) }));
}

/** Kinds with their counts, most frequent first. */
export function kindCounts({ trace }: ReportData): readonly (readonly [string, number])[] {
  return Object.entries(trace.kinds).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** A file name that a person may paste into a shell. */
const shellWord = (text: string): string =>
  /^[A-Za-z0-9_./+][A-Za-z0-9_./+-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** How to come back to this place. */
export function reproduce({
  trace,
  cursor,
}: ReportData): { readonly window: string; readonly command: string } | undefined {
  if (cursor === undefined) return undefined;
  return {
    window: `Open ${cut(trace.fileName)} in gicscope, press G and type #${cursor.seq}. In a terminal:`,
    command: `gicscope state ${shellWord(cut(trace.fileName))} --at '#${cursor.seq}'`,
  };
}
