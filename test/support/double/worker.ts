/** The double in a thread of its own, behind the real port. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveBackend } from '../../../electron/backend-port.ts';
import { type DoubleOptions, createDouble } from './backend.ts';

if (parentPort === null) throw new Error('this file is the entry of a worker thread');
serveBackend(parentPort, createDouble(workerData as DoubleOptions));
