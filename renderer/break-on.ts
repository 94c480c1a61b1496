/** Conditions made from what is selected: a lane, a PPI cell, a register, a row of the event list. Pure. */
import { type EventRow, type Lane } from '../core/session/contract.ts';

export interface Target {
  readonly intid: number;
  readonly vcpu: number | null;
}

const TYPES = ['sgi', 'ppi', 'lpi', 'spi'] as const;

/** `ppi(27).pending`; without a field, all of its state. */
export function interruptCondition(target: Target, field: string | undefined): string {
  const subject = `${TYPES[(target.intid >>> 29) & 3] ?? 'irq'}(${target.intid & 0xff_ffff})`;
  return field === undefined ? subject : `${subject}.${field}`;
}

/** `ppi(27).pending rises on vcpu 1`. */
export function breakOnInterrupt(target: Target, field = 'pending'): string {
  return `${interruptCondition(target, field)} rises${target.vcpu === null ? '' : ` on vcpu ${target.vcpu}`}`;
}

/** What to break on where nothing else is said: the line, where the source shows that alone. */
export const risingField = (lineAlone: boolean): 'line' | 'pending' => (lineAlone ? 'line' : 'pending');

/** `vcpu1.ICC_PCR_EL1 changes`. */
export function breakOnPath(path: string): string {
  return `${path} changes`;
}

/** What an event of this row has in common with others like it. */
export function breakOnRow(row: EventRow): string {
  const on = row.vcpu === null ? '' : ` on vcpu ${row.vcpu}`;
  if (row.register !== null && row.op !== null) return `${row.op} ${row.register}${on}`;
  if (row.intid !== null)
    return `kind == ${row.kind} and intid == ${interruptCondition({ intid: row.intid, vcpu: null }, undefined)}${on}`;
  return `kind == ${row.kind}${on}`;
}

/** Events like the one in a row: of its register, else of its kind. */
export function rowFilter(row: EventRow, hide: boolean): string {
  return (hide ? '-' : '') + (row.register === null ? `kind:${row.kind}` : `reg:${row.register}`);
}

/** The events of a lane, as a filter; empty where every event counts. */
export function laneFilter(lane: Lane | undefined): string {
  if (lane === undefined) return '';
  const vcpu = lane.vcpu === null ? '' : `vcpu:${lane.vcpu}`;
  if (lane.intid === null) return vcpu;
  return `irq:${interruptCondition({ intid: lane.intid, vcpu: null }, undefined)} ${vcpu}`.trim();
}

export function breakOnLane(lane: Lane): string | undefined {
  if (lane.intid !== null) return breakOnInterrupt({ intid: lane.intid, vcpu: lane.vcpu }, risingField(lane.lineAlone));
  if (lane.type === 'vcpu') return `vcpu${lane.vcpu ?? 0}.runState changes`;
  return undefined;
}
