/**
 * Turns a row of the tables into one register: the array index resolved, gaps filled with reserved fields, masks
 * ready. Done once per register, when it is first asked for; the fields of an array's elements differ only in
 * descriptions, so an element costs one small object per field.
 */
import { formatFlatIntid, type InterruptKey, keyOfFlatIntid } from '../intid.ts';
import { v5Ppi } from '../ppi-names.ts';
import {
  type Access,
  type EncodingRow,
  type FieldRow,
  type Model,
  type RegisterRow,
  type Space,
  type Table,
  type TextRule,
} from './row.ts';

/** A field of a register. Fields of a register do not overlap and cover it completely. */
export interface Field {
  readonly name: string;
  readonly msb: number;
  readonly lsb: number;
  readonly description: string;
  /** No meaning is assigned to these bits (or none is publicly known). */
  readonly reserved: boolean;
  readonly text: TextRule | undefined;
  /** The interrupt that the field is about, in registers with one field per interrupt. */
  readonly interrupt: InterruptKey | undefined;
  /** `(value >> shift) & mask` is the field. */
  readonly shift: bigint;
  readonly mask: bigint;
}

/** A system register, system instruction or memory-mapped register. */
export interface Register {
  /** Unique name, e.g. `ICC_PPI_PRIORITYR13_EL1`, `GIC CDDI`, `GICD_V2_CTLR`. */
  readonly name: string;
  /** Arm's name; the same as `name` unless two architectures use one name for different registers. */
  readonly arm: string;
  /** Name of the array it belongs to (`GICD_ISENABLER<n>`), or its own name. */
  readonly family: string;
  /** Position in its array. */
  readonly index: number | undefined;
  readonly space: Space;
  readonly model: Model;
  /** op0, op1, CRn, CRm, op2 of a system register or instruction. */
  readonly encoding: EncodingRow | undefined;
  /** Byte offset in its memory frame; undefined too where the public sources do not give it. */
  readonly offset: number | undefined;
  readonly width: 32 | 64;
  readonly access: Access;
  /** Accepted access lengths in bytes, where known. */
  readonly sizes: readonly number[] | undefined;
  /** Value after reset, where it is one definite number. */
  readonly reset: bigint | undefined;
  readonly resetNote: string | undefined;
  readonly writeMask: bigint | undefined;
  /** Highest bits first. */
  readonly fields: readonly Field[];
  readonly notes: string;
  /** Document and section that describe it. */
  readonly clause: string;
  readonly byName: ReadonlyMap<string, Field>;
}

/** Name of element `index` of a row. */
export function elementName(pattern: string, index: number): string {
  return pattern.replace('<n>', String(index));
}

/** Encoding of element `index`: arrays count through op2 and carry into CRm (gicv5-registers §2.1). */
export function elementEncoding(at: EncodingRow, index: number): EncodingRow {
  const [op0, op1, crn, crm, op2] = at;
  const low = crm * 8 + op2 + index;
  return [op0, op1, crn, low >> 3, low & 7];
}

/** Expands element `index` (0 for a row that is no array). */
export function expand(table: Table, row: RegisterRow, index: number): Register {
  const isArray = row.count !== undefined;
  const name = elementName(row.name, index);
  const fields = expandFields(row, index);
  return {
    name,
    arm: row.arm === undefined ? name : elementName(row.arm, index),
    family: row.name,
    index: isArray ? index : undefined,
    space: row.space,
    model: table.model,
    encoding: typeof row.at === 'object' ? elementEncoding(row.at, index) : undefined,
    offset: typeof row.at === 'number' ? row.at + index * (row.stride ?? 0) : undefined,
    width: row.width,
    access: row.access,
    sizes: row.sizes,
    reset: typeof row.reset === 'object' ? row.reset.find(([a, z]) => index >= a && index <= z)?.[2] : row.reset,
    resetNote: row.resetNote,
    writeMask: row.writeMask,
    fields,
    notes: row.notes ?? '',
    clause: clauseOf(table, row.name),
    byName: new Map(fields.map((field) => [field.name, field])),
  };
}

function clauseOf(table: Table, name: string): string {
  const section = table.sections?.find(([prefix]) => name.startsWith(prefix))?.[1];
  return section === undefined ? table.clause : `${table.clause} ${section}`;
}

function expandFields(row: RegisterRow, index: number): Field[] {
  const named = row.fields.flatMap((field) => expandField(field, index));
  named.sort((a, b) => b.msb - a.msb);
  return fillGaps(named, row.width, row.gaps ?? 'RES0');
}

function expandField(row: FieldRow, index: number): Field[] {
  if (!('each' in row)) {
    const [name, msb, lsb, description, text] = row;
    return [field(name, msb, lsb, description, text, undefined)];
  }
  return Array.from({ length: row.count }, (_, x) => {
    const lsb = x * row.step;
    const item = index * row.count + x;
    const name = row.each.replace('<x>', String(x));
    const description = describe(row.is, x, item);
    return field(name, lsb + row.width - 1, lsb, description, row.text, interruptOf(row.is, item));
  });
}

function describe(text: string, x: number, item: number): string {
  return text
    .replaceAll('<x>', String(x))
    .replaceAll('<item>', String(item))
    .replaceAll('<ppi>', ppiLabel(item))
    .replaceAll('<intid>', formatFlatIntid(item));
}

function interruptOf(text: string, item: number): InterruptKey | undefined {
  if (text.includes('<ppi>')) return `ppi${item}`;
  return text.includes('<intid>') ? keyOfFlatIntid(item) : undefined;
}

/** `PPI 27 (CNTV)`, `PPI 40 (reserved)`, `PPI 80 (implementation defined)` (gicv5-registers §8). */
function ppiLabel(number: number): string {
  const fallback = number < 64 ? 'reserved' : 'implementation defined';
  return `PPI ${number} (${v5Ppi(number)?.name ?? fallback})`;
}

function fillGaps(named: readonly Field[], width: number, gaps: string): Field[] {
  const out: Field[] = [];
  let top = width - 1;
  const gap = (msb: number, lsb: number): void => {
    const whole = msb === width - 1 && lsb === 0;
    const name = whole ? gaps : msb === lsb ? `${gaps}_${msb}` : `${gaps}_${msb}_${lsb}`;
    out.push({ ...field(name, msb, lsb, GAP_TEXT.get(gaps) ?? '', undefined, undefined), reserved: true });
  };
  for (const next of named) {
    if (next.msb < top) gap(top, next.msb + 1);
    out.push(next);
    top = next.lsb - 1;
  }
  if (top >= 0) gap(top, 0);
  return out;
}

const GAP_TEXT: ReadonlyMap<string, string> = new Map([
  ['RES0', 'Reserved, zero.'],
  ['IGNORED', 'The operand is not used.'],
  ['OTHER', 'Fields that do not concern interrupts.'],
  ['UNVERIFIED', 'Layout not publicly known.'],
]);

function field(
  name: string,
  msb: number,
  lsb: number,
  description: string,
  text: TextRule | undefined,
  interrupt: InterruptKey | undefined,
): Field {
  const mask = (1n << BigInt(msb - lsb + 1)) - 1n;
  const reserved = /^(RES[01]|UNVERIFIED)(_|$)/.test(name);
  return { name, msb, lsb, description, reserved, text, interrupt, shift: BigInt(lsb), mask };
}
