import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { extname } from 'node:path';
import { CONTRACT } from '../../session/contract.ts';
import { isSameFile } from '../../session/same-file.ts';
import { bytesText, countOf } from '../../state/units.ts';
import { checkCondition } from '../condition.ts';
import { defineCommand } from '../command.ts';
import { type Context, type OpenTrace } from '../context.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { choice, OVERWRITE_FLAG, position, text, TRACE } from '../options.ts';
import { newFile } from '../output-file.ts';
import { Output } from '../output.ts';
import { type Position, resolvePosition } from '../position.ts';

const REPORTS = CONTRACT['report.export'].args.shape.format.options;
const LISTS = CONTRACT['export.text'].args.shape.format.options;
type ReportFormat = (typeof REPORTS)[number];
type ListFormat = (typeof LISTS)[number];
const FORMATS = [...REPORTS, ...LISTS] as const;
const isReport = (format: string): format is ReportFormat => REPORTS.some((name) => name === format);

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'reports, and events for other programs',
  description:
    'Writes a report (html, md) around the position --at: source, counts, lives and latency of each interrupt, the ' +
    'events around the position and the registers there. Or, of a recorded GICv3 or GICv2 scenario, what the debugfs ' +
    'file vgic-state of KVM would show there, in its layout, to be compared with that of a real host (vgic-state). Or ' +
    'writes the events of --from … --to that pass --where as a table (csv, tsv, jsonl), or state changes as waveforms ' +
    "(vcd, for GTKWave or Surfer). The format follows from the file's name when --format is not given.",
  arguments: { trace: TRACE },
  options: {
    format: choice('--format', 'F', FORMATS.join(', '), FORMATS),
    output: {
      ...text('--output', 'FILE', 'file to write, - for standard output', { short: '-o', completes: 'file' }),
      required: true,
    },
    at: position('--at', 'reports and vgic-state: the position (default: the end)'),
    from: position('--from', 'tables and waveforms: first position'),
    to: position('--to', 'tables and waveforms: last position'),
    where: text('--where', 'COND', 'tables: only events that the condition holds for'),
    overwrite: OVERWRITE_FLAG,
  },
  examples: [
    { command: "gicscope export boot.gscope --at '#1234' -o report.html", says: 'a report to attach to a bug' },
    {
      command: 'gicscope export boot.gscope --format md -o - | head -40',
      says: 'the same as Markdown, to the terminal',
    },
    {
      command: 'gicscope export boot.gscope --from 10% --to 20% -o part.csv',
      says: 'a tenth of the events as a table',
    },
    { command: 'gicscope export boot.gscope -o boot.vcd', says: 'all state changes as waveforms' },
    {
      command: "gicscope export storm.gscope --format vgic-state --at '#1234' -o - | diff - vgic-state",
      says: 'the state of KVM’s vGIC beside a dump of a real host',
    },
  ],
  async run(context, { trace }, options) {
    const format = options.format ?? formatOf(options.output);
    if (isReport(format)) refuse(options, ['from', 'to', 'where'], format);
    else refuse(options, format === 'vcd' ? ['at', 'where'] : ['at'], format);
    if (options.output !== '-' && isSameFile(context.path(options.output), context.path(trace)))
      throw new CliFailure('usage', `${options.output} is the trace itself: give another file with -o`);
    return context.withTrace(trace, async (open) => {
      const parts = isReport(format)
        ? reportText(open, format, options.at)
        : listText(context, open, format, options.from, options.to, options.where ?? '');
      await writeParts(context, options.output, options.overwrite, parts);
      return EXIT.done;
    });
  },
});

function formatOf(output: string): (typeof FORMATS)[number] {
  const extension = extname(output).slice(1).toLowerCase();
  const found = FORMATS.find((format) => format === extension);
  if (found !== undefined) return found;
  const why =
    output === '-' ? 'standard output has no name that tells the format' : `${output} does not tell the format`;
  throw new CliFailure('usage', `${why}: add --format with one of ${FORMATS.join(', ')}`);
}

/** An option that a format would ignore is a mistake worth saying. */
function refuse(options: Readonly<Record<string, unknown>>, names: readonly string[], format: string): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new CliFailure('usage', `--${given} does not apply to the format ${format}`);
}

interface Part {
  readonly text: string;
  readonly records: number;
}

async function* reportText(trace: OpenTrace, format: ReportFormat, at: Position | undefined): AsyncGenerator<Part> {
  const seq = at === undefined ? trace.info.events - 1 : await resolvePosition(trace, at, 'at');
  const { text: document } = await trace.call('report.export', { format, output: '', at: seq, overwrite: false });
  yield { text: document, records: 0 };
}

async function* listText(
  context: Context,
  trace: OpenTrace,
  format: ListFormat,
  fromPosition: Position | undefined,
  toPosition: Position | undefined,
  filter: string,
): AsyncGenerator<Part> {
  if (filter !== '') await checkCondition(context, trace, filter);
  const to = toPosition === undefined ? trace.info.events - 1 : await resolvePosition(trace, toPosition, 'to');
  let next: number | null = fromPosition === undefined ? 0 : await resolvePosition(trace, fromPosition, 'from');
  let header = true;
  while (next !== null) {
    const part: Part & { readonly next: number | null } = await trace.call('export.text', {
      format,
      from: next,
      to,
      filter,
      header,
    });
    header = false;
    yield part;
    next = part.next;
  }
}

/**
 * Writes to standard output, or to a file that has its name only when it is whole: what fails or is stopped leaves
 * nothing, and an old file as it was. A device or a pipe is written to as it is.
 */
async function writeParts(
  context: Context,
  given: string,
  overwrite: boolean,
  parts: AsyncIterable<Part>,
): Promise<void> {
  if (given === '-') {
    for await (const { text: part } of parts) await context.out.write(part);
    return;
  }
  const { path, isPlain } = newFile(context, given, overwrite);
  const iterator = parts[Symbol.asyncIterator]();
  // The first part is made before the file is: a wrong condition must not cost anything.
  let step = await iterator.next();
  const target = isPlain ? `${path}.partial` : path;
  const file = createWriteStream(target);
  const output = new Output(file, context.io.signal, path);
  let bytes = 0;
  let records = 0;
  try {
    for (; step.done !== true; step = await iterator.next()) {
      await output.write(step.value.text);
      bytes += Buffer.byteLength(step.value.text);
      records += step.value.records;
    }
    await new Promise<void>((resolve, reject) => {
      file.end((error?: Error | null) => (error === undefined || error === null ? resolve() : reject(error)));
    });
    if (isPlain) renameSync(target, path);
  } catch (error) {
    file.destroy();
    if (isPlain) rmSync(target, { force: true });
    // Nobody asked for a file of the other name.
    throw error instanceof Error && 'path' in error ? Object.assign(error, { path }) : error;
  }
  context.say(`${given}: ${records > 0 ? `${countOf(records, 'record')}, ` : ''}${bytesText(bytes)}`);
}
