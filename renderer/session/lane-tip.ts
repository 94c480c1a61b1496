/** What the pointer rests on in a lane: state and for how long, or of a squeezed column how often it changed. Pure. */
import { type LaneData } from '../../core/session/contract.ts';
import { RUN_STATES } from '../../core/session/vocabulary.ts';
import { SHAPE_WORDS, shapeOf } from '../format/interrupt-state.ts';
import { counted } from '../format/number.ts';
import { durationText } from '../format/time.ts';
import { segmentAt } from '../timeline/hit-test.ts';
import { type LaneRow } from '../timeline/lanes.ts';

/** A code of no state. */
const UNKNOWN = 255;

/** Undefined where there is nothing to tell: beside lanes, in a value lane, outside what was recorded. */
export function laneTip(row: LaneRow | undefined, data: LaneData | undefined, time: number): string | undefined {
  if (row?.lane === undefined || data === undefined || row.kind === 'value') return undefined;
  const index = segmentAt(data, time);
  if (index === undefined) return undefined;
  const code = data.code[index] ?? UNKNOWN;
  const word = row.kind === 'exec' ? (RUN_STATES[code] ?? 'unknown') : SHAPE_WORDS[shapeOf(code)];
  const { label, sublabel } = row.lane;
  const lasting = durationText((data.end[index] ?? 0) - (data.start[index] ?? 0));
  const changes = data.transitions[index] ?? 0;
  const length = data.exact || changes < 2 ? lasting : `${counted(changes, 'change')} in ${lasting}`;
  return `${label}${sublabel === '' ? '' : ` ${sublabel}`}: ${word}, ${length}`;
}
