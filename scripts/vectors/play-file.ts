/** Plays a whole vector file and sums up. */
import { FORMATS } from './formats.ts';
import { isObject, type Json, type JsonObject, type Mismatch, VectorError, type VectorFormat } from './format.ts';
import { readLines } from './read-lines.ts';

export interface FileSummary {
  readonly format: string;
  readonly profile: string;
  readonly vectors: number;
  readonly steps: number;
  readonly matched: number;
  readonly mismatched: number;
  readonly first: (Mismatch & { readonly id: string }) | undefined;
}

/** @throws VectorError with file and line when the file is not a vector file. */
export async function playFile(path: string): Promise<FileSummary> {
  let format: VectorFormat | undefined;
  let header: JsonObject = {};
  const sum = { vectors: 0, steps: 0, matched: 0 };
  let first: FileSummary['first'];
  for await (const { number, text } of readLines(path)) {
    if (text.trim() === '') continue;
    try {
      const value = parse(text);
      if (format === undefined) {
        header = value;
        format = detect(value);
        if (format.headerless !== true) continue;
      }
      const played = format.play(header, value);
      sum.vectors++;
      sum.steps += played.steps;
      sum.matched += played.matched;
      if (played.first !== undefined) first ??= { id: played.id, ...played.first };
    } catch (error) {
      if (error instanceof VectorError) throw new VectorError(`${path}:${number}: ${error.message}`);
      throw new VectorError(
        `${path}:${number}: the emulator failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  if (format === undefined) throw new VectorError(`${path}: the file is empty; its first line must be a header`);
  const profile = header['profile'];
  return {
    format: format.name,
    profile: typeof profile === 'string' ? profile : '',
    ...sum,
    mismatched: sum.steps - sum.matched,
    first,
  };
}

function parse(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json; // JSON.parse gives JSON
  } catch (error) {
    throw new VectorError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw new VectorError('a line must be a JSON object');
  return value;
}

function detect(header: JsonObject): VectorFormat {
  const format = FORMATS.find((candidate) => candidate.accepts(header));
  if (format !== undefined) return format;
  if (header['kind'] !== 'header')
    throw new VectorError(
      'the first line must be a header ("kind":"header"), or a GICv3 or GICv2 vector ("cfg", "steps")',
    );
  const names = FORMATS.map((each) => each.name).join(', ');
  throw new VectorError(
    `no driver for this header (format ${JSON.stringify(header['format'])}, profile ${JSON.stringify(header['profile'])}, ` +
      `part ${JSON.stringify(header['part'])}); there are drivers for ${names}`,
  );
}
