/** Generic names of system register encodings: `S3_0_C12_C10_2` (gicv5-registers §1). */
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
