/**
 * Conditions over one open trace: compiled once, remembered by text, asked in the terms of the contract.
 */
import { check } from '../debug/condition/check.ts';
import { ConditionError, parse, print } from '../debug/condition/index.ts';
import { readerTrace } from '../debug/reader-trace.ts';
import {
  countHits,
  findAll,
  findNext,
  hitOfRank,
  Query,
  type Direction,
  type SearchableTrace,
  type SearchControl,
} from '../debug/search.ts';
import { seq as position, type Seq } from '../state/brand.ts';
import { LruCache } from '../trace/lru.ts';
import { type TraceReader } from '../trace/reader.ts';
import { type Result } from './contract.ts';
import { SessionError } from './failure.ts';

const QUERIES_KEPT = 64;
type Mode = 'level' | 'becomesTrue';

export class TraceSearch {
  readonly trace: SearchableTrace;
  readonly #queries = new LruCache<string, Query>(QUERIES_KEPT);

  constructor(reader: TraceReader) {
    this.trace = readerTrace(reader);
  }

  /** @throws SessionError `bad-input` that shows where a condition is wrong. */
  query(condition: string, mode: Mode): Query {
    const key = `${mode} ${condition}`;
    const known = this.#queries.get(key);
    if (known !== undefined) return known;
    try {
      return this.#queries.set(key, new Query(this.trace, condition, { mode }));
    } catch (error) {
      if (error instanceof ConditionError)
        throw new SessionError({ code: 'bad-input', message: pointed(condition, error) });
      throw error;
    }
  }

  async find(
    condition: string,
    from: number,
    direction: Direction,
    mode: Mode,
    signal: AbortSignal,
    report: Omit<SearchControl, 'signal'> = {},
  ): Promise<Seq | undefined> {
    const hit = await findNext(this.query(condition, mode), from, direction, { signal, ...report });
    return hit === undefined ? undefined : position(hit.seq);
  }

  async count(condition: string, buckets: number, at: number, signal: AbortSignal): Promise<Result<'nav.count'>> {
    const [counted] = await countHits([this.query(condition, 'level')], at, buckets, { signal });
    const { count = 0, before = 0, histogram = [] } = counted ?? {};
    return { count, before, histogram: Uint32Array.from(histogram) };
  }

  /** Up to `limit` hits at or after `from`, or at or before it; ascending either way. */
  async hits(condition: string, from: number, limit: number, direction: Direction, signal: AbortSignal) {
    const start = direction === 'forward' ? from - 1 : from + 1;
    const found = await findAll(this.query(condition, 'level'), start, direction, limit, { signal });
    const seqs = Array.from(found.seqs, position);
    return direction === 'forward'
      ? { ...found, seqs }
      : { ...found, seqs: seqs.reverse(), times: found.times.reverse() };
  }

  /** The same without saying whether there are more. */
  async matches(
    condition: string,
    from: number,
    count: number,
    direction: Direction,
    signal: AbortSignal,
  ): Promise<Seq[]> {
    return (await this.hits(condition, from, count, direction, signal)).seqs;
  }

  async atRank(condition: string, rank: number, signal: AbortSignal): Promise<Seq | undefined> {
    const hit = await hitOfRank(this.query(condition, 'level'), rank, { signal });
    return hit === undefined ? undefined : position(hit.seq);
  }

  check(condition: string): Result<'condition.check'> {
    const fine = { message: '', at: 0, length: 0, suggestions: [] };
    if (condition.trim() === '') return { ok: true, canonical: '', ...fine };
    try {
      const expr = parse(condition);
      const [finding] = check(expr, this.trace.names());
      const canonical = print(expr);
      if (finding === undefined) return { ok: true, canonical, ...fine };
      const { message, span, suggestions } = finding;
      return {
        ok: finding.severity === 'warning',
        canonical,
        message,
        at: span.offset,
        length: span.length,
        suggestions: [...suggestions],
      };
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      const { message, span, suggestions } = error;
      return {
        ok: false,
        canonical: '',
        message,
        at: span.offset,
        length: span.length,
        suggestions: [...suggestions],
      };
    }
  }
}

/** The message with the place marked below the condition, as people read it on a terminal. */
function pointed(condition: string, { message, span }: ConditionError): string {
  const line = condition.replace(/\s/g, ' ');
  return `${message}\n  ${line}\n  ${' '.repeat(span.offset)}${'^'.repeat(Math.max(1, span.length))}`;
}
