import { type Result } from '../../session/contract.ts';
import { secondsText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context, type OpenTrace } from '../context.ts';
import { EXIT } from '../failure.ts';
import { writeListDocument } from '../json-stream.ts';
import { integer, JSON_FLAG, position, TRACE } from '../options.ts';
import { type Position, resolvePosition } from '../position.ts';
import { type Shape } from '../shapes.ts';
import { Table } from '../table.ts';

const PAGE = 1000;
type Change = Result<'history.changes'>['changes'][number];

export const historyCommand = defineCommand({
  name: 'history',
  summary: 'every change of a slot, field or interrupt',
  description:
    'Lists every change of a slot, of one field of a register, or of anything about an interrupt, with the event that ' +
    'made it.',
  arguments: {
    trace: TRACE,
    path: {
      name: 'PATH',
      description: 'slot or field as state prints it, vcpu1.ICC_PCR_EL1.PRIORITY; interrupt, vcpu1.ppi27 or ppi27',
      arity: 'one',
      completes: 'nothing',
    },
  },
  options: {
    from: position('--from', 'first position'),
    limit: integer('--limit', 'N', 'at most this many changes', 1, Number.MAX_SAFE_INTEGER),
    json: JSON_FLAG,
  },
  json: 'history',
  examples: [
    { command: 'gicscope history boot.gscope vcpu1.ICC_PCR_EL1', says: 'who changed the priority mask, and when' },
    { command: 'gicscope history boot.gscope vcpu0.irq.ppi27.active --limit 10 --json', says: 'ten changes as JSON' },
  ],
  async run(context, { trace, path }, options) {
    return context.withTrace(trace, async (open) => {
      const from = options.from === undefined ? 0 : await resolvePosition(open, options.from, 'from');
      const pages = changes(open, path, from, options.limit ?? Number.MAX_SAFE_INTEGER);
      if (options.json) await writeListDocument(context.out, { path }, 'changes', documents(pages));
      else await writeTable(context, path, pages, options.from);
      return EXIT.done;
    });
  },
});

async function* changes(trace: OpenTrace, path: string, from: number, limit: number): AsyncGenerator<Change[]> {
  let next = from;
  let left = limit;
  while (left > 0) {
    const page = await trace.call('history.changes', { path, from: next, limit: Math.min(PAGE, left) });
    const last = page.changes.at(-1);
    if (last === undefined) return;
    yield page.changes;
    if (!page.truncated) return;
    left -= page.changes.length;
    next = last.seq + 1;
  }
}

async function* documents(pages: AsyncIterable<readonly Change[]>): AsyncGenerator<Shape<'history'>['changes']> {
  for await (const page of pages)
    yield page.map(({ seq, time, vcpu, event, before, after }) => ({ seq, timeNs: time, vcpu, event, before, after }));
}

async function writeTable(
  context: Context,
  path: string,
  pages: AsyncIterable<readonly Change[]>,
  from: Position | undefined,
): Promise<void> {
  const { dim, bold } = context.style;
  let table: Table | undefined;
  for await (const page of pages) {
    const rows = page.map((change) => [
      `#${change.seq}`,
      secondsText(change.time),
      change.vcpu === null ? '–' : String(change.vcpu),
      change.before ?? 'unknown',
      change.after ?? 'unknown',
      change.event,
    ]);
    if (table === undefined) {
      const right = { align: 'right' } as const;
      table = new Table(
        [
          { title: 'event', style: dim, ...right },
          { title: 'time s', style: dim, ...right },
          { title: 'vCPU', ...right },
          { title: 'before', ...right },
          { title: 'after', style: bold, ...right },
          { title: 'by' },
        ],
        rows,
      );
      await context.out.write(table.heading(dim));
    }
    await context.out.write(table.rows(rows));
  }
  if (table === undefined)
    context.say(`${path} ${from === undefined ? 'never changes' : `does not change from ${from.text} on`}`);
}
