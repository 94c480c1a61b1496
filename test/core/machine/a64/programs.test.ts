/** Straight-line programs against their results on another emulator. */
import { describe, expect, it } from 'vitest';
import { Core, disassemble, Ram } from '../../../../core/machine/a64/index.ts';
import { factLines } from './support/facts.ts';
import {
  BASE_OFFSET,
  CASE_BYTES,
  CODE_BASE,
  DATA_BASE,
  INPUT_REGISTERS,
  inputsOf,
  STACK_OFFSET,
} from './support/inputs.ts';

interface Recorded {
  readonly seed: number;
  /** Address of the program, hexadecimal. */
  readonly at: string;
  /** Number of its stretch of data. */
  readonly data: number;
  readonly words: string;
  readonly nzcv: number;
  readonly x: Readonly<Record<string, string>>;
  readonly x27: string;
  readonly sp: string;
  /** Changed 64-bit words of memory, as bytes in hexadecimal, by offset. */
  readonly mem: Readonly<Record<string, string>>;
}

const RAM_SIZE = 8 * 1024 * 1024;

function isRecorded(value: unknown): value is Recorded {
  return typeof value === 'object' && value !== null && 'words' in value && 'mem' in value;
}

const recorded = factLines('programs.jsonl.gz').map((line): Recorded => {
  const value: unknown = JSON.parse(line);
  if (!isRecorded(value)) throw new Error(`not a recorded program: ${line}`);
  return value;
});

/** Everything that the program may change, in the form of the record. */
function outcome(fact: Recorded, ram: Ram): Omit<Recorded, 'seed' | 'at' | 'data' | 'words'> {
  const { nzcv, x, memory } = inputsOf(fact.seed);
  const words = fact.words.split(' ').map((word) => parseInt(word, 16));
  const base = DATA_BASE + BigInt(fact.data * CASE_BYTES);
  const start = BigInt(`0x${fact.at}`);
  const code = new Uint8Array(words.length * 4);
  for (const [index, word] of words.entries()) new DataView(code.buffer).setUint32(index * 4, word, true);
  ram.write(start, code);
  ram.write(base, memory);
  const core = new Core({ ram });
  core.reset(start);
  core.nzcv = nzcv;
  for (const [n, value] of x.entries()) core.setX(n, value);
  core.setX(27, base + BigInt(BASE_OFFSET));
  core.sp = base + BigInt(STACK_OFFSET);
  const end = start + BigInt(code.length);
  core.breakpoints.add(end);
  expect(core.run(1000), 'the end of the program').toEqual({ kind: 'breakpoint', address: end });

  const registers: Record<string, string> = {};
  for (let n = 0; n < INPUT_REGISTERS; n++) if (core.x(n) !== x[n]) registers[n] = core.x(n).toString(16);
  const changed: Record<string, string> = {};
  for (let at = 0; at < CASE_BYTES; at += 8) {
    const now = Buffer.from(ram.read(base + BigInt(at), 8)).toString('hex');
    if (now !== Buffer.from(memory.subarray(at, at + 8)).toString('hex')) changed[at] = now;
  }
  return { nzcv: core.nzcv, x: registers, x27: String(core.x(27) - base), sp: String(core.sp - base), mem: changed };
}

describe('programs that another emulator ran', () => {
  it('has enough of them', () => expect(recorded.length).toBeGreaterThan(700));

  it('leave the same registers, flags and memory', () => {
    const ram = new Ram(CODE_BASE, RAM_SIZE);
    for (const fact of recorded) {
      const { nzcv, x, x27, sp, mem } = fact;
      const listing = fact.words
        .split(' ')
        .map((word, n) => disassemble(parseInt(word, 16), { address: BigInt(`0x${fact.at}`) + BigInt(4 * n) }))
        .join('\n');
      expect(outcome(fact, ram), listing).toEqual({ nzcv, x, x27, sp, mem });
    }
  });
});
