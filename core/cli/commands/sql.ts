import { type Result } from '../../session/contract.ts';
import { csvLine } from '../../state/delimited.ts';
import { defineCommand } from '../command.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { flag, integer, JSON_FLAG, TRACE } from '../options.ts';
import { readAll } from '../stdin.ts';
import { tableText } from '../table.ts';

const DEFAULT_LIMIT = 1_000_000;
const LONGEST_STATEMENT = 100_000;

export const sqlCommand = defineCommand({
  name: 'sql',
  summary: 'read-only SQL over the readable views',
  description:
    'Runs one SELECT over the views of the trace file: events, register_access, interrupt_transition, ' +
    'interrupt_life, slots. The file cannot be changed. NULL is an empty field in CSV. Integers beyond 2^53 come as ' +
    'text.',
  arguments: {
    trace: TRACE,
    statement: {
      name: 'STATEMENT',
      description: 'one SQL statement, or - to read it from standard input',
      arity: 'one',
      completes: 'nothing',
    },
  },
  options: {
    csv: flag('--csv', 'print comma-separated values with a heading'),
    limit: { ...integer('--limit', 'N', 'at most this many rows', 1, 10_000_000), default: String(DEFAULT_LIMIT) },
    json: JSON_FLAG,
  },
  json: 'sql',
  examples: [
    {
      command:
        'gicscope sql boot.gscope "SELECT register, count(*) AS n FROM register_access GROUP BY 1 ORDER BY 2 DESC"',
      says: 'how often each register was accessed',
    },
    {
      command:
        'gicscope sql boot.gscope "SELECT time, vcpu, register, value FROM register_access WHERE register = \'ICC_PCR_EL1\'" --csv',
      says: 'every access to the priority mask, for a spreadsheet',
    },
  ],
  async run(context, { trace, statement }, { csv, limit, json }) {
    if (csv && json) throw new CliFailure('usage', '--csv and --json exclude each other');
    const sql = statement === '-' ? await readAll(context.io.stdin, LONGEST_STATEMENT, context.io.signal) : statement;
    return context.withTrace(trace, async (open) => {
      const result = await open.call('sql.query', { sql, limit });
      if (json) await context.out.json({ columns: result.columns, rows: result.rows, truncated: result.truncated });
      else if (csv) await context.out.write([result.columns, ...result.rows].map(csvLine).join(''));
      else await context.out.write(table(result, context.style.dim));
      if (result.truncated) context.say(cutAt(result.rows.length, limit));
      return EXIT.done;
    });
  },
});

function table({ columns, rows }: Result<'sql.query'>, dim: (text: string) => string): string {
  const numeric = columns.map((_, index) => rows.every((row) => typeof (row[index] ?? 0) === 'number'));
  return tableText(
    columns.map((title, index) => ({ title, align: numeric[index] === true ? 'right' : 'left' })),
    rows.map((row) => row.map((cell) => (cell === null ? 'NULL' : String(cell)))),
    dim,
  );
}

function cutAt(rows: number, limit: number): string {
  if (rows === limit) return `only the first ${limit} rows are shown; --limit asks for more`;
  return `only the first ${rows} rows are shown: the answer is too large. Select fewer columns, or a part of the rows`;
}
