/** What a trace is: the facts of `gicscope info`, the start screen and reports. */
import type Database from 'better-sqlite3';
import { COUNTED } from './event-index.ts';
import { damaged } from './errors.ts';
import { guarded } from './file.ts';
import { interruptLabel } from './interrupts.ts';
import { LAST_INTID, LAST_VCPU } from './limits.ts';
import { integer, jsonObject, text, upTo } from './row-values.ts';
import { type GicModel, type LineCounts, type SourceInfo } from './sink.ts';

export interface InterruptCount {
  readonly intid: number;
  /** `PPI 27`. */
  readonly label: string;
  /** Events that name it. */
  readonly events: number;
  readonly acknowledged: number;
  readonly dropped: number;
  readonly deactivated: number;
  readonly injected: number;
  readonly pended: number;
}

export interface TraceInfo {
  /** Absent: the writer died before it said so. */
  readonly source?: SourceInfo;
  readonly gic: GicModel;
  readonly profile?: string;
  /** Configuration of an emulated session, JSON text. */
  readonly config?: string;
  /** The gicscope version that wrote the file. */
  readonly tool?: string;
  readonly formatVersion: number;
  readonly vcpus: number;
  readonly events: number;
  readonly durationNs: number;
  /** Events by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Source records by name, merged ones included. */
  readonly names: Readonly<Record<string, number>>;
  readonly lines?: LineCounts;
  readonly interrupts: readonly InterruptCount[];
  /** Source lines that became no event. */
  readonly skipped: number;
  /** Events whose time ran backwards and was raised to the one before. */
  readonly timesRaised: number;
  readonly lives: number;
  readonly complete: boolean;
  /** Digest of the state after the last event; 16 hex digits. Only of complete traces. */
  readonly stateDigest?: string;
  /** SHA-256 over the content of all blocks. Only of complete traces. */
  readonly contentDigest?: string;
}

const GIC_MODELS: readonly GicModel[] = ['v5', 'v3', 'v2', 'unknown'];
const SOURCE_KINDS: readonly SourceInfo['kind'][] = [
  'qemu-log',
  'qemu-simple',
  'ftrace',
  'trace.dat',
  'perf',
  'scenario',
];

export function readInfo(path: string, db: Database.Database): TraceInfo {
  return guarded(path, () => {
    const meta = new Map<string, unknown>();
    for (const row of db.prepare('SELECT key, value FROM meta').raw().iterate())
      meta.set(text(row, 0, 'meta'), Array.isArray(row) ? row[1] : undefined);
    const textOf = (key: string): string | undefined => {
      const value = meta.get(key);
      return typeof value === 'string' ? value : undefined;
    };
    const numberOf = (key: string): number => {
      const value = meta.get(key);
      return typeof value === 'number' ? value : 0;
    };
    const optional = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> => {
      const out: Partial<Record<K, V>> = {};
      if (value !== undefined) out[key] = value;
      return out;
    };
    const summaryText = textOf('summary');
    const summary = summaryText === undefined ? {} : jsonObject(summaryText, 'summary');
    const profile = summary['profile'];
    return {
      ...optional('source', sourceOf(textOf('source'))),
      gic: GIC_MODELS.find((model) => model === summary['gic']) ?? 'unknown',
      ...optional('profile', typeof profile === 'string' ? profile : undefined),
      ...optional('config', textOf('config')),
      ...optional('tool', textOf('tool')),
      formatVersion: Number(db.pragma('user_version', { simple: true })),
      vcpus: summary['vcpus'] === undefined ? vcpusSeen(db) : vcpusOf(summary['vcpus']),
      events: numberOf('events'),
      durationNs: numberOf('last_time'),
      kinds: counts(
        db,
        'SELECT k.name, sum(t.events) FROM event_type t JOIN kind k ON k.id = t.kind GROUP BY k.id HAVING sum(t.events) > 0',
      ),
      names: counts(db, 'SELECT name, count FROM source_name ORDER BY name'),
      ...optional('lines', linesOf(summary['lines'])),
      interrupts: interruptCounts(db),
      skipped: numberOf('skipped'),
      timesRaised: numberOf('times_raised'),
      lives: integer(db.prepare('SELECT count(*) FROM life').raw().get(), 0, 'lives'),
      complete: meta.get('complete') === 1,
      ...optional('stateDigest', textOf('state_digest')),
      ...optional('contentDigest', textOf('content_digest')),
    };
  });
}

function counts(db: Database.Database, sql: string): Record<string, number> {
  const out: Record<string, number> = {};
  for (const row of db.prepare(sql).raw().iterate()) out[text(row, 0, 'counts')] = integer(row, 1, 'counts');
  return out;
}

function vcpusOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LAST_VCPU + 1) return value;
  throw damaged('summary', `it says ${String(value)} vCPUs`);
}

/** Without a summary: one more than the highest vCPU that an event names. */
function vcpusSeen(db: Database.Database): number {
  const row: unknown = db.prepare("SELECT coalesce(max(subject), 0) FROM lane WHERE kind = 'density'").raw().get();
  return integer(row, 0, 'lanes');
}

function interruptCounts(db: Database.Database): InterruptCount[] {
  const sql = `SELECT intid, events, ${COUNTED.join(', ')} FROM interrupt_count ORDER BY intid`;
  return db
    .prepare(sql)
    .raw()
    .all()
    .map((row) => {
      const intid = upTo(LAST_INTID, row, 0, 'interrupt counts');
      const count = (column: number): number => integer(row, 1 + column, 'interrupt counts');
      return {
        intid,
        label: interruptLabel(intid),
        events: count(0),
        acknowledged: count(1),
        dropped: count(2),
        deactivated: count(3),
        injected: count(4),
        pended: count(5),
      };
    });
}

function sourceOf(json: string | undefined): SourceInfo | undefined {
  if (json === undefined) return undefined;
  const source = jsonObject(json, 'source');
  const kind = SOURCE_KINDS.find((known) => known === source['kind']);
  if (kind === undefined) return undefined;
  const files = Array.isArray(source['files']) ? source['files'].map(String) : [];
  const facts: Record<string, string> = {};
  for (const [key, value] of Object.entries(source['facts'] ?? {})) facts[key] = String(value);
  return { kind, files, facts };
}

function linesOf(value: unknown): LineCounts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = new Map<string, unknown>(Object.entries(value));
  const number = (key: string): number => {
    const n = entries.get(key);
    return Number.isSafeInteger(n) ? Number(n) : 0;
  };
  const reasons: Record<string, number> = {};
  for (const [reason, n] of Object.entries(entries.get('reasons') ?? {}))
    if (Number.isSafeInteger(n)) reasons[reason] = Number(n);
  return {
    read: number('read'),
    asEvents: number('asEvents'),
    merged: number('merged'),
    skipped: number('skipped'),
    reasons,
  };
}
