/** `events.*`, `skipped.list`, `lives.list`: what happened. */
import { type Intid } from '../gic/intid.ts';
import { seq as position } from '../state/brand.ts';
import { eventDetail, lifeView } from './event-detail.ts';
import { SessionError } from './failure.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { eventRow } from './rows.ts';

type Methods = 'events.rows' | 'events.rank' | 'events.atRank' | 'events.detail' | 'skipped.list' | 'lives.list';

export function eventHandlers({ traces }: SessionContext): Group<Methods> {
  return {
    'events.rows': async ({ id, from, count, direction, filter }, signal) => {
      const trace = traces.get(id);
      const { reader } = trace;
      if (filter === '') {
        const first = direction === 'forward' ? Math.max(from, 0) : Math.max(from - count + 1, 0);
        const end = direction === 'forward' ? first + count : from + 1;
        return { rows: first >= end ? [] : reader.eventList(position(first), end - first).map(eventRow) };
      }
      const seqs = await trace.search.matches(filter, from, count, direction, signal);
      return { rows: seqs.map((at) => eventRow(reader.event(at))) };
    },

    'events.rank': async ({ id, filter, seq }, signal) => {
      const trace = traces.get(id);
      if (filter === '') return { total: trace.reader.count, rank: Math.max(0, seq) };
      const { count, before } = await trace.search.count(filter, 0, seq, signal);
      return { total: count, rank: before };
    },

    'events.atRank': async ({ id, filter, rank }, signal) => {
      const trace = traces.get(id);
      if (filter === '') return { seq: rank < trace.reader.count ? rank : null };
      return { seq: (await trace.search.atRank(filter, rank, signal)) ?? null };
    },

    'events.detail': ({ id, seq }, signal) => {
      const trace = traces.get(id);
      const at = trace.checked(seq);
      if (at < 0) throw new SessionError({ code: 'usage', message: 'there is no event before #0' });
      return eventDetail(trace, at, signal);
    },

    'skipped.list': ({ id, from, limit }) => {
      const { reader } = traces.get(id);
      return { total: reader.info().skipped, lines: reader.skippedLines(from, limit) };
    },

    'lives.list': ({ id, intid, vcpu, from, limit }) => {
      const { reader } = traces.get(id);
      const found = reader.lives.list({
        ...(intid === null ? {} : { intid: intid as Intid }),
        ...(vcpu === null ? {} : { vcpu }),
        from: Math.max(0, from),
        limit: limit + 1,
      });
      return { lives: found.slice(0, limit).map(lifeView), truncated: found.length > limit };
    },
  };
}
