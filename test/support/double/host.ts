import { Worker } from 'node:worker_threads';
import { type BackendHost, createBackendHost } from '../../../electron/backend-host.ts';
import type { DoubleOptions } from './backend.ts';

/** A backend host whose worker thread runs the double. */
export function startDouble(options: DoubleOptions = {}): BackendHost {
  return createBackendHost(() => new Worker(new URL('worker.ts', import.meta.url), { workerData: options }));
}
