/**
 * A scenario's run in a thread of its own, under somebody's control.
 *
 * The thread itself stops: where a breakpoint hits, a step ends or a pause is asked for, the machine stands still in the
 * middle of whatever it does, everything so far is committed, and the thread sleeps until it is told to go on. So a stop
 * needs no state of its own, can be at any event and before any instruction, and changes nothing: a run that was stopped
 * a thousand times records the same bytes as one that ran through. Between stops the trace is committed some ten times
 * a second, so that others follow it.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { LiveBreakpoints } from '../../debug/live-breakpoints.ts';
import { type LiveEvent } from '../../debug/live.ts';
import { type GuestAccess } from '../../machine/events.ts';
import { type Thread } from '../../machine/thread.ts';
import { placeOfAddress, ScenarioRun } from '../../scenario/index.ts';
import { checkResult } from '../record-result.ts';
import { PIECE, scenarioOf, summaryOf, writerOptions } from '../record-task.ts';
import { liveNames } from './live-names.ts';
import { type FromLive, type Go, type LiveThreadData, RELEASE, SHARED, type ToLive } from './messages.ts';
import { type StopReason, threadsNow } from './threads-now.ts';
import { WatchedWriter } from './watched-writer.ts';

/** Milliseconds between two commits while it runs. */
const COMMIT_MS = 100;
/** Events between two looks at the clock. */
const CLOCK_EVENTS = 512;
const FREE: Go = { unit: 'free' };

/** Thrown through the machine to give the run up. */
class Discarded extends Error {}

export class LiveRun {
  readonly #port: MessagePort;
  readonly #tell: (message: FromLive) => void;
  readonly #shared: Int32Array;
  readonly #run: ScenarioRun;
  readonly #writer: WatchedWriter;
  readonly #breakpoints: LiveBreakpoints;
  #go: Go = FREE;
  #pauseAsked: boolean;
  #finishAsked = false;
  /** It stood still at its start, or was not to. */
  #isStarted: boolean;
  /** Before which instruction it stood last: the thread, and how many it had executed. */
  #stoodAt: { readonly thread: Thread; readonly total: number } | undefined;
  /** Value of ATTENTION up to which messages are read. */
  #seen = 0;
  #checksTold = 0;
  #lastCommit = performance.now();
  #untilClock = CLOCK_EVENTS;

  /** Loads the scenario and makes the trace. @throws ScenarioError, SessionError, TraceError */
  constructor(data: LiveThreadData, port: MessagePort, tell: (message: FromLive) => void) {
    const { job, shared } = data;
    this.#port = port;
    this.#tell = tell;
    this.#shared = new Int32Array(shared);
    this.#pauseAsked = job.paused;
    this.#isStarted = !job.paused;
    this.#run = new ScenarioRun(scenarioOf(job));
    this.#writer = new WatchedWriter(job.output, writerOptions(this.#run, job.tool, job.overwrite));
    this.#breakpoints = new LiveBreakpoints(liveNames(this.#writer, this.#run.scenario.config.vcpus.length));
  }

  /** Until the end; the last message. */
  run(): FromLive {
    const run = this.#run;
    const writer = this.#writer;
    try {
      run.record(writer);
      run.onPlace = (thread, address) => this.#atPlace(thread, address);
      writer.watcher = (event) => this.#atEvent(event);
      writer.flush();
      this.#tell({ type: 'ready' });
      run.onCreated = () => this.#rewire();
      run.machine.betweenRounds = () => this.#look();
      run.begin();
      while (!run.advance(PIECE)) {
        this.#look();
        this.#commitInTime();
        if (this.#finishAsked) run.stop();
      }
      writer.finish(summaryOf(run.scenario, run.outcome.checks));
      this.#tellState('ended', undefined);
      return { type: 'done' };
    } catch (error) {
      writer.abort();
      if (error instanceof Discarded) return { type: 'discarded' };
      throw error;
    }
  }

  // --- where the machine comes by --------------------------------------------------------------------------------

  #atEvent(event: LiveEvent): void {
    const hit = this.#breakpoints.watchesEvents ? this.#breakpoints.afterEvent(event) : undefined;
    if (hit !== undefined) this.#stop({ why: 'breakpoint', hit, seq: hit.before ? event.seq - 1 : event.seq });
    else if (this.#go.unit === 'event') this.#stop({ why: 'step', seq: event.seq });
    else this.#look();
    if (--this.#untilClock > 0) return;
    this.#untilClock = CLOCK_EVENTS;
    this.#commitInTime();
  }

  #atPlace(thread: Thread, address: bigint): void {
    const hit = this.#breakpoints.atPlace(thread.index, address);
    if (hit === undefined) return;
    this.#stop({ why: 'breakpoint', hit, thread });
    this.#stoodAt = { thread, total: thread.core.total };
  }

  #atInstruction(thread: Thread): void {
    const go = this.#go;
    if (go.unit !== 'instruction' || (go.vcpu !== null && go.vcpu !== thread.index)) return;
    // The same instruction, when it has stood before it already: at a place, or before the core was called back.
    if (this.#stoodAt?.thread === thread && this.#stoodAt.total === thread.core.total) return;
    this.#stop({ why: 'step', thread });
    this.#stoodAt = { thread, total: thread.core.total };
  }

  #atAccess(thread: Thread, { name, op, address, lo, hi, pc }: GuestAccess): void {
    const { machine } = this.#run;
    const memory = address === undefined ? undefined : placeOfAddress(machine, address);
    const hit = this.#breakpoints.beforeAccess(
      {
        kind: memory === undefined ? 'register.access' : 'mmio.access',
        vcpu: thread.index,
        register: memory?.register ?? name,
        op,
        value: lo === undefined || hi === undefined ? undefined : { lo, hi },
        arg: memory?.offset ?? pc,
        seq: this.#writer.count,
        time: this.#run.time,
      },
      machine.journal.state,
    );
    if (hit !== undefined) this.#stop({ why: 'breakpoint', hit, thread, pc });
  }

  // --- stopping and going on --------------------------------------------------------------------------------------

  /** Reads what the backend says; stops when it asks for that. Cheap when it says nothing. */
  #look(): void {
    if (Atomics.load(this.#shared, SHARED.RELEASE) === RELEASE.ASKED) this.#release();
    if (Atomics.load(this.#shared, SHARED.ATTENTION) !== this.#seen) this.#listen();
    if (this.#pauseAsked) this.#stop({ why: this.#isStarted ? 'pause' : 'start' });
  }

  #stop(reason: StopReason): void {
    this.#pauseAsked = false;
    this.#isStarted = true;
    if (this.#finishAsked) return;
    this.#commit();
    this.#tellState('stopped', reason);
    this.#go = FREE;
    let isGoing = false;
    while (!isGoing) {
      Atomics.wait(this.#shared, SHARED.ATTENTION, this.#seen, 1000);
      if (Atomics.load(this.#shared, SHARED.RELEASE) === RELEASE.ASKED) this.#release();
      isGoing = this.#listen();
    }
    this.#rewire();
    if (!this.#finishAsked) this.#tellState('running', undefined);
  }

  /** Takes in the messages that came; whether one lets the machine go on. */
  #listen(): boolean {
    let isGoing = false;
    this.#seen = Atomics.load(this.#shared, SHARED.ATTENTION);
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      // What comes through this port is the backend's (live-sessions.ts).
      const message = next.message as ToLive;
      switch (message.type) {
        case 'go':
          this.#go = message.go;
          this.#pauseAsked = false;
          isGoing = true;
          break;
        case 'pause':
          this.#pauseAsked = true;
          break;
        case 'breakpoints':
          this.#breakpoints.set(message.list, this.#run.machine.journal.state);
          this.#rewire();
          break;
        case 'finish':
          this.#finishAsked = true;
          this.#pauseAsked = false;
          isGoing = true;
          break;
        case 'discard':
          throw new Discarded();
      }
    }
    return isGoing;
  }

  /** Has the machine come by where something waits for it, and nowhere else. */
  #rewire(): void {
    const run = this.#run;
    const { machine } = run;
    if (this.#finishAsked) {
      machine.onInstruction = undefined;
      machine.watchAccesses(undefined);
      run.watchPlaces([]);
      machine.stop();
      return;
    }
    run.watchPlaces(this.#breakpoints.places);
    machine.watchAccesses(
      this.#breakpoints.watchesAccesses ? (thread, access) => this.#atAccess(thread, access) : undefined,
    );
    machine.onInstruction = this.#go.unit === 'instruction' ? (thread) => this.#atInstruction(thread) : undefined;
  }

  // --- the trace --------------------------------------------------------------------------------------------------

  #commitInTime(): void {
    if (performance.now() - this.#lastCommit < COMMIT_MS) return;
    this.#commit();
    this.#tellState('running', undefined);
  }

  #commit(): void {
    this.#writer.flush();
    this.#lastCommit = performance.now();
  }

  /** Leaves the file to the backend until it gives it back. */
  #release(): void {
    this.#commit();
    Atomics.store(this.#shared, SHARED.RELEASE, RELEASE.GIVEN);
    Atomics.notify(this.#shared, SHARED.RELEASE);
    while (Atomics.load(this.#shared, SHARED.RELEASE) === RELEASE.GIVEN)
      Atomics.wait(this.#shared, SHARED.RELEASE, RELEASE.GIVEN, 1000);
  }

  #tellState(state: 'running' | 'stopped' | 'ended', reason: StopReason | undefined): void {
    const run = this.#run;
    const { count } = this.#writer;
    const checks = run.checks.slice(this.#checksTold);
    this.#checksTold = run.checks.length;
    this.#tell({
      type: 'state',
      checks: checks.map(checkResult),
      state: {
        state,
        why: state === 'ended' ? 'end' : (reason?.why ?? null),
        seq: reason?.seq ?? count - 1,
        breakpoint: reason?.hit?.breakpoint ?? null,
        before: reason?.hit?.before ?? false,
        vcpu: reason?.thread?.index ?? null,
        events: count,
        timeNs: run.time,
        halted: run.done ? run.outcome.halted : null,
        threads: state === 'running' ? [] : threadsNow(run.machine, reason),
        checked: run.checks.length,
        failed: run.checks.filter(({ ok }) => !ok).length,
        message: '',
      },
    });
  }
}
