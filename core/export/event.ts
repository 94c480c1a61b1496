/** An event as lists and exports show it, decoded. The rows of the session's contract have this form. */
import { interruptLabel } from '../trace/interrupts.ts';
import { type Access, type Kind, type Origin } from '../trace/kinds.ts';

export interface ExportEvent {
  readonly seq: number;
  /** Nanoseconds since the start. */
  readonly time: number;
  readonly vcpu: number | null;
  readonly origin: Origin;
  readonly kind: Kind;
  readonly name: string;
  readonly operand: string;
  readonly arrow: string;
  readonly detail: string;
  readonly register: string | null;
  readonly op: Access | null;
  /** Lower-case hex. */
  readonly value: string | null;
  readonly intid: number | null;
}

/** Members of an exported event in order: columns of tables, keys of JSON Lines. */
export const EVENT_MEMBERS = [
  'seq',
  'timeNs',
  'vcpu',
  'origin',
  'kind',
  'name',
  'operand',
  'detail',
  'register',
  'op',
  'value',
  'intid',
] as const;
type EventMember = (typeof EVENT_MEMBERS)[number];

/** The event under the names that exports use; `intid` as `PPI 27`. */
export function eventMembers(event: ExportEvent): Record<EventMember, string | number | null> {
  const { seq, time, vcpu, origin, kind, name, operand, detail, register, op, value, intid } = event;
  const label = intid === null ? null : interruptLabel(intid);
  return { seq, timeNs: time, vcpu, origin, kind, name, operand, detail, register, op, value, intid: label };
}
