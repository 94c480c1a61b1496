/** Everything that one frame of the timeline shows, as plain values: the drawing code asks nobody else. */
import { type Lane } from '../../core/session/contract.ts';
import { type Flag } from './labels.ts';
import { type LaneLayout, type LaneRow } from './lanes.ts';
import { type Palette } from './palette.ts';
import { type Span } from './scale.ts';
import { type Tiles } from './tiles.ts';

export const RULER_HEIGHT = 26;
const HITS_HEIGHT = 16;
/** Where the lanes begin. */
export const LANES_TOP = RULER_HEIGHT + HITS_HEIGHT;

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** First visible pixel of the lanes. */
  readonly scrollY: number;
  readonly span: Span;
  /** Where the trace ends; later is empty. */
  readonly duration: number;
  readonly layout: LaneLayout;
  /** The rows in sight and a little around them, whose lanes `tiles` has. */
  readonly rows: readonly LaneRow[];
  readonly tiles: Tiles | undefined;
  readonly palette: Palette;
  /** Time of the cursor, and what its flag says. */
  readonly cursor: { readonly time: number; readonly label: string } | undefined;
  /** Where the pointer rests on an event link: a second, faint cursor. */
  readonly ghost: number | undefined;
  /** Breakpoint hits, merged where they would overlap. */
  readonly flags: readonly Flag[];
  readonly bookmarks: readonly number[];
  readonly range: Span | undefined;
  /** Words beside the bar of the selected lane that the cursor stands in. */
  readonly selectedNote: string;
  /** Priorities to draw as dotted lines on the value lane of a group. */
  readonly priorities: (lane: Lane) => readonly { readonly value: number; readonly label: string }[];
}

/** What was drawn of a lane, for tests and for pointing. */
export interface DrawnLane {
  readonly id: string;
  readonly y: number;
  readonly height: number;
  readonly bars: number;
  readonly shapes: readonly string[];
  readonly marks: number;
}
