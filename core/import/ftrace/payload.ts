/**
 * The text of an event back to the fields that it was printed from (trace-import-formats §2): by its row
 * (payload-rows.ts), and else as `key=value` pairs, which most events print, and all of them where a tool is asked for
 * fields (`trace-cmd report -R`, the kernel's option `fields`).
 */
import { PAYLOAD_ROWS, type Row } from './payload-rows.ts';

export type FieldValue = bigint | string;

/** What trace-cmd's x86 plugin puts before the text of arm64 events (§2.4). */
const MANGLED = /^(?:CAN'T FIND FIELD "\w+"|<CANT FIND FIELD \w+>)+/;
const FAILED = '[FAILED TO PARSE]';
/** Longer texts keep only their beginning. */
const LONGEST = 4096;
const MOST_PAIRS = 40;

/** The fields of an event's text. Empty: it has none that can be told apart. */
export function readPayload(name: string, payload: string): Map<string, FieldValue> {
  const text = payload.slice(0, LONGEST).trim().replace(MANGLED, '').trimStart();
  // An older library prints `>c<` and shifts what follows: nothing after it is true.
  const cut = text.indexOf('>c<');
  if (cut >= 0)
    return new Map([
      ['text', text.slice(0, cut)],
      ['incomplete', 'the values after this were lost by the tool that printed it'],
    ]);
  if (name === 'kvm_userspace_exit') return userspaceExit(text);
  const rows = PAYLOAD_ROWS.get(name) ?? [];
  for (const row of text.startsWith(FAILED) ? [] : rows) {
    const groups = row.pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const fields = new Map<string, FieldValue>();
    for (const [field, value] of Object.entries(groups)) {
      // Groups of an optional part may have taken no part.
      if (typeof value === 'string') fields.set(field, convert(row, field, value));
    }
    return fields;
  }
  return pairs(text, rows[0]);
}

function convert(row: Row, field: string, value: string): FieldValue {
  const word = row.words?.[field]?.[value];
  if (word !== undefined) return word;
  if (row.hex?.includes(field) === true && !value.startsWith('0x')) return BigInt(`0x${value}`);
  return numberOr(value);
}

/** The option `fields` prints a number in two bases, `0x1b (27)`, and a byte as `(1)` or `'A'(65)`. */
const TWICE = /^(?:(0x[0-9a-f]{1,16}) |'.')?\((-?\d{1,20})\)$/;
/** Below it a number of 64 bits is an address. */
const LEAST = -(2n ** 31n);

function numberOr(value: string): FieldValue {
  if (value.length <= 20 && /^(-?\d+|0x[0-9a-f]{1,16})$/.test(value)) return BigInt(value);
  const [, hex, decimal] = value.endsWith(')') ? (TWICE.exec(value) ?? []) : [];
  if (decimal === undefined) return value;
  const number = BigInt(decimal);
  return number < LEAST && hex !== undefined ? BigInt(hex) : number;
}

/**
 * The number is that of the reason, or the error without its sign. `trace-cmd report` takes every error for none: it
 * prints the reason where the kernel prints `restart (4)`, and nothing in its text tells.
 */
function userspaceExit(text: string): Map<string, FieldValue> {
  const match = /^reason (\S+) \((\d{1,10})\)/.exec(text);
  if (match === null) return pairs(text);
  const isError = match[1] === 'restart' || match[1] === 'error';
  const number = BigInt(match[2] ?? '0');
  return isError
    ? new Map([['errno', -number]])
    : new Map([
        ['reason', number],
        ['errno', 0n],
      ]);
}

/** `key=value` pairs: a value runs to the next key. Numbers are printed as the event's own text has them: `row`. */
function pairs(text: string, row?: Row): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  const keys = [...text.matchAll(/(?:^|\s)([A-Za-z_]\w{0,63})=/g)].slice(0, MOST_PAIRS);
  for (const [i, match] of keys.entries()) {
    const end = keys[i + 1]?.index ?? text.length;
    const field = match[1] ?? '';
    const value = text.slice(match.index + match[0].length, end).trim();
    const isHex = row?.hex?.includes(field) === true && /^[0-9a-f]{1,16}$/.test(value);
    fields.set(field, numberOr(isHex ? `0x${value}` : value));
  }
  return fields;
}
