/** `history.*`: how a value came about, and who touches it. */
import { eachInTurn } from '../debug/search/pace.ts';
import { type Seq } from '../state/brand.ts';
import { changeCondition } from './change-condition.ts';
import { type Result } from './contract.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { type OpenTrace } from './open-trace.ts';
import { eventRow, hex } from './rows.ts';
import { rangeOf } from './slots.ts';
import { valueLine } from './value-line.ts';
import { accessConditions, findPlace } from './value-places.ts';

type Change = Result<'history.changes'>['changes'][number];
type Touches = Result<'history.touches'>['last'];

export function historyHandlers({
  traces,
}: SessionContext): Group<'history.changes' | 'history.touches' | 'history.values'> {
  return {
    'history.changes': async ({ id, path, from, limit, direction = 'forward' }, signal) => {
      const trace = traces.get(id);
      const condition = changeCondition(trace, path);
      const { seqs, truncated } = await trace.search.hits(condition, trace.checked(from), limit, direction, signal);
      const range = findPlace(trace, path);
      const changes: Change[] = [];
      await eachInTurn(seqs, traces.rest(id, signal), (at) => changes.push(...changesAt(trace, range, at)));
      return { changes, truncated };
    },

    'history.values': ({ id, ...question }, signal) =>
      valueLine(traces.get(id), question, signal, traces.rest(id, signal)),

    'history.touches': async ({ id, path, seq }, signal) => {
      const trace = traces.get(id);
      const at = trace.checked(seq);
      const accesses = accessConditions(trace, path);
      const conditions = { change: changeCondition(trace, path), write: accesses?.write, read: accesses?.read };
      const nearest = async (condition: string | undefined, isLast: boolean): Promise<Touches['change']> => {
        if (condition === undefined) return null;
        // The event at the cursor has happened: it is the last one, if it is one.
        const [from, direction] = isLast ? ([at + 1, 'backward'] as const) : ([at, 'forward'] as const);
        const found = await trace.search.find(condition, from, direction, 'level', signal);
        return found === undefined ? null : { seq: found, time: trace.reader.timeOf(found) };
      };
      const touches = async (isLast: boolean): Promise<Touches> => ({
        change: await nearest(conditions.change, isLast),
        write: await nearest(conditions.write, isLast),
        read: await nearest(conditions.read, isLast),
      });
      return { condition: conditions.change, last: await touches(true), next: await touches(false) };
    },
  };
}

/** What an event did to a path; an interrupt's lane shows the field that changed through its slot. */
function changesAt(trace: OpenTrace, range: ReturnType<typeof findPlace>, at: Seq): Change[] {
  const { reader } = trace;
  const row = eventRow(reader.event(at));
  const event = [row.name, row.operand, row.arrow, row.detail].filter((part) => part !== '').join(' ');
  if (range === undefined) return [{ seq: at, time: row.time, vcpu: row.vcpu, event, before: null, after: null }];
  return reader
    .changesOf(at)
    .filter(({ slot }) => slot === range.slot)
    .map(({ before, after }) => {
      const [old, now] = [rangeOf(before, range), rangeOf(after, range)];
      return {
        seq: at,
        time: row.time,
        vcpu: row.vcpu,
        event,
        before: old === undefined ? null : hex(old),
        after: now === undefined ? null : hex(now),
      };
    })
    .filter(({ before, after }) => before !== after);
}
