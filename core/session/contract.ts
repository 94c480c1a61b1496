/**
 * The one contract between the backend and every front end (Electron IPC, WebSocket, command line, tests).
 *
 * Each method has a schema for its arguments and its result; transports check the arguments on the backend's side,
 * tests check the results. Positions are event numbers (`seq`), −1 is "before the first event"; times are integer
 * nanoseconds since the start of the trace; 64-bit values are lower-case hex strings (`0x8`); bulk data are typed
 * arrays. `null` stands for "none" or "unknown" because it survives every transport.
 */
import { type z } from 'zod';
import { analysisMethods } from './contract/analysis.ts';
import { appMethods } from './contract/app.ts';
import { eventMethods, type eventRowSchema } from './contract/events.ts';
import { liveMethods, type liveStateSchema } from './contract/live.ts';
import { type bookmarkSchema, type breakpointSchema, markMethods } from './contract/marks.ts';
import { navMethods } from './contract/nav.ts';
import { scenarioMethods } from './contract/scenario.ts';
import { type interruptStateSchema, type slotValueSchema, stateMethods } from './contract/state.ts';
import { type checkSchema, taskMethods, type taskProgressSchema } from './contract/tasks.ts';
import { timelineMethods } from './contract/timeline.ts';
import { type laneColumnsSchema, type laneSchema, type traceInfoSchema, traceMethods } from './contract/trace.ts';

export const CONTRACT = {
  ...appMethods,
  ...traceMethods,
  ...taskMethods,
  ...scenarioMethods,
  ...liveMethods,
  ...eventMethods,
  ...stateMethods,
  ...navMethods,
  ...timelineMethods,
  ...markMethods,
  ...analysisMethods,
} as const;

export type Method = keyof typeof CONTRACT;
export type Args<M extends Method> = z.infer<(typeof CONTRACT)[M]['args']>;
export type Result<M extends Method> = z.infer<(typeof CONTRACT)[M]['result']>;

/** What the backend tells without being asked. */
export interface PushEvents {
  readonly task: z.infer<typeof taskProgressSchema>;
  /** How far a search of a trace is that takes long: blocks of events looked at, and all of them. */
  readonly search: { readonly id: number; readonly done: number; readonly total: number };
  /** A growing trace has more events. */
  readonly grown: {
    readonly id: number;
    readonly events: number;
    readonly durationNs: number;
    readonly finished: boolean;
  };
  /** A recording that runs live changed its state, or has more events: at most ten times a second while it runs. */
  readonly live: z.infer<typeof liveStateSchema>;
  /** The shell asks the window to do something: a menu item, a file from the system. */
  readonly command: { readonly command: string; readonly argument: string };
}
export type PushEvent = keyof PushEvents;

/** A failure that crosses the contract. `code` is stable (`bad-input`, `usage`, `not-found`, `cancelled`, `internal`). */
export interface SessionFailure {
  readonly code: 'bad-input' | 'usage' | 'not-found' | 'cancelled' | 'internal';
  readonly message: string;
}

/** How a front end talks to the backend, whatever carries it. */
export interface SessionClient {
  /** @throws an Error with the `SessionFailure` fields. Aborting the signal cancels the call on the backend. */
  call<M extends Method>(method: M, args: Args<M>, signal?: AbortSignal): Promise<Result<M>>;
  on<E extends PushEvent>(event: E, handler: (payload: PushEvents[E]) => void): () => void;
}

export type TraceInfo = z.infer<typeof traceInfoSchema>;
export type Lane = z.infer<typeof laneSchema>;
export type LaneColumns = z.infer<typeof laneColumnsSchema>;
export type EventRow = z.infer<typeof eventRowSchema>;
export type SlotValue = z.infer<typeof slotValueSchema>;
export type Breakpoint = z.infer<typeof breakpointSchema>;
export type Bookmark = z.infer<typeof bookmarkSchema>;
export type LiveState = z.infer<typeof liveStateSchema>;
export type Check = z.infer<typeof checkSchema>;
export type TaskProgress = z.infer<typeof taskProgressSchema>;
export type LaneData = Result<'timeline.lanes'>['lanes'][number];
export type InspectedState = Result<'state.inspect'>;
export type InterruptState = z.infer<typeof interruptStateSchema>;
