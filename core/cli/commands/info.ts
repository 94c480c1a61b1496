import { type Result, type TraceInfo } from '../../session/contract.ts';
import { bytesText, countOf, countText, printable, secondsText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context, type OpenTrace } from '../context.ts';
import { EXIT } from '../failure.ts';
import { flag, JSON_FLAG, TRACE } from '../options.ts';
import { type Shape, SHAPES_VERSION } from '../shapes.ts';
import { type Style } from '../style.ts';
import { tableText } from '../table.ts';

type Info = Shape<'info'>;
/** What is counted of interrupts. */
export interface Counts {
  readonly taken: Result<'trace.interrupts'>;
  readonly raised: Result<'analysis.injections'>;
}
type SkippedLines = NonNullable<Info['skippedLines']>;

const SKIPPED_PAGE = 10_000;

export const infoCommand = defineCommand({
  name: 'info',
  summary: 'what a trace holds',
  description:
    'Prints the source of a trace, its GIC model, vCPUs, interrupts seen, events by kind and by source name, time ' +
    'span, size, and whether it is complete. Injected is how often the line of an interrupt rose, or the VM was told of ' +
    'it; while it stays high it counts once. For text sources every line is accounted for: read = as events + merged ' +
    '+ skipped. --skipped lists the lines that became no event. --verify reads the whole file and checks it against ' +
    'itself and its digests; exit code 1 says that something is wrong.',
  arguments: { trace: TRACE },
  options: {
    skipped: flag('--skipped', 'list skipped source lines'),
    verify: flag('--verify', 'check the whole file against itself'),
    json: JSON_FLAG,
  },
  json: 'info',
  examples: [
    { command: 'gicscope info boot.gscope', says: 'for people' },
    { command: 'gicscope info boot.gscope --json', says: 'for scripts' },
    { command: 'gicscope info boot.gscope --skipped', says: 'also the lines that could not be used, and why' },
    { command: 'gicscope info boot.gscope --verify', says: 'is the file as it was written?' },
  ],
  async run(context, { trace }, { skipped, verify, json }) {
    return context.withTrace(trace, async (open) => {
      const lines = skipped ? await skippedLines(open) : undefined;
      const integrity = verify ? await integrityOf(open) : undefined;
      const counts = {
        taken: await open.call('trace.interrupts', {}),
        raised: await open.call('analysis.injections', {}),
      };
      const info = {
        ...infoDocument(open.info, counts, lines),
        ...(integrity === undefined ? {} : { integrity }),
      };
      if (json) await context.out.json(info);
      else await writeText(context, open.info, info);
      return (integrity?.problem ?? null) === null ? EXIT.done : EXIT.found;
    });
  },
});

async function integrityOf(trace: OpenTrace): Promise<NonNullable<Info['integrity']>> {
  const { blocks, problem } = await trace.call('trace.verify', {});
  return { blocks, problem: problem === '' ? null : problem };
}

async function skippedLines(trace: OpenTrace): Promise<SkippedLines> {
  const all: SkippedLines = [];
  for (let from = 0; ;) {
    const { lines } = await trace.call('skipped.list', { from, limit: SKIPPED_PAGE });
    all.push(...lines);
    const last = lines.at(-1);
    if (last === undefined || lines.length < SKIPPED_PAGE) return all;
    from = last.line + 1;
  }
}

/** The document of `info --json`. Interrupts are summed over vCPUs, with each vCPU's share beside. */
export function infoDocument(info: TraceInfo, counts: Counts, skipped?: SkippedLines): Info {
  const { source, gic, profile, vcpus, events, durationNs, fileBytes, kinds, names, lines, complete } = info;
  return {
    schema: SHAPES_VERSION,
    source: { kind: source.kind, files: source.files, facts: source.facts },
    gic,
    profile,
    vcpus,
    events,
    durationNs,
    bytes: fileBytes,
    kinds,
    names,
    lines,
    interrupts: interrupts(counts),
    complete,
    ...(skipped === undefined ? {} : { skippedLines: skipped }),
  };
}

function interrupts({ taken, raised }: Counts): Info['interrupts'] {
  const injected = new Map(raised.interrupts.map(({ intid, count }) => [intid, count]));
  const byIntid = new Map<number, Info['interrupts'][number]>();
  for (const { intid, label, name, vcpu, acknowledged, deactivated } of taken.interrupts) {
    const sum = byIntid.get(intid) ?? {
      intid: label,
      name,
      injected: injected.get(intid) ?? 0,
      acknowledged: 0,
      deactivated: 0,
      byVcpu: [],
    };
    byIntid.set(intid, sum);
    sum.acknowledged += acknowledged;
    sum.deactivated += deactivated;
    sum.byVcpu.push({ vcpu, acknowledged, deactivated });
  }
  return [...byIntid.values()];
}

async function writeText(context: Context, { fileName }: TraceInfo, info: Info): Promise<void> {
  const { style } = context;
  const facts = Object.entries(info.source.facts).map(([key, value]): [string, string] => [key, value]);
  const pairs: (readonly [string, string])[] = [
    ['source', [info.source.kind, info.source.files.join(', ')].filter((part) => part !== '').join(': ')],
    ...facts,
    ['GIC', info.gic === 'unknown' ? 'unknown' : `GIC${info.gic}`],
    ['profile', info.profile ?? 'none: recorded outside gicscope'],
    ['vCPUs', info.vcpus === 0 ? '0: no event names one' : countText(info.vcpus)],
    ['events', countText(info.events)],
    ['time span', `${secondsText(info.durationNs)} s`],
    ['size', bytesText(info.bytes)],
    ...(info.lines === null ? [] : lineAccounts(info.lines)),
    ['complete', info.complete ? 'yes' : ending(info.events)],
    ...(info.integrity === undefined ? [] : [['integrity', integrityText(info.integrity)] as const]),
  ];
  await context.out.write(`${style.bold(printable(fileName))}\n${pairText(pairs, style)}`);
  await context.out.write(section('Interrupts', interruptTable(info, style), style));
  await context.out.write(section('Events by kind', countTable(info.kinds, style), style));
  await context.out.write(section('Source lines by event name', countTable(info.names, style), style));
  const skipped = (info.skippedLines ?? []).map(({ line, reason, text }) => [countText(line), reason, text]);
  const columns = [{ title: 'line', align: 'right' } as const, { title: 'reason' }, { title: 'text' }];
  await context.out.write(
    section('Skipped lines', skipped.length === 0 ? '' : tableText(columns, skipped, style.dim), style),
  );
}

function integrityText({ blocks, problem }: NonNullable<Info['integrity']>): string {
  return problem ?? `nothing wrong in ${countOf(blocks, 'block')}`;
}

function ending(events: number): string {
  const where = events === 0 ? 'before the first event' : `after #${events - 1}`;
  return `no: it ends ${where}; writing was stopped, or still goes on`;
}

function lineAccounts(lines: NonNullable<Info['lines']>): (readonly [string, string])[] {
  const parts = [
    `${countText(lines.asEvents)} as events`,
    `${countText(lines.merged)} merged`,
    `${countText(lines.skipped)} skipped`,
  ];
  return [
    ['source lines', `${countText(lines.read)} read = ${parts.join(' + ')}`],
    ...Object.entries(lines.reasons).map(([reason, count]) => ['', `${countText(count)} skipped: ${reason}`] as const),
  ];
}

function pairText(pairs: readonly (readonly [string, string])[], { dim }: Style): string {
  const line = (value: string): string => printable(value.replaceAll(/\s+/g, ' '));
  const width = Math.max(...pairs.map(([label]) => printable(label).length));
  return pairs.map(([label, value]) => `  ${dim(printable(label).padEnd(width))}  ${line(value)}\n`).join('');
}

function section(title: string, body: string, { bold }: Style): string {
  return body === '' ? '' : `\n${bold(title)}\n${body.replace(/^/gm, '  ').trimEnd()}\n`;
}

/** What of an interrupt is counted, in the order of its life. */
const COUNTED = ['injected', 'acknowledged', 'deactivated'] as const;

/** A count that no interrupt has is left out: a KVM host sees no acknowledge, so 0 would say what nobody knows. */
function interruptTable({ interrupts: rows }: Info, { dim }: Style): string {
  if (rows.length === 0) return '';
  const seen = COUNTED.filter((count) => rows.some((row) => row[count] > 0));
  return tableText(
    [{ title: 'interrupt' }, { title: 'source' }, ...seen.map((title) => ({ title, align: 'right' }) as const)],
    rows.map((row) => [row.intid, row.name, ...seen.map((count) => countText(row[count]))]),
    dim,
  );
}

function countTable(counts: Readonly<Record<string, number>>, { dim }: Style): string {
  const rows = Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  if (rows.length === 0) return '';
  return tableText(
    [{ title: 'name' }, { title: 'count', align: 'right' }],
    rows.map(([name, count]) => [name, countText(count)]),
    dim,
  );
}
