/** Starts the backend in a worker thread whose entry lies beside the shell's entry, built or not. */
import { Worker } from 'node:worker_threads';
import { type BackendHost, createBackendHost } from './backend-host.ts';
import type { Places } from './places.ts';

/** What the thread is told of where things lie. */
export interface ThreadOptions {
  readonly places: Places;
}

/** `entry`: URL of the shell's entry; only that one knows where the worker's lies, shared chunks are moved. */
export function startBackend(entry: string, places: Places): BackendHost {
  const worker = new URL(entry.endsWith('.ts') ? 'worker.ts' : 'worker.js', entry);
  const workerData: ThreadOptions = { places };
  // What an import or a search allocates is garbage soon; V8 would let up to 100 MB of it pile up.
  const resourceLimits = { maxYoungGenerationSizeMb: 12 };
  return createBackendHost(() => new Worker(worker, { workerData, resourceLimits, name: 'gicscope backend' }));
}
