/**
 * A record's arguments as the text that the `log` backend prints for the same event, so that both mean the same.
 *
 * The file has no types: the patterns of `core/import/qemu/events` give them, since an event prints all its arguments in
 * order. Integers of any width take eight bytes, text a length and its bytes (trace-import-formats §6.2). A pattern fits
 * when it uses all bytes; patterns of other releases are tried in turn.
 */
import { type EventRow } from '../qemu/events/row.ts';

const LONGEST_TEXT = 4096;
/** Bytes of an event without a pattern that are shown. */
const SHOWN_BYTES = 64;
const PLACE = /\{(?:[a-f]:([dux])|([vw])|([st]))\}/g;

type Kind = 'signed' | 'unsigned' | 'hex' | 'wide' | 'text';

interface Piece {
  readonly literal: string;
  readonly kind: Kind | undefined;
}

const compiled = new Map<string, readonly Piece[]>();

/** A pattern as literals, each followed by an argument. Text after `0x` is a number that the importer keeps as text. */
function piecesOf(pattern: string): readonly Piece[] {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of pattern.matchAll(PLACE)) {
    const literal = pattern.slice(at, match.index);
    const [, as, wide] = match;
    const asText: Kind = literal.endsWith('0x') ? 'wide' : 'text';
    const asNumber: Kind = as === 'x' ? 'hex' : as === 'd' ? 'signed' : 'unsigned';
    pieces.push({ literal, kind: as !== undefined ? asNumber : wide !== undefined ? 'wide' : asText });
    at = match.index + match[0].length;
  }
  pieces.push({ literal: pattern.slice(at), kind: undefined });
  compiled.set(pattern, pieces);
  return pieces;
}

/** The event's text; undefined where no pattern fits the bytes. */
export function textOf(row: EventRow, values: DataView, little: boolean): string | undefined {
  for (const pattern of row.texts) {
    const text = format(piecesOf(pattern), values, little);
    if (text !== undefined) return text;
  }
  return undefined;
}

function format(pieces: readonly Piece[], values: DataView, little: boolean): string | undefined {
  let text = '';
  let at = 0;
  for (const { literal, kind } of pieces) {
    text += literal;
    if (kind === undefined) break;
    if (kind === 'text') {
      const length = at + 4 <= values.byteLength ? values.getUint32(at, little) : LONGEST_TEXT + 1;
      if (length > LONGEST_TEXT || at + 4 + length > values.byteLength) return undefined;
      text += latin1(values, at + 4, length);
      at += 4 + length;
    } else {
      if (at + 8 > values.byteLength) return undefined;
      text += numberText(values.getBigUint64(at, little), kind);
      at += 8;
    }
  }
  return at === values.byteLength ? text : undefined;
}

/** Values of narrow types may be widened with or without their sign: the declared width counts. */
function numberText(value: bigint, kind: Exclude<Kind, 'text'>): string {
  switch (kind) {
    case 'signed':
      return BigInt.asIntN(32, value).toString();
    case 'unsigned':
      return BigInt.asUintN(32, value).toString();
    case 'hex':
      return BigInt.asUintN(32, value).toString(16);
    case 'wide':
      return value.toString(16);
  }
}

/** The bytes of an event whose arguments nothing describes, in hexadecimal. */
export function rawText(values: DataView): string {
  const shown = Math.min(values.byteLength, SHOWN_BYTES);
  const bytes = Buffer.from(values.buffer, values.byteOffset, shown).toString('hex');
  return `${values.byteLength} bytes: ${bytes}${shown < values.byteLength ? '…' : ''}`;
}

function latin1(values: DataView, at: number, length: number): string {
  return Buffer.from(values.buffer, values.byteOffset + at, length)
    .toString('latin1')
    .replaceAll('\n', ' ');
}
