/**
 * Jobs on their way to the thread that does them (write-thread.ts): copied into memory that both threads see, a message
 * of them at a time. Few messages may wait; then this side does.
 */
import { type BlockImage, contentsOf, copyOfImage } from './block-image.ts';
import { type Job, isContent } from './jobs.ts';
import { type MessageMemory } from './message-memory.ts';
import { type OpenFile, type WriteThread } from './write-thread.ts';

/** Messages, each of a block or a commit, that may wait for the thread. About 4 MB. */
const MOST_WAITING = 8;
/** With more than this many, the thread is behind: this side does what can be done on either. */
const BEHIND = 2;

export class JobMail {
  readonly #thread: WriteThread;
  readonly #memory: MessageMemory;
  /** Number of the message that opens the file. */
  readonly #opening: number;
  #jobs: Job[] = [];

  /** The thread opens the file and does what is given first. */
  constructor(thread: WriteThread, memory: MessageMemory, open: OpenFile, first: readonly Job[]) {
    this.#thread = thread;
    this.#memory = memory;
    this.#opening = thread.post({ open, jobs: first });
  }

  /** Nothing that the job refers to is kept when this returns. */
  add(job: Job): void {
    this.#jobs.push(this.#copyOf(job));
  }

  /** A job in memory that the thread sees. */
  addCopied(job: Job): void {
    this.#jobs.push(job);
  }

  /** Lets the thread begin with what was given; whether it has opened the file. @throws TraceError what went wrong there */
  send(): boolean {
    if (this.#jobs.length === 0) return false;
    const message = this.#thread.post({ jobs: this.#jobs });
    this.#jobs = [];
    this.#thread.wait(MOST_WAITING);
    const done = message - this.#thread.waiting;
    this.#memory.send(message, done);
    return done >= this.#opening;
  }

  /** Returns when everything given is done, by whichever threads. @throws as `send` */
  sync(): void {
    this.#jobs.push({ do: 'sync' });
    this.send();
    this.#thread.wait(0);
  }

  /** Closes the file. What was not committed is gone. */
  close(): void {
    this.#thread.close();
  }

  #copyOf(job: Job): Job {
    const memory = this.#memory;
    if (job.do === 'block') return { ...job, block: copyOfImage(this.#prepared(job.block), memory) };
    if (job.do === 'rows') return { ...job, rows: { cells: memory.numbers(job.rows.cells), wide: job.rows.wide } };
    if (job.do === 'blobs') {
      const { keys, ends, bytes } = job.rows;
      const kept = { keys: memory.numbers(keys), ends: memory.numbers(ends), bytes: memory.bytes(bytes) };
      return { ...job, rows: { ...job.rows, ...kept } };
    }
    if (job.do !== 'run' || !job.cells.some(isContent)) return job;
    return {
      ...job,
      cells: job.cells.map((cell) => (isContent(cell) ? { ...cell, content: memory.bytes(cell.content) } : cell)),
    };
  }

  #prepared(block: BlockImage): BlockImage {
    return this.#thread.waiting > BEHIND ? { ...block, blobs: contentsOf(block) } : block;
  }
}
