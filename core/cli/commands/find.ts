import { checkCondition } from '../condition.ts';
import { defineCommand } from '../command.ts';
import { type Context, type OpenTrace } from '../context.ts';
import { DEFAULT_EVENT_COLUMNS } from '../event-columns.ts';
import { type EventQuery, eventPages } from '../event-pages.ts';
import { EXIT } from '../failure.ts';
import { writeListDocument } from '../json-stream.ts';
import { flag, integer, JSON_FLAG, position, TRACE } from '../options.ts';
import { resolvePosition } from '../position.ts';
import { type Shape } from '../shapes.ts';
import { writeEventTable } from './events.ts';

export const findCommand = defineCommand({
  name: 'find',
  summary: 'find where a condition holds: breakpoints after the fact',
  description:
    'Finds the first position at or after --from where the condition holds, or with --reverse the last one at or ' +
    'before it. Without --from it starts at the beginning, with --reverse at the end. With --json, count is the ' +
    'number of all hits in that direction, whether they are listed or not.',
  arguments: {
    trace: TRACE,
    condition: { name: 'COND', description: 'condition', arity: 'one', completes: 'nothing' },
  },
  options: {
    from: position('--from', 'where to start'),
    reverse: flag('--reverse', 'search backwards'),
    all: flag('--all', 'every hit, not only the first'),
    count: flag('--count', 'only the number of hits'),
    limit: integer('--limit', 'N', 'with --all: at most this many', 1, Number.MAX_SAFE_INTEGER),
    json: JSON_FLAG,
  },
  json: 'find',
  examples: [
    { command: "gicscope find boot.gscope 'ppi(27).active rises on vcpu 1' --count", says: 'how often it was taken' },
    {
      command: "gicscope find boot.gscope 'ppi(27).pending rises' --reverse --from 2.5s",
      says: 'the last time before 2.5 s that the timer interrupt became pending',
    },
    { command: "gicscope find boot.gscope 'write ICC_PCR_EL1' --all --limit 50", says: 'the first 50 writes' },
  ],
  async run(context, { trace, condition }, options) {
    return context.withTrace(trace, async (open) => {
      await checkCondition(context, open, condition);
      const { reverse } = options;
      const last = open.info.events - 1;
      const start =
        options.from === undefined
          ? reverse
            ? last
            : 0
          : await resolvePosition(open, options.from, reverse ? 'to' : 'from');
      const query: EventQuery = {
        from: reverse ? 0 : start,
        to: reverse ? start : last,
        filter: condition,
        reverse,
        limit: options.all ? (options.limit ?? Number.MAX_SAFE_INTEGER) : 1,
      };
      if (options.json) await writeJson(context, open, query);
      else if (options.count) await context.out.line(String(await countHits(open, query)));
      else await writeEventTable(context, eventPages(open, query), DEFAULT_EVENT_COLUMNS);
      return EXIT.done;
    });
  },
});

async function countHits(trace: OpenTrace, { from, to, filter }: EventQuery): Promise<number> {
  const before = async (at: number): Promise<number> =>
    (await trace.call('nav.count', { condition: filter, buckets: 0, at })).before;
  return from > to ? 0 : (await before(to + 1)) - (await before(from));
}

async function writeJson(context: Context, trace: OpenTrace, query: EventQuery): Promise<void> {
  const count = await countHits(trace, query);
  await writeListDocument(context.out, { count }, 'hits', hits(trace, query));
}

async function* hits(trace: OpenTrace, query: EventQuery): AsyncGenerator<Shape<'find'>['hits']> {
  for await (const page of eventPages(trace, query))
    yield page.map(({ seq, time, vcpu }) => ({ seq, timeNs: time, vcpu }));
}
