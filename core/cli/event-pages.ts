/**
 * Events of a trace in pages: memory holds one page, however many match.
 */
import { type EventRow } from '../session/contract.ts';
import { type OpenTrace } from './context.ts';

const PAGE = 1000;

export interface EventQuery {
  /** First and last position that may be given. */
  readonly from: number;
  readonly to: number;
  /** Condition, or empty for all. */
  readonly filter: string;
  readonly reverse: boolean;
  readonly limit: number;
}

/** Non-empty pages in the order of the query. */
export async function* eventPages(trace: OpenTrace, query: EventQuery): AsyncGenerator<EventRow[]> {
  const { filter, reverse } = query;
  let left = query.limit;
  let { from, to } = query;
  while (left > 0 && from <= to) {
    const count = Math.min(PAGE, left);
    const { rows } = reverse
      ? await trace.call('events.rows', { from: to, count, direction: 'backward', filter })
      : await trace.call('events.rows', { from, count, direction: 'forward', filter });
    const wanted = rows.filter(({ seq }) => seq >= from && seq <= to);
    const edge = reverse ? wanted[0] : wanted.at(-1);
    if (edge === undefined) return;
    if (reverse) to = edge.seq - 1;
    else from = edge.seq + 1;
    left -= wanted.length;
    yield reverse ? wanted.reverse() : wanted;
    // Fewer than asked for: the trace, or the wanted part of it, ended within this page.
    if (wanted.length < count) return;
  }
}
