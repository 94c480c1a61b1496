/**
 * A vCPU lane: what the vCPU is doing. Guest is a full block with a bright top edge, brighter inside an interrupt
 * handler; everything outside the guest is a low dark block; waiting is hatched. Words tell the rest, never colour.
 */
import { type LaneData } from '../../core/session/contract.ts';
import { RUN_STATES, type RunState } from '../../core/session/vocabulary.ts';
import { shortDuration } from '../format/time.ts';
import { type Brush, dashed, fill, hline, measure, snap, type Type, vline, write } from './brush.ts';
import { type Bars, makeBars, mergeColumns } from './columns.ts';
import { place } from './labels.ts';
import { toPx } from './scale.ts';
import { type Scene } from './scene.ts';

/** Classes of a vCPU lane; a column too narrow for all shows the one that lasts longest. */
const CLASSES = ['nothing', 'off', 'idle', 'blocked', 'preempted', 'host', 'guest', 'handler', 'unknown'] as const;
type Class = (typeof CLASSES)[number];

const CLASS_OF_STATE: Readonly<Record<RunState, Class>> = {
  off: 'off',
  guest: 'guest',
  handler: 'handler',
  idle: 'idle',
  host: 'host',
  blocked: 'blocked',
  preempted: 'preempted',
};
const UNKNOWN = CLASSES.indexOf('unknown');
const CLASS_OF_CODE = Uint8Array.from({ length: 256 }, (_, code) => {
  const state = RUN_STATES[code];
  return state === undefined ? UNKNOWN : CLASSES.indexOf(CLASS_OF_STATE[state]);
});

const GUEST: Type = { face: 'sans', size: 10 };
const HOST: Type = { face: 'mono', size: 8 };
const bars = makeBars();

export function drawExec(brush: Brush, scene: Scene, y: number, data: LaneData | undefined): Bars {
  if (data === undefined) {
    dashed(brush, [0, y + 18.5], [scene.width, y + 18.5], 'host-edge', [1, 3]);
    bars.count = 0;
    return bars;
  }
  mergeColumns(data, scene.span, scene.width, CLASS_OF_CODE, 'longest', bars);
  for (let index = 0; index < bars.count; index++) {
    const [x, width] = snap(bars.x[index] ?? 0, bars.width[index] ?? 0);
    const name = CLASSES[bars.shape[index] ?? 0] ?? 'nothing';
    brush.context.globalAlpha = 1;
    const merged = bars.segment[index] === -1;
    drawBlock(brush, name, x, y, width, bars.alpha[index] ?? 1, merged);
    if (merged) continue;
    const segment = bars.segment[index] ?? 0;
    const words = [...exitCodes(data.why[segment] ?? ''), ...WORDS[name](segmentLength(data, segment))];
    drawLabel(brush, scene, name, x, x + width, y, words);
  }
  return bars;
}

function segmentLength(data: LaneData, index: number): number {
  return (data.end[index] ?? 0) - (data.start[index] ?? 0);
}

function drawBlock(
  brush: Brush,
  name: Class,
  x: number,
  y: number,
  width: number,
  alpha: number,
  merged: boolean,
): void {
  switch (name) {
    case 'guest':
    case 'handler': {
      const high = name === 'handler';
      fill(brush, 'guest', x, y + 3, width, 16, alpha);
      if (high) fill(brush, 'guest-edge', x, y + 3, width, 16, 0.4 * alpha);
      fill(brush, 'guest-edge', x, y + (high ? 2 : 3), width, high ? 3 : 2, alpha);
      if (brush.palette.outlined) frame(brush, x, y + 3, width, 16);
      return;
    }
    case 'host':
    case 'idle':
    case 'blocked':
    case 'preempted':
      fill(brush, 'host', x, y + 8, width, 11, alpha);
      if (name !== 'host') hatched(brush, x, y + 8, width, 11, name === 'preempted' ? 0.7 : 0.35);
      hline(brush, x, x + width, y + 18, 'host-edge');
      if (!merged && name !== 'idle') vline(brush, x, y + 2, y + 19, 'host-tx', 0.75);
      return;
    case 'off':
      dashed(brush, [x, y + 18.5], [x + width, y + 18.5], 'host-edge', [2, 4]);
      return;
    case 'unknown':
      brush.context.fillStyle = brush.palette.pattern.unknown;
      brush.context.fillRect(x, y + 8, width, 11);
      return;
    case 'nothing':
      return;
  }
}

function hatched(brush: Brush, x: number, y: number, width: number, height: number, alpha: number): void {
  brush.context.globalAlpha = alpha;
  brush.context.fillStyle = brush.palette.pattern.host;
  brush.context.fillRect(x, y, width, height);
  brush.context.globalAlpha = 1;
}

function frame(brush: Brush, x: number, y: number, width: number, height: number): void {
  brush.context.strokeStyle = brush.palette.color['tx-1'];
  brush.context.lineWidth = 1;
  brush.context.strokeRect(x + 0.5, y + 0.5, Math.max(0, width - 1), height - 1);
}

const WORDS: Readonly<Record<Class, (ns: number) => readonly string[]>> = {
  nothing: () => [],
  off: () => ['off'],
  guest: () => ['guest'],
  handler: () => ['handler', 'irq'],
  host: () => ['host', 'H'],
  idle: (ns) => [`WFx · idle ${shortDuration(ns)}`, 'WFx · idle', 'idle'],
  blocked: (ns) => [`blocked ${shortDuration(ns)}`, 'blocked'],
  preempted: (ns) => [`preempted ${shortDuration(ns)}`, 'preempted'],
  unknown: () => ['unknown'],
};

/** `DABT_LOW` as far as it fits: all of it, its first word, its first letter. */
export function exitCodes(reason: string): readonly string[] {
  if (reason === '') return [];
  const [word = reason] = reason.split('_');
  return [...new Set([reason, word, word.slice(0, 1)])];
}

function drawLabel(
  brush: Brush,
  scene: Scene,
  name: Class,
  left: number,
  right: number,
  y: number,
  words: readonly string[],
): void {
  const type = name === 'host' ? HOST : GUEST;
  const cursor = scene.cursor === undefined ? undefined : toPx(scene.span, scene.width, scene.cursor.time);
  const bounds = { left: 0, right: scene.width };
  const label = place(words, left, right, bounds, (text) => measure(brush, type, text) + 4, cursor);
  if (label === undefined) return;
  const x = label.x + 3;
  if (name === 'guest' || name === 'handler') write(brush, label.text, x, y + 15, type, 'guest-tx');
  else {
    // Words on a hatch stand on their own ground.
    if (name !== 'host')
      fill(
        brush,
        name === 'off' || name === 'unknown' ? 'bg-1' : 'host',
        x - 4,
        y + 8,
        measure(brush, type, label.text) + 8,
        10,
      );
    write(brush, label.text, x, y + (name === 'host' ? 16 : 17), type, 'host-tx');
  }
}

/** Words for the run states that a frame drew. */
export function execNames(drawn: Bars): string[] {
  const seen = new Set<string>();
  for (let index = 0; index < drawn.count; index++) seen.add(CLASSES[drawn.shape[index] ?? 0] ?? 'nothing');
  return [...seen];
}
