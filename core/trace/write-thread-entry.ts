/** Entry of the thread that writes a trace: does the jobs of each message over its own connection (write-thread.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import { AssemblyRunner } from './assembly-runner.ts';
import { TraceError } from './errors.ts';
import { translated } from './file.ts';
import { JobRunner } from './write-jobs.ts';
import {
  DONE,
  FAILED,
  type OpenFile,
  type ThreadFailure,
  type ThreadMessage,
  type ThreadStart,
  WriteThread,
} from './write-thread.ts';

if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
// The other half starts the thread with this (write-thread.ts), and sends nothing but ThreadMessages.
const { shared, failures } = workerData as ThreadStart;
let path = '';
let runner: JobRunner | AssemblyRunner | undefined;

port.on('message', (message: ThreadMessage) => {
  try {
    if (Atomics.load(shared, FAILED) === 0) work(message);
    if (message.close !== undefined) close(message.close);
  } catch (error) {
    const known = translated(path, error);
    const text = known instanceof Error ? known.message : String(known);
    const failure: ThreadFailure =
      known instanceof TraceError ? { message: text, code: known.code } : { message: text };
    failures.postMessage(failure);
    Atomics.store(shared, FAILED, 1);
    if (message.close !== undefined) port.close();
  }
  Atomics.add(shared, DONE, 1);
  Atomics.notify(shared, DONE);
});

function work({ prepare, open, jobs }: ThreadMessage): void {
  if (prepare) WriteThread.prepare();
  if (open !== undefined) runner = runnerOf(open);
  for (const job of jobs) runner?.run(job);
  if (runner instanceof AssemblyRunner) runner.send();
}

function runnerOf(open: OpenFile): JobRunner | AssemblyRunner {
  const { assembles, ...file } = open;
  ({ path } = file);
  return assembles === 'between' ? new AssemblyRunner(file) : new JobRunner(path, file.before);
}

function close(then: 'and wait' | 'and end'): void {
  if (then === 'and end' || Atomics.load(shared, FAILED) !== 0) port.close();
  runner?.close();
  runner = undefined;
}
