/**
 * Entry of a thread that ends its process when the process that started it has gone: a query that nobody waits for any
 * more would run on, for hours if it joins large tables.
 */
import { workerData } from 'node:worker_threads';

const EVERY_MS = 1000;

// Whoever starts the thread gives it the number of that process (query-process-entry.ts). An orphan gets another parent.
const parent = workerData as number;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);
