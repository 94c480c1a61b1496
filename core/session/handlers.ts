/** What answers the contract: one function per method, grouped into files by subject. */
import { type Readable } from 'node:stream';
import { Pace, type Rest } from '../debug/search/pace.ts';
import { type Args, type Method, type PushEvent, type PushEvents, type Result } from './contract.ts';
import { SessionError } from './failure.ts';
import { type GrowthWatch } from './growth-watch.ts';
import { type LiveSessions } from './live/live-sessions.ts';
import { type OpenTrace } from './open-trace.ts';
import { type StateFile } from './state-file.ts';
import { type Tasks } from './tasks.ts';

export type Handlers = {
  readonly [M in Method]: (args: Args<M>, signal: AbortSignal) => Result<M> | Promise<Result<M>>;
};
/** Handlers of some methods. */
export type Group<M extends Method> = Pick<Handlers, M>;

/** What handlers share. */
export interface SessionContext {
  readonly options: BackendOptions;
  readonly traces: OpenTraces;
  readonly tasks: Tasks;
  readonly live: LiveSessions;
  readonly state: StateFile;
  readonly growth: GrowthWatch;
  readonly push: <E extends PushEvent>(event: E, payload: PushEvents[E]) => void;
}

export interface BackendOptions {
  readonly version: string;
  /** Folder with the bundled samples. */
  readonly samples: string;
  /** File that remembers recent traces; absent: nothing is remembered. */
  readonly stateFile?: string;
  /** Folder for imports that name no output. */
  readonly imports: string;
  /** What `-` means where a growing source is imported; absent: nothing. */
  readonly stdin?: Readable;
}

/** The open traces by number. */
export class OpenTraces {
  readonly #byId = new Map<number, OpenTrace>();
  #next = 1;

  add(make: (id: number) => OpenTrace): OpenTrace {
    const trace = make(this.#next);
    this.#byId.set(this.#next++, trace);
    return trace;
  }

  get all(): Iterable<OpenTrace> {
    return this.#byId.values();
  }

  /** @throws SessionError `not-found` */
  get(id: number): OpenTrace {
    const trace = this.#byId.get(id);
    if (trace === undefined)
      throw new SessionError({ code: 'not-found', message: `trace ${id} is not open. Open it again.` });
    return trace;
  }

  /** For work over a trace in many short parts: a rest in which it is closed, or the call is cancelled, ends the work. */
  rest(id: number, signal: AbortSignal): Rest {
    const pace = new Pace({ signal }, 0);
    return () => pace.step(0)?.then(() => void this.get(id));
  }

  remove(id: number): void {
    this.get(id).close();
    this.#byId.delete(id);
  }

  closeAll(): void {
    for (const trace of this.#byId.values()) trace.close();
    this.#byId.clear();
  }
}
