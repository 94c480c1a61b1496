/**
 * The report as one HTML file: no script, nothing fetched, both colour schemes, made to be printed.
 * All text passes safe-html.ts.
 */
import { durationText } from '../../state/units.ts';
import { STATE_LINE_KNOWN } from '../../trace/interrupts.ts';
import { type ReportData } from './data.ts';
import { figureSvg } from './figure.ts';
import { markup, SafeHtml } from './safe-html.ts';
import { REPORT_STYLE } from './style.ts';
import { type ReportSection, type ReportTable, sections } from './tables.ts';
import { cut, type Fact, keyFacts, machineText, reproduce, sourceFacts, summary, title } from './words.ts';

export function htmlReport(report: ReportData): string {
  const all = sections(report);
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title(report)} · gicscope report</title>
<style>${new SafeHtml(REPORT_STYLE)}</style></head>
<body><div class="wrap">
${contents(report, all)}
<main><header>${LOGO}<b>gicscope</b><span>interrupt trace report</span><span class="end">${machineText(report.trace)}</span></header>
<h1 id="summary">${title(report)}</h1>
<p class="lead">${summary(report)}</p>
<dl class="facts">${keyFacts(report).map(keyFact)}</dl>
${figureSection(report)}
<section><h2 id="source">Source</h2>${factTable(sourceFacts(report))}</section>
${all.map(sectionHtml)}${againSection(report)}
<p class="note">Exported ${report.exportedAt} by ${report.generator}.</p>
</main></div></body></html>
`;
  return page.toString();
}

const LOGO = markup`<svg width="16" height="16" viewBox="0 0 18 18" aria-hidden="true">
<rect x=".5" y=".5" width="17" height="17" rx="4.5" fill="var(--accent-fill)"/>
<path d="M3 12.5h2.5V6h3v6.5H11V8.5h4" fill="none" stroke="#fff" stroke-width="1.5" stroke-linejoin="round"/>
<path d="M11 4v10.5" stroke="#ffd27a" stroke-width="1.2"/></svg>`;

function contents(report: ReportData, all: readonly ReportSection[]): SafeHtml {
  const entries: readonly (readonly [string, string])[] = [
    ['summary', 'Summary'],
    ...(hasFigure(report) ? [['figure', 'What was observed'] as const] : []),
    ['source', 'Source'],
    ...all.map(({ id, title: name }) => [id, name] as const),
    ...(report.cursor === undefined ? [] : [['again', 'How to come back here'] as const]),
  ];
  return markup`<nav><h2>Contents</h2>${entries.map(([id, name]) => markup`<a href="#${id}">${name}</a>`)}
<dl><dt>Trace</dt><dd>${cut(report.trace.fileName)}</dd><dt>Exported</dt><dd>${report.exportedAt}</dd>
<dt>By</dt><dd>${report.generator}</dd></dl></nav>`;
}

function keyFact({ label, value }: Fact): SafeHtml {
  const mark = label === 'Longest wait' ? markup` class="bad"` : '';
  return markup`<div><dt>${label}</dt><dd${mark}>${value}</dd></div>`;
}

const hasFigure = ({ figure, cursor }: ReportData): boolean => figure !== undefined && cursor !== undefined;

function figureSection({ figure, cursor }: ReportData): SafeHtml | '' {
  if (figure === undefined || cursor === undefined) return '';
  const hasLines = figure.lanes.some(({ segments }) => segments.some(({ code }) => (code & STATE_LINE_KNOWN) !== 0));
  const lines = hasLines ? ' A step line is an input line: nothing else is known of such an interrupt.' : '';
  const truncated = figure.truncated ? ' Further lanes or bars are left out.' : '';
  return markup`<section><h2 id="figure">What was observed</h2><figure>${figureSvg(figure, cursor)}
<figcaption><b>Figure 1.</b> ${durationText(figure.to - figure.from)} around the position. Interrupts: half height is
pending, full height active, hatched masked. vCPUs: full height runs the guest, a blue edge is in an interrupt handler,
hatched waits. Dots are unknown.${lines}${truncated}</figcaption></figure></section>`;
}

function factTable(facts: readonly Fact[]): SafeHtml {
  const rows = facts.map(({ label, value }) => markup`<tr><td class="nb">${label}</td><td>${value}</td></tr>\n`);
  return markup`<table><tbody>${rows}</tbody></table>`;
}

function sectionHtml({ id, title: name, hint, tables, note }: ReportSection): SafeHtml {
  const below = note === '' ? '' : markup`<p class="note">${note}</p>`;
  return markup`<section><h2 id="${id}">${name}<span>${hint}</span></h2>${tables.map(tableHtml)}${below}</section>\n`;
}

function tableHtml({ columns, rows, here }: ReportTable): SafeHtml {
  const classes = columns.map(({ right, mono, narrow }) => {
    const names = [...(right ? ['r', 'nb'] : []), ...(mono ? ['m'] : []), ...(narrow ? ['w'] : [])];
    return names.length === 0 ? '' : markup` class="${names.join(' ')}"`;
  });
  const classOf = (index: number): SafeHtml | '' => classes[index] ?? '';
  const head = columns.map(({ title: name }, index) => markup`<th${classOf(index)}>${name}</th>`);
  const body = rows.map((cells, row) => {
    const mark = row === here ? markup` class="here"` : '';
    return markup`<tr${mark}>${cells.map((cell, index) => markup`<td${classOf(index)}>${cell}</td>`)}</tr>\n`;
  });
  return markup`<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

function againSection(report: ReportData): SafeHtml | '' {
  const again = reproduce(report);
  if (again === undefined) return '';
  return markup`<section><h2 id="again">How to come back here</h2><p class="lead">${again.window}</p>
<pre class="m">${again.command}</pre></section>`;
}
