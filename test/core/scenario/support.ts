/** A backend over the bundled scenarios, and recording one through the contract as every front end does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type Result, type TaskProgress } from '../../../core/session/contract.ts';
import { type SessionBackend } from '../../../core/session/session.ts';
import { seq } from '../../../core/state/brand.ts';
import { type TraceEvent } from '../../../core/trace/kinds.ts';
import { TraceReader } from '../../../core/trace/reader.ts';

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

  /** The events of vCPUs with 64 interrupts of `device`; those beside vCPU 0 switch themselves off, or run `other` first. */
  async events({
    program,
    other,
    more = '',
    vcpus = 2,
    device = 'vgicv3',
  }: {
    program: string;
    other?: string;
    more?: string;
    vcpus?: number;
    device?: string;
  }): Promise<TraceEvent[]> {
    const path = this.path('guest.yaml');
    const lines = (text: string): string =>
      text
        .trim()
        .split('\n')
        .map((line) => `      ${line.trim()}`)
        .join('\n');
    writeFileSync(
      path,
      `
name: guest
about: A guest of a test.
host: { gic: v3, cpus: ${vcpus}, tasks: 0 }
vm: { vcpus: ${vcpus}, device: ${device}, interrupts: 64 }
guest:
  program: |
    start0:
${lines(program)}
      ldr x0, =PSCI_CPU_OFF
      hvc #0
    start:
${lines(other ?? '')}
      ldr x0, =PSCI_CPU_OFF
      hvc #0
${more}
`,
    );
    await this.record(path);
    const reader = new TraceReader(this.path('out.gscope'));
    const all = Array.from({ length: reader.count }, (_, n) => reader.event(seq(n)));
    reader.close();
    return all;
  }

  /** Position of the first event of the recording at which a condition holds. */
  async find(condition: string): Promise<number> {
    const { id } = await this.backend.handle('trace.open', { path: this.path('out.gscope') }, signal);
    const found = await this.backend.handle('nav.find', { id, from: -1, direction: 'forward', condition }, signal);
    await this.backend.handle('trace.close', { id }, signal);
    return found.seq ?? -1;
  }

  async check(path: string): Promise<Result<'scenario.check'>> {
    return this.backend.handle('scenario.check', { path }, signal);
  }
}
