/**
 * The way of a writer's rows and blobs into the file: at once over a connection of this thread, or, once the trace is
 * long enough to be worth it, over a thread that does nothing else (write-thread.ts), or over two, of which the first
 * assembles (assembly-runner.ts). Half of the cost of writing is SQLite's, so the halves run side by side; a short trace
 * never pays for a thread (about 40 ms to start).
 *
 * The parts of the writer see statements that only write; whichever thread runs them, jobs are done in order by one
 * connection, so transactions are what the writer made them: what `commit` ended is in the file together.
 */
import { Assembler } from './assembler.ts';
import { type ClaimedSlots } from './claimed-slots.ts';
import { JobMail } from './job-mail.ts';
import { type Job } from './jobs.ts';
import { MessageMemory } from './message-memory.ts';
import { type Step, copyOfStep } from './steps.ts';
import { JobRunner } from './write-jobs.ts';
import { type OpenFile, WriteThread } from './write-thread.ts';
import { Writes } from './writes.ts';

export class WriteQueue extends Writes {
  readonly #path: string;
  /** Of this thread; undefined once the other one writes. */
  #runner: JobRunner | undefined;
  /**
   * What wrote in this thread, until the other one has the file open: a connection that closes as the last one
   * moves all of the log into the file, and both threads would wait for the disk.
   */
  #former: JobRunner | undefined;
  #thread: WriteThread | undefined;
  /** To the thread, once it has the file. */
  #mail: JobMail | undefined;
  /** Whether a thread between this one and the one that writes assembles, once it has the file. */
  #isBetween = false;
  /** What makes blocks and rows of events, if this thread does. */
  #assembler: Assembler | undefined;
  /** As long as it is open who does: the steps so far. */
  #steps: Step[] | undefined = [];
  /** How to make the statements and tables again, over there. */
  readonly #setup: Job[] = [];
  readonly #memory = new MessageMemory();

  constructor(path: string) {
    const none = { statements: 0, tables: 0, textTables: 0 };
    super(
      (job) => {
        this.#setup.push(job);
        this.#add(job);
      },
      (job) => this.#add(job),
      none,
    );
    this.#path = path;
    this.#runner = new JobRunner(path);
  }

  /** The trace's events begin; until `assembleHere` or `handOver`, what is asked of the assembler waits. */
  begin(slots: ClaimedSlots): void {
    this.assemble({ do: 'begin', slots });
  }

  /** Has a step done by whoever assembles; nothing of it is kept when this returns. */
  assemble(step: Step): void {
    if (this.#assembler !== undefined) this.#assembler.do(step);
    else if (this.#steps !== undefined) this.#steps.push(copyOfStep(step, this.#memory));
    else this.#mail?.addCopied({ do: 'assemble', step: copyOfStep(step, this.#memory) });
  }

  /** This thread assembles, if the other one does not yet; undefined if it does. */
  assembleHere(): Assembler | undefined {
    const steps = this.#steps;
    if (steps === undefined) return this.#assembler;
    this.#steps = undefined;
    const pieces = this.#memory.detach();
    for (const step of steps)
      if (step.do === 'begin') this.#assembler = new Assembler(this, step.slots);
      else this.#assembler?.do(step);
    this.#memory.release(pieces);
    return this.#assembler;
  }

  /** Whether this thread assembles. */
  get assembles(): boolean {
    return this.#assembler !== undefined;
  }

  /** Ends the transaction and begins the next. */
  commit(): void {
    this.#add({ do: 'commit' });
  }

  /** Ends the transaction; `sql` runs without one. Nothing but `settle` may follow. */
  end(sql = ''): void {
    this.#add({ do: 'end', sql });
  }

  /** Makes the trace one file again. */
  settle(): void {
    this.#closeFormer();
    this.#add({ do: 'settle' });
  }

  /**
   * Starts the thread, which takes a while, and another behind it if this one is to assemble between the two; without
   * one (a bundle that lacks it) everything stays in this thread.
   */
  startThread(between: boolean): void {
    if (this.#thread !== undefined) return;
    this.#isBetween = between;
    this.#thread = WriteThread.start();
    if (between) this.#thread?.post({ prepare: true, jobs: [] });
  }

  /**
   * From now on the thread writes, and makes blocks and rows of events, unless this one does already. To be called right
   * after a commit.
   */
  handOver(): void {
    if (this.#runner !== undefined && this.#thread !== undefined) {
      this.#former = this.#runner;
      this.#runner = undefined;
      const file = { path: this.#path, before: this.#former.rowsSoFar };
      const isBetween = this.#isBetween && this.#steps !== undefined;
      const open: OpenFile = isBetween ? { ...file, assembles: 'between' } : file;
      const mail = new JobMail(this.#thread, this.#memory, open, this.#setup);
      for (const step of this.#steps ?? []) mail.addCopied({ do: 'assemble', step });
      this.#mail = mail;
      this.#steps = undefined;
    }
    this.assembleHere();
    this.send();
  }

  /** Lets the thread begin with what was given. @throws TraceError what went wrong there */
  send(): void {
    if (this.#mail?.send() === true) this.#closeFormer();
  }

  /** Returns when everything given is done. @throws as `send` */
  sync(): void {
    this.#mail?.sync();
  }

  /** Closes the file. What was not committed is gone. */
  close(): void {
    this.#runner?.close();
    this.#closeFormer();
    this.#thread?.close();
    this.#runner = undefined;
    this.#thread = undefined;
  }

  #closeFormer(): void {
    this.#former?.close();
    this.#former = undefined;
  }

  #add(job: Job): void {
    if (this.#runner !== undefined) this.#runner.run(job);
    else this.#mail?.add(job);
  }
}
