/**
 * Which interrupts a trace knows, and in which bits of which slots their state lives. Importers keep one slot per
 * interrupt and field (each may be known or not); the emulator keeps 64 interrupts of a field in one register slot.
 * Everything that asks about "PPI 27 of vCPU 1" goes through these ranges and need not know which.
 */
import { formatInterrupt, type FlatType, type InterruptKey, type Interrupt, type Intid, keyOf } from '../gic/intid.ts';
import { type SlotId, type VcpuId } from '../state/brand.ts';
import { type StateVector } from '../state/state-vector.ts';

export const INTERRUPT_FIELDS = [
  'pending',
  'active',
  'enabled',
  'line',
  /** Pending and enabled, but held back by the priority mask, the running priority or a disabled CPU interface. */
  'masked',
  'priority',
  /** 0 edge, 1 level. */
  'handling',
  /** vCPU (IAFFID) that a shared interrupt is routed to. */
  'target',
] as const;
export type InterruptField = (typeof INTERRUPT_FIELDS)[number];

/** `width` bits of a slot from bit `lsb` up. */
export interface BitRange {
  readonly slot: SlotId;
  readonly lsb: number;
  readonly width: number;
}

export interface InterruptDescriptor {
  readonly intid: Intid;
  /** The vCPU that a private interrupt belongs to; absent for shared ones (SPI, LPI). */
  readonly vcpu?: VcpuId;
  /** Where each field lives; absent: the source never shows it. */
  readonly fields: Readonly<Partial<Record<InterruptField, BitRange>>>;
}

/**
 * State of an interrupt at a moment as one small number, for lanes and transitions: bit 0 pending, 1 active,
 * 2 enabled, 3 masked; bits 4 … 6: pending, active, enabled are known. Of an interrupt of which the source never shows
 * more than its line (`isLineAlone`): bit 7 the line is high, 8 it is known.
 */
export const STATE_PENDING = 1;
export const STATE_ACTIVE = 2;
export const STATE_ENABLED = 4;
export const STATE_MASKED = 8;
export const STATE_PENDING_KNOWN = 16;
export const STATE_ACTIVE_KNOWN = 32;
export const STATE_ENABLED_KNOWN = 64;
export const STATE_LINE = 128;
export const STATE_LINE_KNOWN = 256;
/** State codes are smaller. */
export const STATE_CODES = 512;
export type StateCode = number;

/**
 * Whether the source shows the input line of an interrupt and neither its pending nor its active state, as KVM's trace
 * events do. Of such an interrupt the line is all that its state can tell; of others it would only repeat `pending`.
 */
export function isLineAlone({ line, pending, active }: Readonly<Partial<Record<InterruptField, unknown>>>): boolean {
  return line !== undefined && pending === undefined && active === undefined;
}

/** The state code of an interrupt whose fields live in `fields`, in `state`. */
export function stateCode(fields: InterruptDescriptor['fields'], state: StateVector): StateCode {
  let code = 0;
  for (const [field, bit, known] of CODE_FIELDS) {
    const range = fields[field];
    if (range === undefined || !state.isKnown(range.slot)) continue;
    if (field === 'line' && !isLineAlone(fields)) continue;
    code |= known;
    if (BigInt.asUintN(range.width, state.read(range.slot) >> BigInt(range.lsb)) !== 0n) code |= bit;
  }
  return code;
}

const CODE_FIELDS: readonly (readonly [InterruptField, number, number])[] = [
  ['pending', STATE_PENDING, STATE_PENDING_KNOWN],
  ['active', STATE_ACTIVE, STATE_ACTIVE_KNOWN],
  ['enabled', STATE_ENABLED, STATE_ENABLED_KNOWN],
  ['masked', STATE_MASKED, 0],
  ['line', STATE_LINE, STATE_LINE_KNOWN],
];

/** Whether a state can have this code: with a line it has neither pending nor active, and no line is high unknown. */
export function isStateCode(code: number): boolean {
  if (code < STATE_LINE) return true;
  const beside = STATE_PENDING | STATE_ACTIVE | STATE_PENDING_KNOWN | STATE_ACTIVE_KNOWN;
  return (code & STATE_LINE_KNOWN) !== 0 && (code & beside) === 0;
}

/** The word for a state code: what a list, a view or SQL shows. */
export function stateName(code: StateCode): string {
  const pendingKnown = code & STATE_PENDING_KNOWN;
  const activeKnown = code & STATE_ACTIVE_KNOWN;
  if (!pendingKnown && !activeKnown) {
    if (!(code & STATE_LINE_KNOWN)) return 'unknown';
    return code & STATE_LINE ? 'unknown, line high' : 'unknown, line low';
  }
  const pending = code & STATE_PENDING;
  if (code & STATE_ACTIVE) return pending ? 'active and pending' : 'active';
  if (pending) return code & STATE_MASKED ? 'pending, masked' : 'pending';
  if (code & STATE_ENABLED_KNOWN && !(code & STATE_ENABLED)) return 'disabled';
  return 'inactive';
}

/**
 * In a trace every interrupt, of every GIC generation, is one u32 in GICv5 form: type in bits 31:29, number below.
 * SGIs, which GICv5 does not have, take the free type 0.
 */
const TYPES: readonly FlatType[] = ['sgi', 'ppi', 'lpi', 'spi'];

/** The trace's number for an interrupt, e.g. 0x2000001b for PPI 27. */
export function intidOf({ type, number }: Interrupt): Intid {
  // The brand is given here because SGIs have no GICv5 identifier of their own; a trace still needs one.
  return (((TYPES.indexOf(type) << 29) | number) >>> 0) as Intid;
}

/** Type and number of a trace's interrupt; undefined for a reserved type. */
export function interruptOf(intid: number): Interrupt | undefined {
  const type = TYPES[intid >>> 29];
  return type === undefined ? undefined : { type, number: intid & 0xff_ffff };
}

/** `PPI 27`, `SGI 3`; a reserved type as `reserved 0x…`. */
export function interruptLabel(intid: number): string {
  const interrupt = interruptOf(intid);
  return interrupt === undefined ? `reserved 0x${(intid >>> 0).toString(16)}` : formatInterrupt(interrupt);
}

/** `ppi27`, `sgi3`: the part of slot paths and lane ids; undefined for a reserved type. */
export function interruptKey(intid: number): InterruptKey | undefined {
  const interrupt = interruptOf(intid);
  return interrupt === undefined ? undefined : keyOf(interrupt);
}
