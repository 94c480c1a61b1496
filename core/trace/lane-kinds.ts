/**
 * Lanes: what the timeline draws. A lane is a value over time, recorded as transitions (position, time, code):
 * - `interrupt`: the state code of an interrupt (interrupts.ts);
 * - `run`: the run state of a vCPU (index into RUN_STATES), of slots `vcpuN.runState`;
 * - `value`: a field of a slot, such as the priority mask;
 * - `density`: events per stretch of time of one vCPU (or of none); it has counts instead of transitions.
 *
 * `severity` orders codes for a column that covers many transitions: the worst one is drawn (ui.md §11: unknown,
 * masked, active + pending, active, pending, inactive). `isBusy`: time in such a code counts as covered.
 */
import { type SlotDescriptor } from '../state/layout.ts';
import {
  STATE_ACTIVE,
  STATE_ACTIVE_KNOWN,
  STATE_CODES,
  STATE_ENABLED,
  STATE_ENABLED_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
} from './interrupts.ts';
import { RUN_STATES } from './kinds.ts';

export const LANE_KINDS = ['interrupt', 'run', 'value', 'density'] as const;
export type LaneKind = (typeof LANE_KINDS)[number];

export interface Lane {
  readonly id: number;
  readonly kind: LaneKind;
  /** Interrupt number, slot id, slot id, vCPU + 1. */
  readonly subject: number;
  /** Bits of the slot; 0 and 0 for lanes that are no slot's. */
  readonly lsb: number;
  readonly width: number;
}

/** Code of a `run` or `value` lane while the slot is unknown. */
export const UNKNOWN_CODE = 0xffff_ffff;

/** Registers whose field gets a lane of its own: the priority masks, as [lsb, width]. */
const MASK_REGISTERS: ReadonlyMap<string, readonly [number, number]> = new Map([
  // gicv5-registers: PRIORITY; gicv3-registers: PMR and the VM's mask VPMR (GICv5 uses its upper five bits).
  ['ICC_PCR_EL1', [0, 5]],
  ['ICC_PMR_EL1', [0, 8]],
  ['ICV_PMR_EL1', [0, 8]],
  ['GICC_PMR', [0, 8]],
  ['GICV_PMR', [0, 8]],
  ['ICH_VMCR_EL2', [24, 8]],
  ['ICH_VMCR_V3_EL2', [24, 8]],
  ['GICH_VMCR', [27, 5]],
]);

const RUN_STATE_PATH = /^vcpu[0-9]{1,3}\.runState$/;

/** The lane that a slot's changes feed, if any. */
export function laneOfSlot(slot: SlotDescriptor): Pick<Lane, 'kind' | 'lsb' | 'width'> | undefined {
  if (RUN_STATE_PATH.test(slot.path)) return { kind: 'run', lsb: 0, width: Math.min(slot.width, 16) };
  const field = MASK_REGISTERS.get(slot.register ?? slot.path.slice(slot.path.lastIndexOf('.') + 1));
  if (field === undefined || field[0] + field[1] > slot.width) return undefined;
  return { kind: 'value', lsb: field[0], width: field[1] };
}

/** Rank of each state code; the highest one of a column is drawn. A line that is high ranks with pending. */
const CODE_SEVERITY = Uint8Array.from({ length: STATE_CODES }, (_, code) => {
  if (!(code & (STATE_PENDING_KNOWN | STATE_ACTIVE_KNOWN))) {
    if (!(code & STATE_LINE_KNOWN)) return 6;
    return code & STATE_LINE ? 2 : 1;
  }
  if (code & STATE_PENDING && code & STATE_MASKED && !(code & STATE_ACTIVE)) return 5;
  if (code & STATE_ACTIVE) return code & STATE_PENDING ? 4 : 3;
  if (code & STATE_PENDING) return 2;
  return code & STATE_ENABLED_KNOWN && !(code & STATE_ENABLED) ? 0 : 1;
});

/** Rank of run states, by index: handler, host, preempted, guest, blocked, idle, off. */
const RUN_ORDER = ['off', 'idle', 'blocked', 'guest', 'preempted', 'host', 'handler'];
const RUN_SEVERITY = RUN_STATES.map((state) => RUN_ORDER.indexOf(state));

/** Higher is worse. */
export function severity(kind: LaneKind, code: number): number {
  if (kind === 'interrupt') return CODE_SEVERITY[code & (STATE_CODES - 1)] ?? 0;
  if (kind === 'run') return code === UNKNOWN_CODE ? RUN_STATES.length : (RUN_SEVERITY[code] ?? 0);
  return code;
}

export function isBusy(kind: LaneKind, code: number): boolean {
  if (kind === 'interrupt') return severity(kind, code) >= 2;
  if (kind === 'run') return code === RUN_STATES.indexOf('guest') || code === RUN_STATES.indexOf('handler');
  return code !== UNKNOWN_CODE;
}
