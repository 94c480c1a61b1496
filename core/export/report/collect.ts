/**
 * Gathers what a report says from an open trace: one pass over the lives, two pages of events, one state.
 * Every list is cut at a bound; the report says so where one was.
 */
import { type Finding } from '../../analysis/findings/finding.ts';
import { LatencyCollector, type LatencyGroup } from '../../analysis/latency.ts';
import { eachInTurn, type Rest } from '../../debug/search/pace.ts';
import { interruptLabel, STATE_ACTIVE, STATE_LINE, STATE_PENDING } from '../../trace/interrupts.ts';
import { type Life } from '../../trace/life.ts';
import { type LineTime } from '../../trace/line-times.ts';
import { type ExportEvent } from '../event.ts';
import {
  type Figure,
  type FigureLane,
  type LongestWait,
  type ReportData,
  type ReportInterrupt,
  type ReportLatency,
  type ReportRegister,
  type ReportTrace,
} from './data.ts';

/** What the collector reads; each call is answered for the same trace. */
export interface ReportSource {
  /** `gicscope 0.1.0` */
  readonly generator: string;
  /** Now, in milliseconds since 1970. */
  readonly now: number;
  readonly trace: ReportTrace;
  readonly findings: readonly Finding[];
  /** Events in order: at most `count` from `from` on. */
  events(from: number, count: number): readonly ExportEvent[];
  /** All lives, in any order. */
  lives(): Iterable<Life>;
  /** All times that input lines were high, in any order. */
  lines(): Iterable<LineTime>;
  /** Called after each of them, for others to have their turn. */
  readonly rest: Rest;
  /** State of a vCPU after event `seq`; the answer to `state.inspect` has this form. */
  inspect(seq: number, vcpu: number): InspectedVcpu;
  /** Exact lanes of a window in ns for the figure, or none: then the report has no figure. */
  lanes?(from: number, to: number): readonly FigureLane[];
}

interface InspectedVcpu {
  readonly runState: string;
  readonly registers: readonly ReportRegister[];
  readonly ppis: readonly InspectedInterrupt[];
  readonly shared: readonly InspectedInterrupt[];
}
interface InspectedInterrupt {
  readonly label: string;
  readonly name: string;
  readonly code: number;
  readonly state: string;
}

/** Events shown before and after the cursor. */
export const EVENTS_AROUND = 20;
const MOST_INTERRUPTS = 200;
const MOST_FINDINGS = 100;
const MOST_REGISTERS = 400;
const MOST_LANES = 24;
/** ui.md §10.6 */
const MOST_BARS = 5000;
/** The figure shows the time of this many events before and after the cursor. */
const FIGURE_AROUND = 150;
/** An interrupt that is at something: pending, active, or its line is high where nothing else is known of it. */
const BUSY = STATE_PENDING | STATE_ACTIVE | STATE_LINE;

export async function collectReport(source: ReportSource, at: number): Promise<ReportData> {
  const { trace, generator, findings } = source;
  const base = {
    generator,
    exportedAt: `${new Date(source.now).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    trace,
    findings: findings.slice(0, MOST_FINDINGS),
  };
  const lives = await collectLives(source);
  const [here] = trace.events > 0 ? source.events(Math.max(0, at), 1) : [];
  if (here === undefined) return { ...base, ...lives, events: [], omitted: { ...lives.omitted, registers: 0 } };
  const figure = source.lanes === undefined ? undefined : collectFigure(source, source.lanes.bind(source), here.seq);
  const first = Math.max(0, here.seq - EVENTS_AROUND);
  const state = trace.vcpus === 0 ? undefined : collectState(source, here);
  return {
    ...base,
    ...lives,
    cursor: { seq: here.seq, time: here.time, vcpu: here.vcpu },
    ...(figure === undefined ? {} : { figure }),
    events: source.events(first, here.seq - first + 1 + EVENTS_AROUND),
    ...(state === undefined ? {} : { state: { ...state, registers: state.registers.slice(0, MOST_REGISTERS) } }),
    omitted: { ...lives.omitted, registers: Math.max(0, (state?.registers.length ?? 0) - MOST_REGISTERS) },
  };
}

function collectState(source: ReportSource, here: ExportEvent): NonNullable<ReportData['state']> {
  const vcpu = here.vcpu ?? 0;
  const { runState, registers, ppis, shared } = source.inspect(here.seq, vcpu);
  const known = registers.filter(({ value }) => value !== null);
  return {
    vcpu,
    runState,
    registers: known,
    unknown: registers.length - known.length,
    interrupts: [...ppis, ...shared]
      .filter(({ code }) => (code & BUSY) !== 0)
      .slice(0, MOST_INTERRUPTS)
      .map(({ label, name, state }) => ({ label, name, state })),
  };
}

interface Tally {
  lives: number;
  neverAcknowledged: number;
  neverDeactivated: number;
}

type LivesPart = Pick<ReportData, 'interrupts' | 'totals' | 'latency' | 'longest'> & {
  readonly omitted: Omit<ReportData['omitted'], 'registers'>;
};

async function collectLives(source: ReportSource): Promise<LivesPart> {
  const collector = new LatencyCollector('intid,vcpu');
  const tallies = new Map<number, Tally>();
  await eachInTurn(source.lives(), source.rest, (life) => {
    collector.add(life);
    count(life, tallies);
  });
  await eachInTurn(source.lines(), source.rest, (line) => collector.addLine(line));
  const interrupts = interruptRows(source.trace, tallies);
  const names = new Map(source.trace.interrupts.map(({ intid, name }) => [intid, name]));
  const groups = collector.groups();
  const longest = longestWait(groups, names);
  const sum = (of: (row: ReportInterrupt) => number): number => interrupts.reduce((all, row) => all + of(row), 0);
  return {
    interrupts: interrupts.slice(0, MOST_INTERRUPTS),
    totals: {
      acknowledged: sum((row) => row.acknowledged),
      deactivated: sum((row) => row.deactivated),
      neverAcknowledged: sum((row) => row.neverAcknowledged),
    },
    omitted: {
      interrupts: Math.max(0, interrupts.length - MOST_INTERRUPTS),
      latency: Math.max(0, groups.length - MOST_INTERRUPTS),
    },
    latency: groups.slice(0, MOST_INTERRUPTS).map((group): ReportLatency => ({
      ...group,
      label: interruptLabel(group.intid),
      name: names.get(group.intid) ?? '',
    })),
    ...(longest === undefined ? {} : { longest }),
  };
}

function count({ intid, moments }: Life, tallies: Map<number, Tally>): void {
  const tally = tallies.get(intid) ?? { lives: 0, neverAcknowledged: 0, neverDeactivated: 0 };
  tallies.set(intid, tally);
  const { raised, pending, acknowledged, deactivated } = moments;
  tally.lives += 1;
  if ((raised ?? pending) !== undefined && acknowledged === undefined) tally.neverAcknowledged += 1;
  if (acknowledged !== undefined && deactivated === undefined) tally.neverDeactivated += 1;
}

/** The trace's own counts and those of the lives, over all vCPUs; interrupts that never did anything are left out. */
function interruptRows(trace: ReportTrace, tallies: ReadonlyMap<number, Tally>): ReportInterrupt[] {
  const none = { acknowledged: 0, deactivated: 0, lives: 0, neverAcknowledged: 0, neverDeactivated: 0 };
  const rows = new Map<number, ReportInterrupt>();
  for (const { intid, label, name, acknowledged, deactivated } of trace.interrupts) {
    const row = rows.get(intid) ?? { label, name, ...none };
    rows.set(intid, {
      ...row,
      acknowledged: row.acknowledged + acknowledged,
      deactivated: row.deactivated + deactivated,
    });
  }
  for (const [intid, tally] of tallies)
    rows.set(intid, { ...(rows.get(intid) ?? { label: interruptLabel(intid), name: '', ...none }), ...tally });
  return [...rows]
    .filter(([, row]) => row.acknowledged + row.deactivated + row.lives > 0)
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row);
}

function longestWait(groups: readonly LatencyGroup[], names: ReadonlyMap<number, string>): LongestWait | undefined {
  let longest: LongestWait | undefined;
  for (const { intid, vcpu, legs } of groups)
    for (const leg of [legs.injectToAck, legs.pendingToAck])
      if (leg !== undefined && leg.maxNs > (longest?.ns ?? -1))
        longest = {
          label: interruptLabel(intid),
          name: names.get(intid) ?? '',
          vcpu: vcpu ?? null,
          ns: leg.maxNs,
          seq: leg.maxSeq,
        };
  return longest;
}

function collectFigure(
  source: ReportSource,
  lanesOf: (from: number, to: number) => readonly FigureLane[],
  at: number,
): Figure | undefined {
  const [first] = source.events(Math.max(0, at - FIGURE_AROUND), 1);
  const [last] = source.events(Math.min(source.trace.events - 1, at + FIGURE_AROUND), 1);
  if (first === undefined || last === undefined || last.time <= first.time) return undefined;
  const window = { from: first.time, to: last.time };
  const all = lanesOf(window.from, window.to);
  // An interrupt that does nothing in the window says nothing in the figure.
  const active = all.filter(
    ({ type, segments }) => type === 'vcpu' || segments.some(({ code }) => (code & BUSY) !== 0),
  );
  const lanes: FigureLane[] = [];
  let bars = 0;
  for (const lane of active.slice(0, MOST_LANES)) {
    const segments = lane.segments.slice(0, MOST_BARS - bars);
    bars += segments.length;
    lanes.push({ ...lane, segments });
  }
  const truncated = active.length > MOST_LANES || bars >= MOST_BARS;
  return lanes.length === 0 ? undefined : { ...window, lanes, truncated };
}
