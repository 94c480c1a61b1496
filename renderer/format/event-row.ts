/** A row of the event list as text: what is copied. Pure. */
import { type EventRow } from '../../core/session/contract.ts';
import { eventLabel } from './number.ts';
import { timeText } from './time.ts';

/** Columns separated by tabs. */
export function rowText(row: EventRow): string {
  const detail = `${row.arrow} ${row.detail}`.trim();
  return [eventLabel(row.seq), timeText(row.time), row.vcpu ?? '', row.name, row.operand, detail].join('\t');
}
