/** The tables of a report as rows of plain text: what every format writes in its own way. */
import { type Distribution } from '../../analysis/samples.ts';
import { countText, durationText } from '../../state/units.ts';
import { STATE_LINE, STATE_LINE_KNOWN, stateName } from '../../trace/interrupts.ts';
import { type ExportEvent } from '../event.ts';
import { type ReportData, type ReportLatency } from './data.ts';
import { atTime, cut, cutName, eventNumber, kindCounts, vcpuText } from './words.ts';

export interface ReportColumn {
  readonly title: string;
  readonly right?: true;
  /** In the fixed-width font. */
  readonly mono?: true;
  /** Names, values and numbers of events that are quoted as they are: code in Markdown. */
  readonly code?: true;
  /** As narrow as its text. */
  readonly narrow?: true;
}
export interface ReportTable {
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly (readonly string[])[];
  /** The row of the cursor. */
  readonly here?: number;
}
export interface ReportSection {
  /** Anchor. */
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly tables: readonly ReportTable[];
  /** Sentence below. */
  readonly note: string;
}

const right = { right: true } as const;
const code = { mono: true, code: true } as const;
const number = { right: true, mono: true } as const;

/** Sections after the figure, in order; those that would be empty are left out. */
export function sections(report: ReportData): ReportSection[] {
  return [
    findingSection(report),
    interruptSection(report),
    latencySection(report, 'latency', 'Latency', 'until acknowledged', waits),
    latencySection(report, 'handling', 'Handling', 'acknowledge → deactivate', ({ legs }) => legs.ackToDeactivate),
    latencySection(report, 'lines', 'Input lines', 'inject → lowered', ({ legs }) => legs.injectToLower),
    eventSection(report),
    pendingSection(report),
    registerSection(report),
    kindSection(report),
  ]
    .filter(({ tables }) => tables.some(({ rows }) => rows.length > 0))
    .map((section) => ({ ...section, note: section.note.trim() }));
}

/** A sentence about what a bound cut off; empty when nothing was. */
const leftOut = (count: number, what: string): string =>
  count === 0 ? '' : ` ${countText(count)} further ${what} are left out.`;

const named = (label: string, name: string): string => cutName(name === '' ? label : `${label} ${name}`);

function findingSection({ findings }: ReportData): ReportSection {
  const columns: ReportColumn[] = [
    { title: 'What' },
    { title: 'Why it is wrong' },
    { title: 'Events', ...code },
    { title: 'Times', ...number },
    { title: 'Clause' },
  ];
  const rows = findings.map(({ title, explanation, positions, count, clause }) => [
    cut(title),
    cut(explanation),
    positions.map(({ seq }) => eventNumber(seq)).join(' '),
    countText(count),
    clause,
  ]);
  return { id: 'findings', title: 'Findings', hint: 'whole trace', tables: [{ columns, rows }], note: '' };
}

function interruptSection({ interrupts, omitted }: ReportData): ReportSection {
  const columns: ReportColumn[] = [
    { title: 'Interrupt' },
    { title: 'Acknowledged', ...number },
    { title: 'Deactivated', ...number },
    { title: 'Lives', ...number },
    { title: 'Not seen acknowledged', ...number },
    { title: 'Not seen deactivated', ...number },
  ];
  const rows = interrupts.map((row) => [
    named(row.label, row.name),
    ...[row.acknowledged, row.deactivated, row.lives, row.neverAcknowledged, row.neverDeactivated].map(countText),
  ]);
  const note = 'A life goes from the moment an interrupt is raised or becomes pending to its deactivation.';
  return {
    id: 'interrupts',
    title: 'Interrupts',
    hint: 'whole trace',
    tables: [{ columns, rows }],
    note: note + leftOut(omitted.interrupts, 'rows'),
  };
}

const waits = ({ legs }: ReportLatency): Distribution | undefined => legs.injectToAck ?? legs.pendingToAck;

function latencySection(
  { latency, omitted }: ReportData,
  id: string,
  title: string,
  hint: string,
  leg: (row: ReportLatency) => Distribution | undefined,
): ReportSection {
  const columns: ReportColumn[] = [
    { title: 'Interrupt' },
    { title: 'vCPU', ...right },
    ...['Count', 'Min', 'p50', 'p90', 'p99', 'Max'].map((name) => ({ title: name, ...number })),
    { title: 'Longest began at', ...right, ...code },
  ];
  let approximate = false;
  const rows = latency.flatMap((row) => {
    const found = leg(row);
    if (found === undefined) return [];
    approximate ||= found.approximate;
    const about = found.approximate ? '≈' : '';
    return [
      [
        named(row.label, row.name),
        vcpuText(row.vcpu),
        countText(found.count),
        durationText(found.minNs),
        ...[found.p50Ns, found.p90Ns, found.p99Ns].map((ns) => about + durationText(ns)),
        durationText(found.maxNs),
        eventNumber(found.maxSeq),
      ],
    ];
  });
  const note = (approximate ? '≈: from logarithmic buckets, within 0.8 %.' : '') + leftOut(omitted.latency, 'rows');
  return { id, title, hint: `${hint}, whole trace`, tables: [{ columns, rows }], note };
}

function eventSection({ events, cursor }: ReportData): ReportSection {
  const columns: ReportColumn[] = [
    { title: 'Event', ...code, narrow: true },
    { title: 'Time', ...number, narrow: true },
    { title: 'vCPU', ...right, narrow: true },
    { title: 'What happened' },
    { title: 'Detail', ...code },
  ];
  const rows = events.map((event) => [
    eventNumber(event.seq),
    atTime(event.time),
    vcpuText(event.vcpu),
    what(event),
    detail(event),
  ]);
  const here = events.findIndex(({ seq }) => seq === cursor?.seq);
  const hint = cursor === undefined ? '' : `around ${eventNumber(cursor.seq)}`;
  return { id: 'events', title: 'Events', hint, tables: [{ columns, rows, ...(here < 0 ? {} : { here }) }], note: '' };
}

const what = ({ name, operand }: ExportEvent): string => cut(operand === '' ? name : `${name} ${operand}`);
const detail = ({ arrow, detail: text }: ExportEvent): string =>
  cut(arrow === '' || text === '' ? text : `${arrow} ${text}`);

function after({ cursor, state }: ReportData): string {
  return cursor === undefined || state === undefined ? '' : `vCPU ${state.vcpu} after ${eventNumber(cursor.seq)}`;
}

const LINE_HIGH = stateName(STATE_LINE | STATE_LINE_KNOWN);

function pendingSection(report: ReportData): ReportSection {
  const columns: ReportColumn[] = [{ title: 'Interrupt' }, { title: 'State' }];
  const rows = (report.state?.interrupts ?? []).map(({ label, name, state }) => [named(label, name), cut(state)]);
  const isLine = (report.state?.interrupts ?? []).some(({ state }) => state === LINE_HIGH);
  const note = isLine
    ? 'Where the line alone is known, the recording does not show whether it is pending or active.'
    : '';
  return { id: 'pending', title: 'Pending and active', hint: after(report), tables: [{ columns, rows }], note };
}

function registerSection(report: ReportData): ReportSection {
  const columns: ReportColumn[] = [
    { title: 'Register', ...code },
    { title: 'Value', ...right, ...code },
    { title: 'Meaning' },
  ];
  const rows = (report.state?.registers ?? []).map((register) => [
    cutName(register.name),
    register.value ?? 'unknown',
    cut(register.text === '' ? register.summary : register.text),
  ]);
  const unknown = report.state?.unknown ?? 0;
  const note =
    (unknown === 0
      ? ''
      : `${countText(unknown)} further registers are unknown here: the recording does not show them.`) +
    leftOut(report.omitted.registers, 'registers');
  return { id: 'registers', title: 'Registers', hint: after(report), tables: [{ columns, rows }], note };
}

function kindSection(report: ReportData): ReportSection {
  const columns: ReportColumn[] = [{ title: 'Kind' }, { title: 'Events', ...number }];
  const rows = kindCounts(report).map(([kind, count]) => [kind, countText(count)]);
  return { id: 'kinds', title: 'Events by kind', hint: 'whole trace', tables: [{ columns, rows }], note: '' };
}
