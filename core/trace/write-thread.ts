/**
 * This thread's half of the thread that writes a trace: messages go there in order, and this side can wait until all
 * but a few are done. It waits without an event loop (Atomics.wait), because a writer's calls return when their work is
 * accepted, and `flush` when it is on disk.
 *
 * Two shared numbers: messages done, and whether one failed. The failure itself comes over a port that is read then;
 * after it the thread does nothing more than count.
 */
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from 'node:worker_threads';
import { TraceError, type TraceErrorCode } from './errors.ts';
import { type RowsSoFar } from './event-rows.ts';
import { findThreadEntry } from './thread-entry.ts';
import { type Job } from './jobs.ts';

/** Index in the shared numbers. */
export const DONE = 0;
export const FAILED = 1;

/** What the thread is started with. */
export interface ThreadStart {
  readonly shared: Int32Array<SharedArrayBuffer>;
  readonly failures: MessagePort;
}

/** The file that a thread is to write; `assembles`: `between` has it assemble and leave the writing to one of its own. */
export interface OpenFile {
  readonly path: string;
  readonly before: RowsSoFar;
  readonly assembles?: 'between';
}

/**
 * `prepare` starts a thread for the file that comes; `open` opens a file first; `close` closes it afterwards, and says
 * whether the thread ends.
 */
export interface ThreadMessage {
  readonly prepare?: true;
  readonly open?: OpenFile;
  readonly jobs: readonly Job[];
  readonly close?: 'and wait' | 'and end';
}

/** A failure, as it crosses. `code`: of a TraceError. */
export interface ThreadFailure {
  readonly message: string;
  readonly code?: TraceErrorCode;
}

/** A job takes milliseconds, the slowest (a checkpoint on a slow disk) seconds. */
const STALLED_MS = 120_000;

export class WriteThread {
  readonly #worker: Worker;
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #failures: MessagePort;
  #posted = 0;

  /** One that has closed its file waits here for the next: starting and compiling take it 0.2 s of work. */
  static #idle: WriteThread | undefined;

  /** Undefined where there is no entry. */
  static start(): WriteThread | undefined {
    const idle = WriteThread.#idle;
    WriteThread.#idle = undefined;
    if (idle !== undefined) return idle;
    const entry = findThreadEntry('write-thread-entry', import.meta.url);
    return entry === undefined ? undefined : new WriteThread(entry);
  }

  /** Starts the one that the next `start` gives. */
  static prepare(): void {
    const thread = WriteThread.start();
    if (thread !== undefined) WriteThread.#idle = thread;
  }

  private constructor(url: URL) {
    const { port1, port2 } = new MessageChannel();
    this.#failures = port1;
    const workerData: ThreadStart = { shared: this.#shared, failures: port2 };
    this.#worker = new Worker(url, {
      workerData,
      transferList: [port2],
      name: 'gicscope trace writer',
      // What it allocates lives for one message.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    // An unfinished trace keeps no process alive.
    this.#worker.unref();
    port1.unref();
  }

  /** Messages that are not done. */
  get waiting(): number {
    return this.#posted - Atomics.load(this.#shared, DONE);
  }

  /** Returns the message's number, counted from 1. */
  post(message: ThreadMessage): number {
    this.#worker.postMessage(message);
    return ++this.#posted;
  }

  /**
   * Waits until at most `waiting` messages are not done.
   * @throws TraceError when one failed, or the thread does not move
   */
  wait(waiting: number): void {
    for (;;) {
      const done = Atomics.load(this.#shared, DONE);
      if (Atomics.load(this.#shared, FAILED) !== 0) throw this.#failure();
      if (this.#posted - done <= waiting) return;
      if (Atomics.wait(this.#shared, DONE, done, STALLED_MS) === 'timed-out')
        throw new TraceError('damaged', 'The thread that writes the trace has stopped.');
    }
  }

  /** Lets the thread close its file; returns when it has, also after a failure. Then it may be what `start` gives. */
  close(): void {
    this.post({ jobs: [], close: WriteThread.#idle === undefined ? 'and wait' : 'and end' });
    let done = Atomics.load(this.#shared, DONE);
    for (; done < this.#posted; done = Atomics.load(this.#shared, DONE))
      if (Atomics.wait(this.#shared, DONE, done, STALLED_MS) === 'timed-out') break;
    const isWell = done === this.#posted && Atomics.load(this.#shared, FAILED) === 0;
    if (isWell && WriteThread.#idle === undefined) WriteThread.#idle = this;
    else this.#failures.close();
  }

  #failure(): Error {
    // Only the thread's entry writes to this port.
    const received = receiveMessageOnPort(this.#failures) as { readonly message: ThreadFailure } | undefined;
    const { code, message } = received?.message ?? { message: 'Writing the trace failed earlier.' };
    return code === undefined ? new Error(message) : new TraceError(code, message);
  }
}
