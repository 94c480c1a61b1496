/**
 * The backend: answers the contract over traces on this machine. One object serves any number of front ends; it runs
 * in a worker thread under the shells, and in the same thread under the command line and tests.
 */
import { EventEmitter } from 'node:events';
import { analysisHandlers } from './analysis-handlers.ts';
import { appHandlers } from './app-handlers.ts';
import { type Args, type Method, type PushEvent, type PushEvents, type Result } from './contract.ts';
import { bookmarkHandlers } from './bookmark-handlers.ts';
import { breakpointHandlers } from './breakpoint-handlers.ts';
import { eventHandlers } from './event-handlers.ts';
import { exportHandlers } from './export-handlers.ts';
import { GrowthWatch } from './growth-watch.ts';
import { type BackendOptions, type Handlers, OpenTraces, type SessionContext } from './handlers.ts';
import { historyHandlers } from './history-handlers.ts';
import { followLive, liveHandlers } from './live/live-handlers.ts';
import { LiveSessions } from './live/live-sessions.ts';
import { navHandlers } from './nav-handlers.ts';
import { programHandlers } from './program-handlers.ts';
import { rememberGrown } from './recent.ts';
import { recordHandlers } from './record-handlers.ts';
import { type SessionBackend } from './session.ts';
import { StateFile } from './state-file.ts';
import { stateHandlers } from './state-handlers.ts';
import { Tasks } from './tasks.ts';
import { timelineHandlers } from './timeline.ts';
import { traceHandlers } from './trace-handlers.ts';
import { checkArgs, toSessionError } from './validate.ts';

export function createBackend(options: BackendOptions): SessionBackend {
  const emitter = new EventEmitter();
  const push = <E extends PushEvent>(event: E, payload: PushEvents[E]): void => {
    emitter.emit(event, payload);
  };
  const traces = new OpenTraces();
  const context: SessionContext = {
    options,
    traces,
    live: new LiveSessions((state) => {
      followLive({ traces, push }, state.path);
      push('live', state);
    }),
    tasks: new Tasks((progress) => push('task', progress)),
    state: new StateFile(options.stateFile),
    growth: new GrowthWatch(traces, (path) => followLive({ traces, push }, path)),
    push,
  };
  const handlers: Handlers = {
    ...appHandlers(context),
    ...traceHandlers(context),
    ...recordHandlers(context),
    ...liveHandlers(context),
    ...programHandlers(context),
    ...eventHandlers(context),
    ...historyHandlers(context),
    ...stateHandlers(context),
    ...navHandlers(context),
    ...timelineHandlers(context),
    ...breakpointHandlers(context),
    ...bookmarkHandlers(context),
    ...analysisHandlers(context),
    ...exportHandlers(context),
  };

  return {
    async handle<M extends Method>(method: M, args: Args<M>, signal: AbortSignal): Promise<Result<M>> {
      try {
        // Handlers is a mapped type over M; the compiler does not relate the entry's parameter to this M.
        const handler = handlers[method] as (args: Args<M>, signal: AbortSignal) => Result<M> | Promise<Result<M>>;
        return await handler(checkArgs(method, args), signal);
      } catch (error) {
        const failure = toSessionError(error);
        // Work that gave way to a call that closed its trace finds the file closed: that is what it says then.
        if (failure.code === 'internal' && 'id' in args) traces.get(args.id);
        throw failure;
      }
    },
    on(event, handler) {
      emitter.on(event, handler);
      return () => emitter.off(event, handler);
    },
    async close() {
      await context.tasks.close();
      await context.live.close();
      context.growth.close();
      for (const trace of traces.all) rememberGrown(context.state, trace);
      traces.closeAll();
    },
  };
}
