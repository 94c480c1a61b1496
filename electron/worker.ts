/** Entry of the thread that hosts the backend. */
import { parentPort, workerData } from 'node:worker_threads';
import { createBackend } from '../core/session/backend.ts';
import { serveBackend } from './backend-port.ts';
import type { ThreadOptions } from './backend-thread.ts';

if (parentPort === null) throw new Error('this module is the entry of a worker thread');
// The shell that starts the thread gives it ThreadOptions (backend-thread.ts).
const { places } = workerData as ThreadOptions;
const { version, samples, stateFile, imports } = places;
serveBackend(parentPort, createBackend({ version, samples, stateFile, imports }));
