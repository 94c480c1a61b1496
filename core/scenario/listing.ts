/** The guest's programs as people read them: the author's lines with their addresses, or a disassembly of an image. */
import { disassemble } from '../machine/a64/index.ts';
import { type ImageConfig } from '../machine/config.ts';
import { type GuestSource } from './guest.ts';
import { type Scenario } from './load.ts';

export interface ListingLine {
  /** Line of the scenario, from 1; 0: of a disassembly. */
  readonly line: number;
  readonly text: string;
  /** Of the first instruction, or of the data, that the line makes; null: it makes none. */
  readonly address: string | null;
  /** All that the line makes, in bytes from there. */
  readonly bytes: number;
}

/** So much of an image is listed at once, around the place that is asked for. */
const MOST_INSTRUCTIONS = 20_000;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Every line of a program; bytes that a line makes far away (literal pools) are not its own. */
export function sourceLines({ source }: Scenario, { text, path, program }: GuestSource): ListingLine[] {
  const lines = text.split('\n');
  if (lines.at(-1)?.trim() === '') lines.pop();
  const made = new Map<number, { readonly offset: number; bytes: number }>();
  for (const { line, kind, offset, size } of program.lines) {
    if (kind !== 'code' && kind !== 'data') continue;
    const known = made.get(line);
    if (known === undefined) made.set(line, { offset, bytes: size });
    else known.bytes += size;
  }
  const { line: first } = source.locateInText(path, { line: 1, column: 1 });
  return lines.map((content, index) => {
    const own = made.get(index + 1);
    return {
      line: first + index,
      text: content,
      address: own === undefined ? null : hex(program.origin + BigInt(own.offset)),
      bytes: own?.bytes ?? 0,
    };
  });
}

/** The image word by word, with the instruction at `around` in the middle where it is too large to be listed whole. */
export function disassembly(
  { address, bytes }: ImageConfig,
  around: bigint,
): {
  readonly lines: readonly ListingLine[];
  readonly omitted: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length >>> 2;
  const middle = Number(BigInt.asUintN(64, around - address) >> 2n);
  const last = Math.max(0, count - MOST_INSTRUCTIONS);
  // An address outside the image asks for its beginning.
  const first = middle >= count ? 0 : Math.min(Math.max(0, middle - MOST_INSTRUCTIONS / 2), last);
  const lines = Array.from({ length: Math.min(count, MOST_INSTRUCTIONS) }, (_, index) => {
    const offset = (first + index) * 4;
    const at = address + BigInt(offset);
    const text = disassemble(view.getUint32(offset, true), { address: at, model: 'v5' });
    return { line: 0, text, address: hex(at), bytes: 4 };
  });
  return { lines, omitted: count - lines.length };
}
