/** `timeline.*`: what is visible of lanes, and the density of the whole trace. */
import { seq as position, vcpuId } from '../state/brand.ts';
import { eachInTurn } from '../debug/search/pace.ts';
import { drawDensity, drawLane, type LaneDrawing } from '../trace/lanes.ts';
import { UNKNOWN_CODE } from '../trace/lane-kinds.ts';
import { RUN_STATES } from '../trace/kinds.ts';
import { LEGS } from '../trace/life.ts';
import { type Intid } from '../gic/intid.ts';
import { type Lane, type LaneData, type Result } from './contract.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { type NamedLane } from './lanes.ts';
import { type OpenTrace } from './open-trace.ts';

/** Marks on one lane; more would not be told apart. */
const MAX_MARKS = 2000;
/** Lives that began so many events before the window may still end in it. */
const LIFE_REACH = 20_000;
/** Of vCPU lanes: an index of no run state. */
const UNKNOWN_RUN_STATE = 255;
const LONGEST_REASON = 64;

interface Window {
  readonly start: number;
  readonly end: number;
  readonly columns: number;
}

export function timelineHandlers({ traces }: SessionContext): Group<'timeline.lanes' | 'timeline.density'> {
  return {
    'timeline.lanes': async ({ id, from, to, columns, lanes, marks }, signal) => {
      const trace = traces.get(id);
      // A window without extent (an empty trace, one event) still shows the moment.
      const window = { start: from, end: Math.max(to, from + 1), columns };
      const known = trace.lanes.byId();
      const drawn: LaneData[] = [];
      await eachInTurn(lanes, traces.rest(id, signal), (lane) => {
        const named = known.get(lane);
        if (named !== undefined) drawn.push(laneData(trace, named, window, marks));
      });
      return { lanes: drawn };
    },
    'timeline.density': ({ id, columns }) => density(traces.get(id), columns),
  };
}

function laneData(trace: OpenTrace, { stored, lane }: NamedLane, window: Window, marks: boolean): LaneData {
  const drawing = drawLane(trace.reader, stored, window);
  const isValue = lane.type === 'value';
  const exact = drawing.mode === 'segments';
  const shape = exact ? segments(drawing, window) : columnsOf(drawing, window, lane.type);
  const code = new Uint16Array(isValue ? 0 : shape.code.length);
  const value = new Float64Array(isValue ? shape.code.length : 0);
  // Plain loops here and below: with iterators a third of the time to the first picture is garbage collection.
  for (let i = 0; i < shape.code.length; i++) {
    const n = shape.code[i] ?? 0;
    if (isValue) value[i] = n === UNKNOWN_CODE ? NaN : n;
    else code[i] = n === UNKNOWN_CODE ? UNKNOWN_RUN_STATE : n;
  }
  const wanted = marks && exact && lane.intid !== null ? lifeMarks(trace, lane.intid, lane.vcpu, window) : NO_MARKS();
  const why = marks && drawing.mode === 'segments' && lane.type === 'vcpu' ? exitReasons(trace, drawing.seq) : [];
  return { lane: lane.id, exact, ...shape, code, value, ...wanted, why };
}

/** The reasons of the exits that begin stretches; more than can be told apart are not asked for. */
function exitReasons({ reader }: OpenTrace, seqs: Float64Array): string[] {
  if (seqs.length > MAX_MARKS) return [];
  return Array.from(seqs, (at) => {
    const event = at < 0 ? undefined : reader.event(position(at));
    return event?.kind === 'vcpu.exit' ? event.reason.slice(0, LONGEST_REASON) : '';
  });
}

type Shape = Pick<LaneData, 'start' | 'end' | 'share' | 'transitions'> & { readonly code: Uint32Array };

function segments(drawing: Extract<LaneDrawing, { mode: 'segments' }>, window: Window): Shape {
  const n = drawing.time.length;
  const end = new Float64Array(n);
  for (let i = 0; i < n; i++) end[i] = i + 1 < n ? (drawing.time[i + 1] ?? 0) : window.end;
  return {
    start: drawing.time,
    end,
    code: drawing.code,
    share: new Uint8Array(n).fill(255),
    transitions: new Uint32Array(n).fill(1),
  };
}

function columnsOf(drawing: Exclude<LaneDrawing, { mode: 'segments' }>, window: Window, type: Lane['type']): Shape {
  const n = window.columns;
  const width = (window.end - window.start) / n;
  const start = new Float64Array(n);
  const end = new Float64Array(n);
  const share = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    start[i] = window.start + i * width;
    end[i] = window.start + (i + 1) * width;
    share[i] = Math.round((drawing.share[i] ?? 0) * 255);
  }
  if (type !== 'vcpu') return { start, end, code: drawing.worst, share, transitions: drawing.transitions };
  return { start, end, ...inGuestOrNot(drawing.worst, share), transitions: drawing.transitions };
}

const GUEST = RUN_STATES.indexOf('guest');
const IN_GUEST: ReadonlySet<number> = new Set([GUEST, RUN_STATES.indexOf('handler')]);

/**
 * The share of a vCPU's column is that of the guest: so the column is the guest's, though the host or a wait is worse.
 * Of a column that the guest had no part in, what is worst has all.
 */
function inGuestOrNot(
  worst: Uint32Array,
  shares: Uint8Array,
): { readonly code: Uint32Array; readonly share: Uint8Array<ArrayBuffer> } {
  const code = worst.slice();
  const share = new Uint8Array(shares);
  for (let i = 0; i < code.length; i++) {
    if (share[i] === 0) share[i] = 255;
    else if (code[i] !== UNKNOWN_CODE && !IN_GUEST.has(code[i] ?? UNKNOWN_CODE)) code[i] = GUEST;
  }
  return { code, share };
}

type Marks = Pick<LaneData, 'markTime' | 'markSeq' | 'markLeg'>;
const NO_MARKS = (): Marks => ({
  markTime: new Float64Array(0),
  markSeq: new Float64Array(0),
  markLeg: new Uint8Array(0),
});

/** The moments of lives that fall into the window. */
function lifeMarks(trace: OpenTrace, intid: number, vcpu: number | null, { start, end }: Window): Marks {
  const { reader } = trace;
  const lives = reader.lives.list({
    // The lane was made from the trace's own interrupt.
    intid: intid as Intid,
    ...(vcpu === null ? {} : { vcpu: vcpuId(vcpu) }),
    from: Math.max(0, reader.seqAtTime(start) - LIFE_REACH),
    to: reader.seqAtTime(end),
    limit: MAX_MARKS,
  });
  const found: { time: number; seq: number; leg: number }[] = [];
  for (const { moments } of lives)
    for (const [leg, name] of LEGS.entries()) {
      const moment = moments[name];
      if (moment !== undefined && moment.time >= start && moment.time < end && found.length < MAX_MARKS)
        found.push({ time: moment.time, seq: moment.seq, leg });
    }
  return {
    markTime: Float64Array.from(found, ({ time }) => time),
    markSeq: Float64Array.from(found, ({ seq }) => seq),
    markLeg: Uint8Array.from(found, ({ leg }) => leg),
  };
}

/** Events per column: a row per vCPU, then one for events that name none. */
export function density(trace: OpenTrace, columns: number): Result<'timeline.density'> {
  const { reader } = trace;
  const { vcpus } = trace.facts();
  const rows = vcpus + 1;
  const cells = new Uint32Array(rows * columns);
  if (reader.count === 0) return { rows, columns, cells };
  const window = { start: 0, end: reader.duration + 1, columns };
  for (let row = 0; row < rows; row++) {
    const drawn = drawDensity(reader, row < vcpus ? row : undefined, window);
    for (let column = 0; column < columns; column++) cells[row * columns + column] = Math.round(drawn[column] ?? 0);
  }
  return { rows, columns, cells };
}
