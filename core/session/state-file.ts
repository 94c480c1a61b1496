/**
 * What the backend remembers between runs: the traces opened lately. One small JSON file, replaced atomically;
 * a damaged file is put aside, not lost and not fatal.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const LIMIT = 50;

const recentSchema = z.object({
  path: z.string(),
  /** Milliseconds since 1970. */
  openedAt: z.number(),
  bytes: z.number(),
  gic: z.string(),
  source: z.string(),
  events: z.number(),
  durationNs: z.number(),
  vcpus: z.number(),
  preview: z.object({ rows: z.number(), columns: z.number(), base64: z.string().max(100_000) }).nullable(),
});
const fileSchema = z.object({ version: z.literal(1), recent: z.array(recentSchema).max(LIMIT) });

export type RecentTrace = z.infer<typeof recentSchema>;

export class StateFile {
  readonly #path: string | undefined;
  #recent: RecentTrace[] = [];

  /** `path` undefined: nothing is remembered (command line, tests). */
  constructor(path: string | undefined) {
    this.#path = path;
    if (path === undefined) return;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      // No file yet: nothing was opened before.
      return;
    }
    const parsed = parse(text);
    if (parsed === undefined) renameSync(path, `${path}.damaged`);
    else this.#recent = parsed;
  }

  /** Latest first. */
  get recent(): readonly RecentTrace[] {
    return this.#recent;
  }

  remember(trace: RecentTrace): void {
    this.#recent = [trace, ...this.#recent.filter((other) => other.path !== trace.path)].slice(0, LIMIT);
    this.#save();
  }

  /** What a trace that is remembered has become; its place among the others stays. */
  correct(trace: Omit<RecentTrace, 'openedAt'>): void {
    this.#recent = this.#recent.map((old) => (old.path === trace.path ? { ...old, ...trace } : old));
    this.#save();
  }

  forget(path: string): void {
    this.#recent = this.#recent.filter((other) => other.path !== path);
    this.#save();
  }

  #save(): void {
    if (this.#path === undefined) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.new`;
    writeFileSync(temporary, JSON.stringify({ version: 1, recent: this.#recent }));
    renameSync(temporary, this.#path);
  }
}

function parse(text: string): RecentTrace[] | undefined {
  try {
    return fileSchema.parse(JSON.parse(text)).recent;
  } catch {
    return undefined;
  }
}
