/** Entry of the thread in which a scenario runs live; what it does is in live-run.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { failureOf } from '../failure.ts';
import { toSessionError } from '../validate.ts';
import { LiveRun } from './live-run.ts';
import { type FromLive, type LiveThreadData } from './messages.ts';

if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
// The backend that starts the thread gives it LiveThreadData (live-sessions.ts).
const data = workerData as LiveThreadData;
const tell = (message: FromLive): void => port.postMessage(message);
try {
  tell(new LiveRun(data, port, tell).run());
} catch (error) {
  tell({ type: 'failed', failure: failureOf(toSessionError(error)) });
}
port.close();
