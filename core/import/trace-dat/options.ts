/**
 * Options of a trace.dat (trace-import-formats §5.3, §5.4): numbered values that say what the file is of, and in version 7
 * where its sections are.
 */
import { type Bytes, textOf } from './bytes.ts';

/** More vCPUs of one guest than any machine has. */
const MOST_VCPUS = 8192;
export const MOST_OPTIONS = 65_536;

/** Sections and options of version 7 by number. */
export const ID = {
  done: 0,
  date: 1,
  buffer: 3,
  clock: 4,
  uname: 5,
  offset: 7,
  cpuCount: 8,
  version: 9,
  timeShift: 12,
  guest: 13,
  tsc2nsec: 14,
  headerInfo: 16,
  ftraceEvents: 17,
  eventFormats: 18,
  kallsyms: 19,
  printk: 20,
  commands: 21,
  bufferText: 22,
} as const;

const NUMBER = /^\s*([-+]?)(0x[0-9a-f]{1,16}|\d{1,20})/i;

export interface Option {
  readonly id: number;
  readonly data: Bytes;
}

export interface Guest {
  readonly name: string;
  /** vCPU number and host thread. */
  readonly vcpus: readonly (readonly [vcpu: number, tid: number])[];
}

/** The data of the first option of this number, from its beginning. */
export function optionOf(options: readonly Option[], id: number): Bytes | undefined {
  const data = options.find((candidate) => candidate.id === id)?.data;
  if (data !== undefined) data.at = 0;
  return data;
}

/** The sum of the numbers that the options of this id say in text; undefined: there is none. */
export function numbersOf(options: readonly Option[], id: number): bigint | undefined {
  const numbers = options.flatMap((option) => {
    const [, sign, digits] = option.id === id ? (NUMBER.exec(textOf(option.data.data.subarray(0, 40))) ?? []) : [];
    return digits === undefined ? [] : [sign === '-' ? -BigInt(digits) : BigInt(digits)];
  });
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => a + b);
}

/** What is known of the machine and the recorder, in words. */
export function factsOf(options: readonly Option[]): Record<string, string> {
  const text = (id: number): string => {
    const data = optionOf(options, id)?.data;
    return data === undefined ? '' : textOf(data.subarray(0, 400)).replaceAll('\0', '').trim();
  };
  const facts: Record<string, string> = {};
  const uname = text(ID.uname);
  if (uname !== '') facts['kernel'] = uname;
  const recorder = text(ID.version);
  if (recorder !== '') facts['recorder'] = `trace-cmd ${recorder}`;
  return facts;
}

/** The bracketed name of the list of clocks. */
export function clockOf(options: readonly Option[]): string {
  const data = options.find(({ id }) => id === ID.clock)?.data.data;
  return (data === undefined ? undefined : /\[([\w-]+)\]/.exec(textOf(data.subarray(0, 1000)))?.[1]) ?? 'local';
}

export function guestsOf(options: readonly Option[]): Guest[] {
  return options.filter(({ id }) => id === ID.guest).map(({ data }) => readGuest(data));
}

function readGuest(data: Bytes): Guest {
  data.at = 0;
  const name = data.cstr();
  data.u64();
  const count = Math.min(data.u32(), MOST_VCPUS, Math.floor(data.left / 8));
  return { name, vcpus: Array.from({ length: count }, () => [data.u32(), data.u32()] as const) };
}
