/**
 * Columns of event lists, once: their text and their member in `--json`.
 */
import { type EventRow } from '../session/contract.ts';
import { interruptLabel } from '../session/vocabulary.ts';
import { secondsText } from '../state/units.ts';
import { type Shape } from './shapes.ts';
import { type Style } from './style.ts';
import { type Cells, type Column } from './table.ts';

type EventDocument = Required<Shape<'event'>>;

interface EventColumn {
  readonly title: string;
  readonly align?: 'right';
  readonly style?: keyof Style;
  readonly member: keyof EventDocument;
  readonly text: (row: EventRow) => string;
}

const arrowed = ({ arrow, detail }: EventRow): string =>
  arrow === '' || detail === '' ? detail : `${arrow} ${detail}`;

const EVENT_COLUMNS = {
  seq: { title: 'event', align: 'right', style: 'dim', member: 'seq', text: (row) => `#${row.seq}` },
  time: { title: 'time s', align: 'right', style: 'dim', member: 'timeNs', text: (row) => secondsText(row.time) },
  vcpu: { title: 'vCPU', align: 'right', member: 'vcpu', text: (row) => (row.vcpu === null ? '–' : String(row.vcpu)) },
  origin: { title: 'origin', member: 'origin', text: (row) => row.origin },
  kind: { title: 'kind', member: 'kind', text: (row) => row.kind },
  name: { title: 'name', style: 'bold', member: 'name', text: (row) => row.name },
  operand: { title: 'operand', member: 'operand', text: (row) => row.operand },
  detail: { title: 'detail', member: 'detail', text: arrowed },
  register: { title: 'register', member: 'register', text: (row) => row.register ?? '' },
  op: { title: 'op', member: 'op', text: (row) => row.op ?? '' },
  value: { title: 'value', align: 'right', member: 'value', text: (row) => row.value ?? '' },
  intid: { title: 'intid', member: 'intid', text: (row) => labelOf(row) ?? '' },
} as const satisfies Readonly<Record<string, EventColumn>>;

export type EventColumnName = keyof typeof EVENT_COLUMNS;
export const EVENT_COLUMN_NAMES = Object.keys(EVENT_COLUMNS) as readonly EventColumnName[];
export const DEFAULT_EVENT_COLUMNS = ['seq', 'time', 'vcpu', 'name', 'operand', 'detail'] as const;

export function tableColumns(names: readonly EventColumnName[], style: Style): Column[] {
  return names.map((name) => {
    const column: EventColumn = EVENT_COLUMNS[name];
    return {
      title: column.title,
      ...(column.align === undefined ? {} : { align: column.align }),
      ...(column.style === undefined ? {} : { style: style[column.style] }),
    };
  });
}

export function eventCells(row: EventRow, names: readonly EventColumnName[]): Cells {
  return names.map((name) => EVENT_COLUMNS[name].text(row));
}

/** The event as `events --json` prints it. */
function eventDocument(row: EventRow): EventDocument {
  const { seq, time, vcpu, origin, kind, name, operand, detail, register, op, value } = row;
  return { seq, timeNs: time, vcpu, origin, kind, name, operand, detail, register, op, value, intid: labelOf(row) };
}

export function eventMembers(row: EventRow, names: readonly EventColumnName[]): Shape<'event'> {
  const document = eventDocument(row);
  return Object.fromEntries(names.map((name) => [EVENT_COLUMNS[name].member, document[EVENT_COLUMNS[name].member]]));
}

function labelOf({ intid }: EventRow): string | null {
  return intid === null ? null : interruptLabel(intid);
}
