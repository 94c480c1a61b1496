/**
 * Recordings that run live, as the backend has them: one thread each, its last state, its checks, and the hand-over of
 * the trace's file when a bookmark or breakpoint is to be written into it.
 *
 * A thread that ends by itself (it finished, was discarded, failed, crashed) leaves its last state behind, so that
 * nobody waits for ever.
 */
import { Worker } from 'node:worker_threads';
import { breakpointSchema } from '../../debug/breakpoints.ts';
import { findThreadEntry } from '../../trace/thread-entry.ts';
import { SessionError } from '../failure.ts';
import { type CheckResult } from '../record-result.ts';
import { type Args, type Breakpoint } from '../contract.ts';
import {
  type FromLive,
  type LiveJob,
  type LiveState,
  type LiveThreadData,
  RELEASE,
  SHARED,
  type ToLive,
} from './messages.ts';

/** How long the thread may take to hand the file over, in ms: it looks at every event. */
const RELEASE_LIMIT = 5000;
/** States of recordings that ended, kept for `live.status`. */
const ENDED_KEPT = 50;

export type LiveAction = Args<'live.control'>['action'];

interface Live {
  readonly id: number;
  readonly worker: Worker;
  readonly shared: Int32Array;
  readonly checks: CheckResult[];
  state: LiveState;
  isOver: boolean;
  /** Called at every change of the state. */
  readonly waiting: Set<() => void>;
}

export class LiveSessions {
  readonly #tell: (state: LiveState) => void;
  readonly #byId = new Map<number, Live>();
  #next = 1;

  /** `tell` is called at every change. */
  constructor(tell: (state: LiveState) => void) {
    this.#tell = tell;
  }

  /** Starts one; answers when its trace can be opened. @throws SessionError when it cannot begin. */
  async start(job: LiveJob): Promise<LiveState> {
    const shared = new SharedArrayBuffer(8);
    const workerData: LiveThreadData = { job, shared };
    const entry = findThreadEntry('live-thread-entry', import.meta.url);
    if (entry === undefined)
      throw new SessionError({ code: 'internal', message: 'gicscope is not fully installed: it cannot record live' });
    const worker = new Worker(entry, { workerData, name: 'gicscope recording' });
    const live: Live = {
      id: this.#next++,
      worker,
      shared: new Int32Array(shared),
      checks: [],
      state: INITIAL,
      isOver: false,
      waiting: new Set(),
    };
    live.state = { ...INITIAL, live: live.id, path: job.output, scenario: job.file };
    this.#byId.set(live.id, live);
    let isReady = false;
    let failure: SessionError | undefined;
    worker.on('message', (message: FromLive) => {
      if (message.type === 'ready') isReady = true;
      else if (message.type === 'failed') failure = new SessionError(message.failure);
      this.#receive(live, message);
    });
    worker.on('error', (error) => {
      this.#become(live, { ...live.state, state: 'failed', why: 'end', message: error.message });
    });
    worker.on('exit', (code) => this.#over(live, code));
    await this.#until(live, () => isReady || live.isOver);
    if (isReady) return live.state;
    this.#byId.delete(live.id);
    throw failure ?? new SessionError({ code: 'internal', message: live.state.message });
  }

  /** @throws SessionError `not-found` */
  state(id: number): LiveState {
    return this.#get(id).state;
  }

  /** Those that run or stand still. */
  get all(): LiveState[] {
    return [...this.#byId.values()].filter(({ isOver }) => !isOver).map(({ state }) => state);
  }

  /** What was checked so far; undefined when no recording writes this trace, or it ended. */
  checksOf(path: string): readonly CheckResult[] | undefined {
    return this.#running(path)?.checks;
  }

  async control(id: number, action: LiveAction, vcpu: number | null): Promise<LiveState> {
    const live = this.#get(id);
    if (live.isOver) return live.state;
    const before = live.state;
    switch (action) {
      case 'run':
        if (before.state === 'stopped') this.#post(live, { type: 'go', go: { unit: 'free' } });
        // Answers when the machine moves: it may be at its next stop by then.
        await this.#until(live, () => live.state !== before || before.state !== 'stopped');
        return live.state;
      case 'pause':
        if (before.state === 'running') this.#post(live, { type: 'pause' });
        break;
      case 'stepInstruction':
      case 'stepEvent': {
        mustStand(before);
        const go = action === 'stepEvent' ? ({ unit: 'event' } as const) : ({ unit: 'instruction', vcpu } as const);
        this.#post(live, { type: 'go', go });
        await this.#until(live, () => live.state !== before);
        break;
      }
      case 'finish':
      case 'discard':
        this.#post(live, { type: action });
        await this.#until(live, () => live.isOver);
        return live.state;
    }
    await this.#until(live, () => live.state.state === 'stopped');
    return live.state;
  }

  /** Tells the thread that writes this trace which breakpoints there are now. */
  setBreakpoints(path: string, list: readonly Breakpoint[]): void {
    const live = this.#running(path);
    if (live === undefined) return;
    this.#post(live, { type: 'breakpoints', list: list.map((stored) => breakpointSchema.parse(stored)) });
  }

  /** Runs `action`, which writes to the file, while the thread that records into it keeps its hands off. */
  whileReleased<T>(path: string, action: () => T): T {
    const live = this.#running(path);
    if (live === undefined) return action();
    const { shared } = live;
    Atomics.store(shared, SHARED.RELEASE, RELEASE.ASKED);
    wake(shared);
    Atomics.wait(shared, SHARED.RELEASE, RELEASE.ASKED, RELEASE_LIMIT);
    try {
      // A thread that has ended meanwhile does not answer, and does not write either.
      return action();
    } finally {
      Atomics.store(shared, SHARED.RELEASE, RELEASE.NO);
      Atomics.notify(shared, SHARED.RELEASE);
    }
  }

  /** Ends all, keeping their traces, and waits until they have ended. */
  async close(): Promise<void> {
    await Promise.all(this.all.map(({ live }) => this.control(live, 'finish', null)));
  }

  #get(id: number): Live {
    const live = this.#byId.get(id);
    if (live === undefined) throw new SessionError({ code: 'not-found', message: `there is no recording ${id}` });
    return live;
  }

  #running(path: string): Live | undefined {
    for (const live of this.#byId.values()) if (!live.isOver && live.state.path === path) return live;
    return undefined;
  }

  #post({ worker, shared }: Live, message: ToLive): void {
    worker.postMessage(message);
    wake(shared);
  }

  #receive(live: Live, message: FromLive): void {
    switch (message.type) {
      case 'ready':
        return this.#changed(live);
      case 'state':
        live.checks.push(...message.checks);
        return this.#become(live, { ...live.state, ...message.state });
      case 'done':
      case 'discarded':
        return;
      case 'failed':
        return this.#become(live, { ...live.state, state: 'failed', why: 'end', message: message.failure.message });
    }
  }

  #become(live: Live, state: LiveState): void {
    live.state = state;
    this.#changed(live);
    this.#tell(state);
  }

  #changed({ waiting }: Live): void {
    for (const look of [...waiting]) look();
  }

  #over(live: Live, code: number): void {
    live.isOver = true;
    const { state } = live;
    if (state.state === 'ended' || state.state === 'failed') this.#changed(live);
    else if (code === 0) this.#become(live, { ...state, state: 'ended', why: 'end', threads: [] });
    else this.#become(live, { ...state, state: 'failed', why: 'end', message: `its thread ended with code ${code}` });
    const ended = [...this.#byId.values()].filter(({ isOver }) => isOver);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - ENDED_KEPT))) this.#byId.delete(id);
  }

  /** Resolves when it holds, or the thread has ended. */
  #until(live: Live, holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds() && !live.isOver) return;
        live.waiting.delete(look);
        resolve();
      };
      live.waiting.add(look);
      look();
    });
  }
}

/** Before a thread has told anything. */
const INITIAL: LiveState = {
  live: 0,
  path: '',
  scenario: '',
  state: 'running',
  why: null,
  seq: -1,
  breakpoint: null,
  before: false,
  vcpu: null,
  events: 0,
  timeNs: 0,
  halted: null,
  threads: [],
  checked: 0,
  failed: 0,
  message: '',
};

function wake(shared: Int32Array): void {
  Atomics.add(shared, SHARED.ATTENTION, 1);
  Atomics.notify(shared, SHARED.ATTENTION);
}

function mustStand({ state }: LiveState): void {
  if (state !== 'stopped')
    throw new SessionError({ code: 'usage', message: 'the machine runs: pause it before it is stepped' });
}
