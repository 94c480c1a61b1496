/**
 * The report as Markdown (CommonMark with GFM tables), for issue trackers and mail. Text from the trace is escaped so
 * that it stays text: no markup, no links, no mentions, one line.
 */
import { printable } from '../../state/units.ts';
import { type ReportData } from './data.ts';
import { type ReportColumn, type ReportTable, sections } from './tables.ts';
import { type Fact, keyFacts, machineText, reproduce, sourceFacts, summary, title } from './words.ts';

/**
 * Text that reads as itself. Underscores within words stay (`ICC_PCR_EL1` cannot become emphasis); `://`, `www.` and
 * `@` are broken, because GFM makes links and mentions of them; `#1` is broken, because trackers link it to an issue.
 */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*[\]<>&|~!$]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replace(/:(?=\/\/)|@|(?<=www)\.|#(?=\d)/gi, '\\$&')
    .replace(/^(\s*)([-+=#]|\d+(?=[.)](\s|$)))/, (_, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
    );
}

/** Text as code. A backtick within needs a longer fence; a bar would end the cell of a table. */
export function codeSpan(text: string): string {
  const clean = printable(text).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return clean.trim() === '' ? '' : `${fence}${pad}${clean}${pad}${fence}`;
}

export function markdownReport(report: ReportData): string {
  const again = reproduce(report);
  const parts = [
    `# ${escapeMarkdown(title(report))}`,
    `${escapeMarkdown(summary(report))}`,
    keyFacts(report).map(factLine).join('\n'),
    `## Source\n\n${[{ label: 'Machine', value: machineText(report.trace) }, ...sourceFacts(report)].map(factLine).join('\n')}`,
    ...sections(report).map(({ title: name, hint, tables, note }) => {
      const heading = `## ${name}${hint === '' ? '' : `: ${escapeMarkdown(hint)}`}`;
      return [heading, ...tables.map(tableText), ...(note === '' ? [] : [escapeMarkdown(note)])].join('\n\n');
    }),
    ...(again === undefined
      ? []
      : [`## How to come back here\n\n${escapeMarkdown(again.window)}\n\n    ${printable(again.command)}`]),
    `Exported ${report.exportedAt} by ${escapeMarkdown(report.generator)}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

const factLine = ({ label, value }: Fact): string => `- **${escapeMarkdown(label)}**: ${escapeMarkdown(value)}`;

function tableText({ columns, rows, here }: ReportTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title: name }) => name)),
    line(columns.map(({ right }) => (right === true ? '---:' : '---'))),
    ...rows.map((cells, row) =>
      line(cells.map((cell, index) => cellText(cell, columns[index], row === here && index === 0))),
    ),
  ].join('\n');
}

function cellText(cell: string, column: ReportColumn | undefined, here: boolean): string {
  const text = column?.code === true ? codeSpan(cell) : escapeMarkdown(cell);
  return here ? `**→ ${text}**` : text;
}
