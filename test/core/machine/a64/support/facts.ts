/** Files of facts in test/data/a64, and the usual start of a test program. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  assemble,
  type AssembleOptions,
  Core,
  type CoreOptions,
  type Program,
  Ram,
} from '../../../../../core/machine/a64/index.ts';

const folder = new URL('../../../../data/a64/', import.meta.url);

/** Lines of a file, unpacked if its name ends with `.gz`. */
export function factLines(name: string): string[] {
  const bytes = readFileSync(new URL(name, folder));
  const text = name.endsWith('.gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}

/** Assembles what must assemble. */
export function program(source: string, options: AssembleOptions = {}): Program {
  const result = assemble(source, options);
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  return result.program;
}

/** The word of one instruction, or the message that refuses it. */
export function wordOf(text: string, origin = 0n): number | string {
  const result = assemble(text, { origin });
  if (!result.ok) return result.errors[0]?.message ?? 'no message';
  return new DataView(result.program.bytes.buffer).getUint32(0, true);
}

export const ORIGIN = 0x4000_0000n;

/** A core about to run a program at 0x40000000, in 64 KiB of RAM. */
export function machine(
  source: string,
  options: Partial<CoreOptions> = {},
): { core: Core; ram: Ram; at: (label: string) => bigint } {
  const built = program(source);
  const ram = options.ram ?? new Ram(ORIGIN, 65_536);
  ram.loadImage(ORIGIN, built.bytes);
  const core = new Core({ ...options, ram });
  core.reset(ORIGIN);
  return { core, ram, at: (label) => built.symbols.get(label) ?? -1n };
}

/** `n` lower-case hexadecimal digits. */
export const hex = (value: number | bigint, digits = 8): string => value.toString(16).padStart(digits, '0');
