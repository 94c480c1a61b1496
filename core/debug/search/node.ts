/** What every part of a matcher can be asked about a block; matcher.ts says how the answers are used. */
import { type BlockView } from './block-view.ts';
import { type Mask } from './mask.ts';

export const NO_EVENT = 0;
export const SOME_EVENTS = 1;
export const ALL_EVENTS = 2;
export type Share = typeof NO_EVENT | typeof SOME_EVENTS | typeof ALL_EVENTS;

export interface Node {
  /** Relative cost of `mark`. */
  readonly cost: number;
  share(block: number): Share;
  /** Events of a block that pass, if known without decoding; asked where `share` is SOME_EVENTS. */
  count(block: number): number | undefined;
  /** Marks the events that pass; called where `share` is SOME_EVENTS. */
  mark(view: BlockView, out: Mask): void;
  /** Tests of state only: whether it holds before the first event of the block. */
  atStart(block: number): boolean;
}

export const notAState = (): never => {
  throw new Error('only tests of state hold between events');
};
