/**
 * Comparison of expected JSON with what the emulator holds. Hexadecimal strings become bigint once, when they are
 * read, so that the comparison of a state key is one `===`.
 */
import { isObject, type Json, type JsonObject } from './format.ts';

/** JSON in which every hexadecimal string is a bigint. */
export type Value = null | boolean | number | string | bigint | readonly Value[] | { readonly [key: string]: Value };

export function normalise(json: Json): Value {
  if (typeof json === 'string') return /^0x[0-9a-f]+$/i.test(json) ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map((item: Json) => normalise(item));
  if (isObject(json)) return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, normalise(value)]));
  return json;
}

export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: Value, i) => equal(item, b[i] as Value | undefined));
  }
  const left = a as { readonly [key: string]: Value };
  const right = b as { readonly [key: string]: Value };
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => equal(left[key], right[key]));
}

/** Back to JSON, hexadecimal as the vectors write it. */
export function toJson(value: Value | undefined): Json {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return value.map((item: Value) => toJson(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return value as Json; // scalars are JSON already
}

/** Expected state: sections of keys, updated by each step's differences. */
export class ExpectedState {
  readonly sections = new Map<string, Map<string, Value>>();

  constructor(zero: JsonObject) {
    this.apply(zero);
  }

  /** Returns the names of the sections that changed. */
  apply(difference: JsonObject): string[] {
    for (const [name, keys] of Object.entries(difference)) {
      const section = this.sections.get(name) ?? new Map<string, Value>();
      this.sections.set(name, section);
      if (isObject(keys)) for (const [key, value] of Object.entries(keys)) section.set(key, normalise(value));
    }
    return Object.keys(difference);
  }
}
