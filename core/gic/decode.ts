/**
 * A register's value to fields and back. `encode(decode(value)) = value` for every register and value, because a
 * register's fields, reserved ones included, cover it exactly once. Cost: one shift and mask per field.
 */
import { formatFlatIntid, formatIntid, intid } from './intid.ts';
import { type Field, type Register } from './tables/expand.ts';

/** One field of a value. `text` is set where the value has a meaning in words: `PPI 27`, `level`, `valid`. */
export interface DecodedField {
  readonly name: string;
  readonly msb: number;
  readonly lsb: number;
  readonly value: bigint;
  readonly description: string;
  readonly reserved: boolean;
  readonly text?: string;
}

/** All fields of a value, highest bits first. Bits above the register's width are ignored. */
export function decode(register: Register, value: bigint): DecodedField[] {
  const out: DecodedField[] = [];
  for (const field of register.fields) {
    const { name, msb, lsb, description, reserved } = field;
    const part = (value >> field.shift) & field.mask;
    const text = field.text === undefined ? undefined : fieldText(field, part, value);
    out.push(
      text === undefined
        ? { name, msb, lsb, value: part, description, reserved }
        : { name, msb, lsb, value: part, description, reserved, text },
    );
  }
  return out;
}

/** The value of one field; undefined when the register has no such field. */
export function fieldValue(register: Register, name: string, value: bigint): bigint | undefined {
  const field = register.byName.get(name);
  return field === undefined ? undefined : (value >> field.shift) & field.mask;
}

/**
 * A value from fields; fields left out are zero.
 * @throws RangeError when a field does not exist or a value does not fit it.
 */
export function encode(register: Register, fields: Readonly<Record<string, bigint | number | boolean>>): bigint {
  let out = 0n;
  for (const [name, given] of Object.entries(fields)) {
    const field = register.byName.get(name);
    if (field === undefined)
      throw new RangeError(
        `${register.name} has no field ${name}; it has ${register.fields.map((f) => f.name).join(', ')}`,
      );
    const part = BigInt(given);
    if (part < 0n || part > field.mask)
      throw new RangeError(`${register.name}.${name}: ${part} does not fit bits ${field.msb}:${field.lsb}`);
    out |= part << field.shift;
  }
  return out;
}

const V5_TYPE_TEXT: readonly string[] = [
  'reserved',
  'PPI',
  'LPI',
  'SPI',
  'reserved',
  'reserved',
  'reserved',
  'reserved',
];

/** What a field's value means in words; undefined where the number says it all. `value` is the whole register. */
export function fieldText(field: Field, part: bigint, value: bigint): string | undefined {
  const rule = field.text;
  if (rule === undefined) return undefined;
  if (typeof rule === 'object') return rule[Number(part)] || undefined;
  switch (rule) {
    case 'type':
      return V5_TYPE_TEXT[Number(part)];
    case 'v5':
      return formatIntid(Number((value & 0xe000_0000n) | part));
    case 'spi':
    case 'lpi':
      return formatIntid(intid(rule, Number(part)));
    case 'intid':
      return formatFlatIntid(Number(part));
    case 'bits+1':
      return part === 0n ? '1 bit' : `${part + 1n} bits`;
    case 'idle255':
      return part === 255n ? 'idle' : undefined;
    case 'hex':
      return `0x${part.toString(16)}`;
  }
}
