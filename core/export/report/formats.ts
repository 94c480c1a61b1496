/** Report formats, by name. A format is a pure function of what the report says. */
import { type ReportData } from './data.ts';
import { htmlReport } from './html.ts';
import { markdownReport } from './markdown.ts';

export interface ReportFormat {
  readonly title: string;
  readonly mediaType: string;
  readonly extension: string;
  readonly render: (report: ReportData) => string;
}

export const REPORT_FORMATS = {
  html: { title: 'Report as a web page', mediaType: 'text/html', extension: 'html', render: htmlReport },
  md: { title: 'Report as Markdown', mediaType: 'text/markdown', extension: 'md', render: markdownReport },
} as const satisfies Readonly<Record<string, ReportFormat>>;
export type ReportFormatName = keyof typeof REPORT_FORMATS;

export function renderReport(report: ReportData, format: ReportFormatName): string {
  return REPORT_FORMATS[format].render(report);
}
