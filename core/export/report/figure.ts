/**
 * The figure of a report: the lanes of a window as SVG in the state encodings of ui.md §4. Height and hatch carry the
 * state, colour confirms it.
 */
import { durationText } from '../../state/units.ts';
import {
  STATE_ACTIVE,
  STATE_ACTIVE_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
} from '../../trace/interrupts.ts';
import { RUN_STATES, type RunState } from '../../trace/kinds.ts';
import { type Figure, type FigureLane } from './data.ts';
import { markup, type SafeHtml } from './safe-html.ts';
import { atTime, cut, eventNumber } from './words.ts';

const WIDTH = 832;
const GUTTER = 176;
const PLOT = WIDTH - GUTTER;
const RULER = 26;
const HEIGHTS: Readonly<Record<FigureLane['type'], number>> = { vcpu: 22, interrupt: 18 };
const TICKS = 5;
/** Half the room that the cursor's flag and a time beside it need. */
const FLAG_ROOM = 70;

export function figureSvg(figure: Figure, cursor: { readonly seq: number; readonly time: number }): SafeHtml {
  const place = (ns: number): number => round(GUTTER + ((ns - figure.from) / (figure.to - figure.from)) * PLOT);
  let top = RULER;
  const lanes = figure.lanes.map((lane) => {
    const drawn = laneSvg(lane, top, place);
    top += HEIGHTS[lane.type];
    return drawn;
  });
  const height = top + 8;
  const label = `Interrupt states from ${atTime(figure.from)} to ${atTime(figure.to)}`;
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${PATTERNS}
${ruler(figure, height, place(cursor.time))}
${lanes}<line x1="${GUTTER}" x2="${GUTTER}" y1="0" y2="${height}" stroke="var(--line-1)"/>
${cursorSvg(place(cursor.time), height, cursor.seq)}
</svg>`;
}

const PATTERNS = markup`<defs>
<pattern id="masked" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="5" height="5" fill="var(--st-masked)" fill-opacity=".13"/>
<rect width="1.6" height="5" fill="var(--st-masked)" fill-opacity=".85"/></pattern>
<pattern id="both" width="4" height="4" patternUnits="userSpaceOnUse">
<rect width="4" height="4" fill="var(--st-ap)"/><rect width="1" height="4" fill="#000" fill-opacity=".18"/></pattern>
<pattern id="waits" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="1" height="5" fill="var(--host-edge)"/></pattern>
<pattern id="unknown" width="4" height="4" patternUnits="userSpaceOnUse">
<circle cx="1" cy="1" r=".7" fill="var(--st-inactive)"/></pattern>
</defs>`;

const round = (value: number): number => Math.round(value * 100) / 100;

function laneSvg(lane: FigureLane, top: number, place: (ns: number) => number): SafeHtml {
  const bottom = top + HEIGHTS[lane.type] - 4;
  const bars = lane.segments.flatMap(({ start, end, code }) => {
    const left = Math.max(GUTTER, place(start));
    const width = round(Math.min(WIDTH, place(end)) - left);
    if (width <= 0) return [];
    return (lane.type === 'vcpu' ? vcpuBar(code) : interruptBar(code)).map(({ height, rise = 0, fill, edge }) => {
      const y = bottom - rise - height;
      const stroke = edge === undefined ? '' : markup` stroke="${edge}" stroke-width=".8"`;
      return markup`<rect x="${left}" y="${y}" width="${width}" height="${height}" fill="${fill}"${stroke}/>`;
    });
  });
  const indent = lane.type === 'vcpu' ? 12 : 26;
  const sublabel = lane.sublabel === '' ? '' : ` ${cut(lane.sublabel).slice(0, 18)}`;
  return markup`<text class="name" x="${indent}" y="${bottom}">${cut(lane.label).slice(0, 24)}<tspan class="sub">${sublabel}</tspan></text>
<line x1="${GUTTER}" x2="${WIDTH}" y1="${bottom - 0.5}" y2="${bottom - 0.5}" stroke="var(--st-inactive)" stroke-opacity=".4"/>
${bars}
`;
}

/** One rectangle of a bar. */
interface Shape {
  readonly height: number;
  /** Above the baseline. */
  readonly rise?: number;
  readonly fill: string;
  readonly edge?: string;
}

const RUNNING: readonly Shape[] = [{ height: 16, fill: 'var(--guest)' }];
const WAITING: readonly Shape[] = [{ height: 11, fill: 'url(#waits)' }];
const UNKNOWN: readonly Shape[] = [{ height: 6, fill: 'url(#unknown)' }];
/** A step line over the dots of what is not known. */
const LINE_HIGH: readonly Shape[] = [
  { height: 11, fill: 'url(#unknown)' },
  { height: 1.6, rise: 9.4, fill: 'var(--data)' },
];
const LINE_LOW: readonly Shape[] = [
  { height: 11, fill: 'url(#unknown)' },
  { height: 1.6, fill: 'var(--data)' },
];

const VCPU_BARS: Readonly<Record<RunState, readonly Shape[]>> = {
  off: [],
  guest: [...RUNNING, { height: 2, rise: 14, fill: 'var(--guest-edge)' }],
  handler: [...RUNNING, { height: 2, rise: 14, fill: 'var(--st-active)' }],
  idle: WAITING,
  host: [{ height: 11, fill: 'var(--host)', edge: 'var(--host-edge)' }],
  blocked: WAITING,
  preempted: WAITING,
};

/** `code`: index of RUN_STATES; any other number is unknown. */
function vcpuBar(code: number): readonly Shape[] {
  const state = RUN_STATES[code];
  return state === undefined ? UNKNOWN : VCPU_BARS[state];
}

/** `code`: bits of core/trace/interrupts.ts. */
function interruptBar(code: number): readonly Shape[] {
  const pending = (code & STATE_PENDING) !== 0;
  if (code & STATE_ACTIVE) {
    if (!pending) return [{ height: 11, fill: 'var(--st-active)' }];
    return [
      { height: 11, fill: 'url(#both)' },
      { height: 3, rise: 11, fill: 'var(--st-pending)' },
    ];
  }
  if (pending)
    return code & STATE_MASKED
      ? [{ height: 7, fill: 'url(#masked)', edge: 'var(--st-masked)' }]
      : [{ height: 6, fill: 'var(--st-pending)' }];
  if (code & STATE_LINE_KNOWN) return code & STATE_LINE ? LINE_HIGH : LINE_LOW;
  return code & (STATE_PENDING_KNOWN | STATE_ACTIVE_KNOWN) ? [] : UNKNOWN;
}

/** Times along the top; one that the cursor's flag would cover is left out. */
function ruler({ from, to }: Figure, height: number, cursorX: number): SafeHtml {
  const ticks = Array.from({ length: TICKS }, (_, index) => {
    const share = (index + 1) / (TICKS + 1);
    const x = Math.round(GUTTER + share * PLOT) + 0.5;
    const line = markup`<line x1="${x}" x2="${x}" y1="21" y2="${height}" stroke="var(--line-1)"/>\n`;
    if (Math.abs(x - cursorX) < FLAG_ROOM) return line;
    const time = durationText(Math.round((to - from) * share));
    return markup`${line}<text class="m" x="${x}" y="15" text-anchor="middle">+${time}</text>\n`;
  });
  return markup`<text class="m" x="12" y="15">${atTime(from)}</text>
<line x1="0" x2="${WIDTH}" y1="25.5" y2="25.5" stroke="var(--line-1)"/>
${ticks}`;
}

function cursorSvg(x: number, height: number, seq: number): SafeHtml {
  const text = eventNumber(seq);
  const width = text.length * 6.5 + 14;
  const left = round(Math.min(WIDTH - width, Math.max(GUTTER, x - width / 2)));
  return markup`<line x1="${x}" x2="${x}" y1="19" y2="${height}" stroke="var(--cursor)"/>
<rect x="${left}" y="3" width="${width}" height="17" rx="3" fill="var(--cursor)"/>
<text class="m flag" x="${round(left + width / 2)}" y="15" text-anchor="middle">${text}</text>`;
}
