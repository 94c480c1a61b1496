/** What a vector format provides, and what a comparison finds. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The first thing of a step that differs. `key` is `ret`, `ev[2]`, or a state key such as `c0.latch`. */
export interface Mismatch {
  readonly step: number;
  readonly key: string;
  readonly expected: Json;
  readonly found: Json;
}

/** One vector played: how many steps agreed in everything. */
export interface Played {
  readonly id: string;
  readonly steps: number;
  readonly matched: number;
  readonly first: Mismatch | undefined;
}

export interface VectorFormat {
  readonly name: string;
  /** Is this the format of a file with this first line? */
  accepts(first: JsonObject): boolean;
  /** The first line is a vector already; `play` gets it as header of every vector. */
  readonly headerless?: boolean;
  /** @throws VectorError when the vector is not what the format promises. */
  play(header: JsonObject, vector: JsonObject): Played;
}

/** Bad input: a file, a line, or a value in it that the format does not allow. */
export class VectorError extends Error {
  override readonly name = 'VectorError';
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that must be an object. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isObject(value)) throw new VectorError(`"${key}" must be an object, found ${describe(value)}`);
  return value;
}

/** A member that must be a list of objects. */
export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  if (!Array.isArray(value)) throw new VectorError(`"${key}" must be a list, found ${describe(value)}`);
  return value.map((item: Json, i) => {
    if (!isObject(item)) throw new VectorError(`"${key}[${i}]" must be an object, found ${describe(item)}`);
    return item;
  });
}

export function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw new VectorError(`"${key}" must be a string, found ${describe(value)}`);
  return value;
}

/** A number, given as a JSON number or as a hexadecimal or decimal string. */
export function bigintAt(object: JsonObject, key: string, otherwise?: bigint): bigint {
  const value = object[key];
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^(0x[0-9a-f]{1,16}|-?[0-9]{1,20})$/i.test(value)) return BigInt(value);
  throw new VectorError(`"${key}" must be an integer, found ${describe(value)}`);
}

/** The same, below 2^53. */
export function numberAt(object: JsonObject, key: string, otherwise?: number): number {
  const value = Number(bigintAt(object, key, otherwise === undefined ? undefined : BigInt(otherwise)));
  if (!Number.isSafeInteger(value)) throw new VectorError(`"${key}" is too large: ${describe(object[key])}`);
  return value;
}

/** The same, in a range: what lies outside would be a machine that cannot be built. */
export function numberWithin(object: JsonObject, key: string, least: number, most: number, otherwise?: number): number {
  const value = numberAt(object, key, otherwise);
  if (value < least || value > most)
    throw new VectorError(`"${key}" must be ${least} … ${most}, found ${describe(object[key])}`);
  return value;
}

function describe(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
