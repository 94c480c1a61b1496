/**
 * System register encodings by name and back: core/gic's tables first, then the processor's own, then the generic
 * form `S3_1_C12_C0_1` that every encoding has. Names are read in any case and written as the architecture spells
 * them.
 */
import {
  type EncodingRow,
  formatEncoding,
  type Model,
  parseEncoding,
  registerByEncoding,
  registerByName,
  registerNames,
} from '../../../gic/registers.ts';
import { nearest } from './nearest.ts';
import { SYSTEM_ARRAYS, SYSTEM_REGISTERS, type SystemRow } from './system-registers.data.ts';

export type Direction = 'read' | 'write';

/** One number for an encoding: 16 bits, op0 highest. What executors and tables index by. */
export function packEncoding([op0, op1, crn, crm, op2]: EncodingRow): number {
  return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}

export function unpackEncoding(packed: number): EncodingRow {
  return [(packed >> 14) & 3, (packed >> 11) & 7, (packed >> 7) & 15, (packed >> 3) & 15, packed & 7];
}

interface Names {
  readonly byName: ReadonlyMap<string, SystemRow>;
  readonly byEncoding: ReadonlyMap<number, readonly SystemRow[]>;
}

let built: Names | undefined;

function names(): Names {
  if (built !== undefined) return built;
  const byName = new Map<string, SystemRow>();
  const byEncoding = new Map<number, SystemRow[]>();
  for (const row of allRows()) {
    byName.set(row[0].toUpperCase(), row);
    const key = packEncoding(row[1]);
    byEncoding.set(key, [...(byEncoding.get(key) ?? []), row]);
  }
  return (built = { byName, byEncoding });
}

function* allRows(): Generator<SystemRow> {
  yield* SYSTEM_REGISTERS;
  for (const [name, [op0, op1, crn, crm, op2], count, step] of SYSTEM_ARRAYS)
    for (let n = 0; n < count; n++) {
      const low = crm * 8 + op2 + n * step;
      yield [name.replace('<n>', String(n)), [op0, op1, crn, low >> 3, low & 7]];
    }
}

/** The encoding of a system register (op0 2 or 3) by its name or generic name; undefined when there is none. */
export function systemRegisterEncoding(name: string, model?: Model): EncodingRow | undefined {
  const own = names().byName.get(name.toUpperCase());
  if (own !== undefined) return own[1];
  const generic = parseEncoding(name);
  if (generic !== undefined) return generic[0] >= 2 ? generic : undefined;
  const register = registerByName(name, model);
  return register?.space === 'sysreg' ? register.encoding : undefined;
}

/** The name of a system register's encoding; the generic form when it has no other. */
export function systemRegisterName(encoding: EncodingRow, direction: Direction, model?: Model): string {
  const register = registerByEncoding(...encoding, model);
  if (register?.space === 'sysreg') return register.arm;
  const rows = names().byEncoding.get(packEncoding(encoding)) ?? [];
  const row = rows.find(([, , only]) => only === undefined || only === direction);
  return row?.[0] ?? formatEncoding(encoding);
}

/** Names near a misspelt one, for messages. */
export function similarNames(name: string): string[] {
  return nearest(name, [...registerNames(), ...[...names().byName.values()].map(([own]) => own)]);
}
