/**
 * Holds the events of a trace.dat, as imported, to what `trace-cmd report -N -R -t` prints of the same file: time to the
 * nanosecond, CPU, thread, name, order, and every field, which `-R` prints as it is stored. trace-cmd has its own
 * decoder, so agreement is no accident.
 *
 * It prints two kinds of fields otherwise than they are; these are counted apart (docs/import.md names them).
 */
import { type NewEvent } from '../../core/trace/kinds.ts';

export interface Comparison {
  events: number;
  fields: number;
  /** Fields that the report itself prints otherwise. */
  readonly explained: Map<string, number>;
  /** What differs; empty: nothing. */
  readonly different: string[];
}

/** Behind the name of its buffer; clocks that count something else print one number, right behind the CPU if it is long. */
const LINE = /^\s*(?:\S+:\s)?\s*(\S.*-\d+)\s+\[(\d+)\]\s*(?:(\d+)\.(\d{9})|(\d+)): (\S+?):\s*(.*)$/;
const FIELD = /(?:^|\s)([A-Za-z_]\w*)=/g;
/** Differences that are kept. */
const MOST_SHOWN = 50;

/** @param origin the time stamp at the trace's time 0, nanoseconds */
export function compareReport(lines: Iterable<string>, events: readonly NewEvent[], origin: bigint): Comparison {
  const out: Comparison = { events: 0, fields: 0, explained: new Map(), different: [] };
  const differ = (line: string, what: string): void => {
    if (out.different.length < MOST_SHOWN) out.different.push(`${what}: ${line}`);
  };
  for (const line of lines) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, task, cpu, seconds = '0', nanos = '0', count, name, payload = ''] = match;
    const event = events[out.events++];
    if (event === undefined) {
      differ(line, 'not imported');
      continue;
    }
    const { detail = {} } = event;
    const time = origin + BigInt(event.time);
    const printed = count === undefined ? BigInt(seconds) * 1_000_000_000n + BigInt(nanos) : BigInt(count);
    if (time !== printed) differ(line, `time ${time}`);
    if (detail['task'] !== task || detail['CPU'] !== Number(cpu)) differ(line, `${detail['task']} on ${detail['CPU']}`);
    if (event.source !== name) differ(line, `event ${event.source}`);
    for (const [field, printed] of fieldsOf(payload)) {
      out.fields++;
      const ours = detail[field];
      if (ours !== undefined && plain(ours) === plain(printed)) continue;
      const why = ours === undefined ? undefined : explanation(String(ours), printed);
      if (why === undefined) differ(line, `${field} ${ours}`);
      else out.explained.set(why, (out.explained.get(why) ?? 0) + 1);
    }
  }
  if (out.events < events.length) differ('', `${events.length - out.events} more events imported`);
  return out;
}

function fieldsOf(payload: string): (readonly [string, string])[] {
  const found = [...payload.matchAll(FIELD)];
  return found.map((match, i) => {
    const from = match.index + match[0].length;
    return [match[1] ?? '', payload.slice(from, found[i + 1]?.index ?? payload.length).trim()];
  });
}

/** Numbers are equal whatever their base, and negative ones as unsigned. */
function plain(value: unknown): string {
  const text = String(value).trim();
  return /^(-?\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text) ? String(BigInt.asUintN(64, BigInt(text))) : text;
}

/** Why the report prints something else; undefined: it should not. */
function explanation(ours: string, printed: string): string | undefined {
  // Place and length of the mask in the record, 16 bits each, instead of its content.
  if (/^\d+$/.test(printed) && Number(printed) >>> 16 >= 4 && /^0x[0-9a-f]+( |$)/.test(ours)) return 'mask';
  if (printed.startsWith('ARRAY[')) return 'array';
  // A function's name without the offset 0, or its address.
  if (ours === `${printed}+0x0` || (ours.endsWith('+0x0') && printed.startsWith('0xffff'))) return 'function';
  return undefined;
}
