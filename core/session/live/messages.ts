/**
 * What passes between the backend and the thread of a recording that runs live. Both sides are ours.
 *
 * Beside the messages there are three shared numbers. The machine looks at them at every event, so that it is heard
 * within a slice even while it runs:
 * - `ATTENTION` grows with every message to the thread; the thread sleeps on it while it is stopped.
 * - `RELEASE` is the hand-over of the file: the backend asks, the thread commits and waits, the backend writes, and
 *   gives it back. SQLite has one writer at a time.
 */
import { type Breakpoint } from '../../debug/breakpoints.ts';
import { type Result, type SessionFailure } from '../contract.ts';
import { type CheckResult } from '../record-result.ts';
import { type RecordJob } from '../record-task.ts';

export const SHARED = { ATTENTION: 0, RELEASE: 1 } as const;
export const RELEASE = { NO: 0, ASKED: 1, GIVEN: 2 } as const;

export interface LiveJob extends RecordJob {
  /** Stop at the first event. */
  readonly paused: boolean;
  /** Replace an existing trace. */
  readonly overwrite: boolean;
}

export interface LiveThreadData {
  readonly job: LiveJob;
  readonly shared: SharedArrayBuffer;
}

/** How far to go: until something stops it, one instruction (of one vCPU), or one event. */
export type Go =
  | { readonly unit: 'free' }
  | { readonly unit: 'instruction'; readonly vcpu: number | null }
  | { readonly unit: 'event' };

export type ToLive =
  | { readonly type: 'go'; readonly go: Go }
  | { readonly type: 'pause' }
  | { readonly type: 'breakpoints'; readonly list: readonly Breakpoint[] }
  /** Ends the run here; the trace is finished. */
  | { readonly type: 'finish' }
  /** Ends the run and removes the trace. */
  | { readonly type: 'discard' };

export type LiveState = Result<'live.status'>;

export type FromLive =
  /** The trace can be opened. */
  | { readonly type: 'ready' }
  /** `checks`: those since the last message. Everything up to `state.events` can be read. */
  | {
      readonly type: 'state';
      readonly state: Omit<LiveState, 'live' | 'path' | 'scenario'>;
      readonly checks: readonly CheckResult[];
    }
  /** The last message: the trace is finished. */
  | { readonly type: 'done' }
  /** The last message: the trace is gone. */
  | { readonly type: 'discarded' }
  | { readonly type: 'failed'; readonly failure: SessionFailure };
