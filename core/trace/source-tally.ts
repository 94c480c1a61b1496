/** What a source had besides events: skipped lines, and how often each of its event names occurred. */
import { NAME_LENGTH_LIMIT } from './dictionary.ts';
import { type SkippedLine } from './sink.ts';
import { type WriteStatement, type Writes } from './writes.ts';

const TEXT_LIMIT = 4096;
/** After so many skipped lines only number and reason are kept; the raw text has the line anyway. */
const TEXTS = 10_000;
const ROWS = 1_000_000;
/** Distinct names that are counted one by one. */
const NAMES = 10_000;
const OTHER_NAMES = '(other names)';

interface NameCount {
  count: number;
  /** What the file says. */
  saved: number;
}

export class SourceTally {
  readonly #skip: WriteStatement;
  readonly #name: WriteStatement;
  readonly #names = new Map<string, NameCount>();
  #skipped = 0;

  constructor(writes: Writes) {
    this.#skip = writes.prepare('REPLACE INTO skipped_line(line, reason, text) VALUES (?, ?, ?)');
    this.#name = writes.prepare('REPLACE INTO source_name(name, count) VALUES (?, ?)');
  }

  /** Lines skipped so far, also those beyond what is kept. */
  get skipped(): number {
    return this.#skipped;
  }

  skip({ line, reason, text }: SkippedLine): void {
    const n = this.#skipped++;
    if (n < ROWS) this.#skip.run(line, reason, n < TEXTS ? text.slice(0, TEXT_LIMIT) : null);
  }

  countName(name: string, lines: number): void {
    const known = this.#names.get(name) ?? this.#entry(name);
    known.count += lines;
  }

  save(): void {
    for (const [name, entry] of this.#names) {
      if (entry.saved === entry.count) continue;
      this.#name.run(name, entry.count);
      entry.saved = entry.count;
    }
  }

  #entry(name: string): NameCount {
    const key = this.#names.size < NAMES && name.length <= NAME_LENGTH_LIMIT ? name : OTHER_NAMES;
    let entry = this.#names.get(key);
    if (entry === undefined) this.#names.set(key, (entry = { count: 0, saved: 0 }));
    return entry;
  }
}
