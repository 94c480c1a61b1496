import { defineCommand } from '../command.ts';
import { checkCondition } from '../condition.ts';
import { type Context } from '../context.ts';
import {
  DEFAULT_EVENT_COLUMNS,
  EVENT_COLUMN_NAMES,
  type EventColumnName,
  eventCells,
  eventMembers,
  tableColumns,
} from '../event-columns.ts';
import { eventPages } from '../event-pages.ts';
import { EXIT } from '../failure.ts';
import { integer, JSON_LINES_FLAG, list, position, text, TRACE } from '../options.ts';
import { resolvePosition } from '../position.ts';
import { type EventRow } from '../../session/contract.ts';
import { Table } from '../table.ts';

export const eventsCommand = defineCommand({
  name: 'events',
  summary: 'list events',
  description:
    'Lists the events of a trace in order, all of them or those that a condition holds for. Output streams: it can ' +
    'be cut with head at any time, and memory stays small however long the trace is.',
  arguments: { trace: TRACE },
  options: {
    where: text('--where', 'COND', 'only events that the condition holds for'),
    from: position('--from', 'first position'),
    to: position('--to', 'last position'),
    limit: integer('--limit', 'N', 'at most this many', 1, Number.MAX_SAFE_INTEGER),
    columns: list(
      '--columns',
      'NAMES',
      `columns, separated by commas: ${EVENT_COLUMN_NAMES.join(',')}`,
      EVENT_COLUMN_NAMES,
    ),
    json: JSON_LINES_FLAG,
  },
  json: 'event',
  examples: [
    { command: 'gicscope events boot.gscope --limit 20', says: 'the first 20 events' },
    { command: 'gicscope events boot.gscope --from 2s --to 2.005s', says: 'five milliseconds' },
    {
      command: "gicscope events boot.gscope --where 'write ICC_PCR_EL1' --columns seq,vcpu,value --json | head",
      says: 'values that the guest wrote to the priority mask',
    },
  ],
  async run(context, { trace }, options) {
    return context.withTrace(trace, async (open) => {
      if (options.where !== undefined) await checkCondition(context, open, options.where);
      const pages = eventPages(open, {
        from: options.from === undefined ? 0 : await resolvePosition(open, options.from, 'from'),
        to: options.to === undefined ? open.info.events - 1 : await resolvePosition(open, options.to, 'to'),
        filter: options.where ?? '',
        reverse: false,
        limit: options.limit ?? Number.MAX_SAFE_INTEGER,
      });
      if (options.json) await writeJsonLines(context, pages, options.columns ?? EVENT_COLUMN_NAMES);
      else await writeEventTable(context, pages, options.columns ?? DEFAULT_EVENT_COLUMNS);
      return EXIT.done;
    });
  },
});

async function writeJsonLines(
  context: Context,
  pages: AsyncIterable<readonly EventRow[]>,
  columns: readonly EventColumnName[],
): Promise<void> {
  for await (const page of pages)
    await context.out.write(page.map((row) => `${JSON.stringify(eventMembers(row, columns))}\n`).join(''));
}

/** The table of `events` and `find`; its widths fit the first page. */
export async function writeEventTable(
  context: Context,
  pages: AsyncIterable<readonly EventRow[]>,
  columns: readonly EventColumnName[],
): Promise<void> {
  let table: Table | undefined;
  for await (const page of pages) {
    const rows = page.map((row) => eventCells(row, columns));
    if (table === undefined) {
      table = new Table(tableColumns(columns, context.style), rows);
      await context.out.write(table.heading(context.style.dim));
    }
    await context.out.write(table.rows(rows));
  }
  if (table === undefined) context.say('no events match');
}
