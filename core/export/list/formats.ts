/**
 * Tables and waveforms, by name. A format turns a range of a trace into text part by part: each part is asked for
 * with the position where the last one ended, so nothing is kept between two parts and memory stays flat.
 */
import { csv, tsv } from './delimited.ts';
import { type ListFormat, type ListPart, type ListRequest, type ListSource } from './format.ts';
import { jsonLines } from './json-lines.ts';
import { vcd } from './vcd.ts';

export type { ListSource } from './format.ts';

export const LIST_FORMATS = { csv, tsv, jsonl: jsonLines, vcd } as const satisfies Readonly<Record<string, ListFormat>>;
export type ListFormatName = keyof typeof LIST_FORMATS;

/** One part of an export: the answer to `export.text`. */
export function listPart(source: ListSource, format: ListFormatName, request: ListRequest): Promise<ListPart> {
  return LIST_FORMATS[format].part(source, request);
}
