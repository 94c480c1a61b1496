/**
 * Which registers an access names, and their fields for `where`. A pattern matches a register's name, and an
 * instruction also by its mnemonic alone: `CDDI` is `GIC CDDI`, `GIC_CDDI` too.
 */
import { registerByName, type Register } from '../../gic/registers.ts';
import { globMatcher } from './glob.ts';
import { type NameSpace } from './names.ts';

export interface RegisterFields {
  /** Registers of the tables that are meant. */
  readonly registers: readonly Register[];
  /** Whether the trace has an access to any register that the pattern names. */
  readonly seen: boolean;
}

/** Whether a register's name in a trace is one that the pattern means. */
export function registerMatcher(pattern: string): (name: string) => boolean {
  const whole = globMatcher(pattern);
  const spaced = globMatcher(pattern.replace(/^(GICR?|GSB)_(?=CD|VD|LD|SYS|ACK)/i, '$1 '));
  return (name) => {
    if (whole(name) || spaced(name)) return true;
    const space = name.indexOf(' ');
    return space > 0 && whole(name.slice(space + 1));
  };
}

/** Tables rarely change and names repeat, so each name's register is looked up once. */
const tables = new Map<string, Register | undefined>();

export function tableRegister(name: string): Register | undefined {
  if (tables.has(name)) return tables.get(name);
  const register = registerByName(name);
  if (tables.size < 10_000) tables.set(name, register);
  return register;
}

export function fieldsOfAccess(names: NameSpace, pattern: string): RegisterFields {
  const matches = registerMatcher(pattern);
  const seen = names.registers.filter(matches);
  const wanted = seen.length > 0 ? seen : [pattern, `GIC ${pattern}`, `GICR ${pattern}`];
  const registers = wanted.map(tableRegister).filter((register) => register !== undefined);
  return { registers, seen: seen.length > 0 };
}

/** Names of the registers' fields that have a meaning. */
export function fieldNames(fields: RegisterFields): Set<string> {
  const out = new Set<string>();
  for (const register of fields.registers)
    for (const field of register.fields) if (!field.reserved) out.add(field.name);
  return out;
}

/** The field of that name, as the architecture spells it or in any case. */
export function findField(register: Register, name: string): Register['fields'][number] | undefined {
  const lower = name.toLowerCase();
  return register.byName.get(name) ?? register.fields.find((field) => field.name.toLowerCase() === lower);
}
