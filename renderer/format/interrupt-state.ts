/**
 * What a state code looks like: its shape (glyph, lane bar, matrix cell) and the word for it. Shape first, colour
 * second: every shape has its own height and pattern. Pure.
 */
import {
  STATE_ACTIVE,
  STATE_ACTIVE_KNOWN,
  STATE_CODES,
  STATE_ENABLED,
  STATE_ENABLED_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
} from '../../core/session/vocabulary.ts';

/** In the order of gravity: a column too narrow for all of its states shows the last one of this list. */
export const SHAPES = [
  'inactive',
  'disabled',
  'line-low',
  'line-high',
  'pending-disabled',
  'pending',
  'active',
  'active-pending',
  'masked',
  'unknown',
] as const;
export type Shape = (typeof SHAPES)[number];

export const SHAPE_WORDS: Readonly<Record<Shape, string>> = {
  inactive: 'inactive',
  disabled: 'disabled',
  'line-low': 'unknown, line low',
  'line-high': 'unknown, line high',
  'pending-disabled': 'pending, disabled',
  pending: 'pending',
  active: 'active',
  'active-pending': 'active + pending',
  masked: 'pending, masked',
  unknown: 'unknown',
};

/** The shape of a state code (bits of core/trace/interrupts.ts). */
export function shapeOf(code: number): Shape {
  if ((code & (STATE_PENDING_KNOWN | STATE_ACTIVE_KNOWN)) === 0) {
    if ((code & STATE_LINE_KNOWN) === 0) return 'unknown';
    return (code & STATE_LINE) === 0 ? 'line-low' : 'line-high';
  }
  const pending = (code & STATE_PENDING) !== 0;
  if ((code & STATE_ACTIVE) !== 0) return pending ? 'active-pending' : 'active';
  const disabled = (code & STATE_ENABLED_KNOWN) !== 0 && (code & STATE_ENABLED) === 0;
  if (pending) {
    if ((code & STATE_MASKED) !== 0) return 'masked';
    return disabled ? 'pending-disabled' : 'pending';
  }
  return disabled ? 'disabled' : 'inactive';
}

/** Whether a shape says nothing of pending and active: of a line alone the state is as unknown as without it. */
export const isUnknown = (shape: Shape): boolean =>
  shape === 'unknown' || shape === 'line-low' || shape === 'line-high';

/** The shape of a state in the words of list registers and AP lists. */
export function shapeOfWords(
  state: 'unknown' | 'empty' | 'inactive' | 'pending' | 'active' | 'active and pending',
): Shape {
  if (state === 'active and pending') return 'active-pending';
  return state === 'empty' ? 'inactive' : state;
}

/** Index into SHAPES of every state code, for the drawing loop. */
export const SHAPE_OF_CODE: Uint8Array = Uint8Array.from({ length: STATE_CODES }, (_, code) =>
  SHAPES.indexOf(shapeOf(code)),
);
