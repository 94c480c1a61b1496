/** A backend over the bundled scenarios, and recording one through the contract as every front end does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type Result, type TaskProgress } from '../../../core/session/contract.ts';
import { type SessionBackend } from '../../../core/session/session.ts';

export const BUNDLED = fileURLToPath(new URL('../../../traces/', import.meta.url));
const signal = new AbortController().signal;

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'gicscope-scenario-'));
  readonly backend: SessionBackend = createBackend({ version: 'test', samples: BUNDLED, imports: this.folder });

  async close(): Promise<void> {
    await this.backend.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The last report of a task that `method` starts, and its number. */
  async task<M extends 'record.start' | 'import.start'>(method: M, args: Args<M>): Promise<TaskProgress> {
    return new Promise((resolve, reject) => {
      const off = this.backend.on('task', (progress) => {
        if (progress.state === 'running') return;
        off();
        resolve(progress);
      });
      this.backend.handle(method, args, signal).catch(reject);
    });
  }

  /** Records and gives what came of it. @throws Error with the task's message when it failed */
  async record(scenario: string, more: Partial<Args<'record.start'>> = {}): Promise<Result<'record.result'>> {
    const progress = await this.task('record.start', {
      scenario,
      output: this.path('out.gscope'),
      overwrite: true,
      ...more,
    });
    if (progress.state !== 'done') throw new Error(progress.error?.message ?? progress.state);
    return this.backend.handle('record.result', { task: progress.task }, signal);
  }

  async check(path: string): Promise<Result<'scenario.check'>> {
    return this.backend.handle('scenario.check', { path }, signal);
  }
}
