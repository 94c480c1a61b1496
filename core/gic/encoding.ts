/**
 * Names and instruction words of system register encodings: `S3_0_C12_C10_2`, and the A64 words of MRS and MSR
 * (gicv5-registers §1).
 */
import { type EncodingRow } from './tables/row.ts';

const GENERIC = /^S([0-3])_([0-7])_C(1[0-5]|[0-9])_C(1[0-5]|[0-9])_([0-7])$/i;

/** Reads a generic name such as `S3_0_C12_C10_2`; undefined when it is not one. */
export function parseEncoding(name: string): EncodingRow | undefined {
  const match = GENERIC.exec(name.trim());
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4]), Number(match[5])];
}

/** `S3_0_C12_C10_2`. */
export function formatEncoding([op0, op1, crn, crm, op2]: EncodingRow): string {
  return `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}

/** The A64 word of `MSR`/`SYS`, or with `read` of `MRS`/`SYSL`. `rt` is 0 … 31, 31 = XZR. */
export function instructionWord([op0, op1, crn, crm, op2]: EncodingRow, rt: number, read: boolean): number {
  const word = (op0 << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5) | rt;
  return ((read ? 0xd520_0000 : 0xd500_0000) | word) >>> 0;
}
