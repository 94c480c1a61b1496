/** How a GICv5 replay compares: candidates, signals, states and parts of registers as one number each. */
import { type Candidate, NOBODY } from '../../../gic/v5/irs/candidates.ts';
import { lowWord } from '../../../gic/v5/words.ts';
import { type TraceEvent } from '../../../trace/kinds.ts';

/** Bit 32 of an acknowledge's result: there is an interrupt. */
export const VALID = 1n << 32n;

/** What a write that has a line for its effect does; every other write counts as one of its own. */
export function effectOf(register: string, value: bigint): string {
  return register === 'GIC CDDI' ? `GIC CDDI ${(lowWord(value) & ~0x1f00_0000) >>> 0}` : register;
}

export function isDefective(event: TraceEvent): boolean {
  return event.detail?.['defect'] !== undefined;
}

export function resultOf({ intid, priority }: Candidate): bigint {
  return priority === NOBODY.priority ? 0n : VALID | BigInt(intid);
}

export function same(a: Candidate, b: Candidate): boolean {
  return a.priority === b.priority && (a.intid === b.intid || a.priority === NOBODY.priority);
}

/** Priority in bits 39:32, identifier below; identifiers of no candidate are left over. */
export function coded({ intid, priority }: Candidate): bigint {
  return (BigInt(priority) << 32n) | (priority === NOBODY.priority ? 0n : BigInt(intid));
}

export function bits(level: boolean, pending: boolean, active: boolean): bigint {
  return (level ? 1n : 0n) | (pending ? 2n : 0n) | (active ? 4n : 0n);
}

/** Where the upper half of IRS_IST_BASER is, the only register of 64 bits that software reads or writes in halves. */
const BASER_HIGH = 0x184n;

/** The part of a register that an access reads. */
export function partOf(value: bigint, size: number, offset: bigint): bigint {
  return BigInt.asUintN(8 * size, size === 4 && offset === BASER_HIGH ? value >> 32n : value);
}

/** The register after a write of a part of it. */
export function merged(before: bigint, size: number, offset: bigint, value: bigint): bigint {
  if (size !== 4) return value;
  if (offset === BASER_HIGH) return BigInt.asUintN(32, before) | (value << 32n);
  return offset === BASER_HIGH - 4n ? ((before >> 32n) << 32n) | value : value;
}
