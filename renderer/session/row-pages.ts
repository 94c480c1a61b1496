/**
 * Rows of the event list by index, for lists of any length. What is kept: the pages of PAGE rows used last; at most
 * MOST_ASKED questions on their way, the newest wish first. Without a filter the index is the position. With one, a
 * page starts at the position of its first match: one more than the last row of the page before, if that is here, else
 * asked for by rank.
 */
import { type EventRow } from '../../core/session/contract.ts';
import { Lru } from '../query/lru.ts';

export const PAGE = 64;
const MOST_PAGES = 128;
const MOST_ASKED = 3;

export interface RowQuestions {
  /** Matches from position `from` on, ascending. */
  rows(from: number, count: number, filter: string, signal: AbortSignal): Promise<readonly EventRow[]>;
  /** Position of a match by its rank, null beyond the last. */
  atRank(rank: number, filter: string, signal: AbortSignal): Promise<number | null>;
}

export interface RowPages {
  row(index: number): EventRow | undefined;
  /** Wants rows [first, last]; `changed` is called as they come. */
  need(first: number, last: number): void;
  /** Another filter or trace: everything is forgotten, answers on their way are dropped. */
  reset(filter: string): void;
  /** The list is longer: pages that were not full are asked for again. */
  grow(): void;
  readonly waiting: boolean;
}

export function createRowPages(ask: RowQuestions, changed: () => void, failed: (error: unknown) => void): RowPages {
  const pages = new Lru<number, readonly EventRow[]>(MOST_PAGES);
  const asked = new Set<number>();
  /** Pages that were not full. */
  const short = new Set<number>();
  let wanted: number[] = [];
  let filter = '';
  let controller = new AbortController();

  function pump(): void {
    while (asked.size < MOST_ASKED) {
      const page = wanted.find((one) => !asked.has(one) && pages.get(one) === undefined);
      if (page === undefined) return;
      asked.add(page);
      void fetch(page, controller);
    }
  }
  async function fetch(page: number, own: AbortController): Promise<void> {
    try {
      const from = await start(page, own.signal);
      const rows = from === null ? [] : await ask.rows(from, PAGE, filter, own.signal);
      if (own !== controller) return;
      pages.set(page, rows);
      if (rows.length < PAGE) short.add(page);
      changed();
    } catch (error) {
      if (own !== controller) return;
      // Asked again only when the list is moved: a failing backend is not asked in a loop.
      wanted = wanted.filter((one) => one !== page);
      failed(error);
    } finally {
      if (own === controller) {
        asked.delete(page);
        pump();
      }
    }
  }
  async function start(page: number, signal: AbortSignal): Promise<number | null> {
    if (filter === '') return page * PAGE;
    if (page === 0) return 0;
    const before = pages.get(page - 1);
    const last = before?.at(-1);
    if (last !== undefined && before?.length === PAGE) return last.seq + 1;
    return ask.atRank(page * PAGE, filter, signal);
  }

  return {
    row: (index) => (index < 0 ? undefined : pages.get(Math.floor(index / PAGE))?.[index % PAGE]),
    need(first, last) {
      const low = Math.floor(Math.max(0, first) / PAGE);
      const high = Math.floor(Math.max(0, last) / PAGE);
      wanted = Array.from({ length: high - low + 1 }, (_, index) => low + index);
      pump();
    },
    reset(next) {
      controller.abort();
      controller = new AbortController();
      asked.clear();
      pages.clear();
      short.clear();
      wanted = [];
      filter = next;
    },
    grow() {
      for (const page of short) pages.delete(page);
      short.clear();
    },
    get waiting() {
      return asked.size > 0;
    },
  };
}
