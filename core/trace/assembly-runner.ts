/**
 * What the thread between does: makes blocks, rows and lives of a trace's events, and has another thread write them.
 * To its giver it is a runner like the one that writes (write-jobs.ts); jobs reach the file in the order given.
 */
import { Assembler } from './assembler.ts';
import { JobMail } from './job-mail.ts';
import { type Job } from './jobs.ts';
import { MessageMemory } from './message-memory.ts';
import { type Step } from './steps.ts';
import { type OpenFile, WriteThread } from './write-thread.ts';
import { Writes } from './writes.ts';

export class AssemblyRunner {
  readonly #mail: JobMail;
  readonly #prepared = { statements: 0, tables: 0, textTables: 0 };
  #assembler: Assembler | undefined;

  /** Returns when the other thread has the file open. @throws TraceError where it cannot */
  constructor(open: OpenFile) {
    const thread = WriteThread.start();
    if (thread === undefined) throw new Error('the entry of this thread is gone: it cannot start another');
    this.#mail = new JobMail(thread, new MessageMemory(), open, []);
    this.#mail.sync();
  }

  run(job: Job): void {
    switch (job.do) {
      case 'assemble':
        this.#assemble(job.step);
        return;
      case 'sync':
        this.#mail.sync();
        return;
      case 'prepare':
        this.#prepared.statements++;
        break;
      case 'table':
        this.#prepared.tables++;
        break;
      case 'textTable':
        this.#prepared.textTables++;
        break;
      default:
    }
    this.#mail.add(job);
  }

  /** A message is done: the other thread may begin with what came of it. */
  send(): void {
    this.#mail.send();
  }

  close(): void {
    this.#mail.close();
  }

  #assemble(step: Step): void {
    if (step.do === 'begin') {
      const add = (job: Job): void => this.#mail.add(job);
      this.#assembler = new Assembler(new Writes(add, add, this.#prepared), step.slots);
    } else this.#assembler?.do(step);
  }
}
