/**
 * Constructors of options and arguments, and those that several commands share.
 */
import { type ArgumentSpec, type Completes, type FlagOption, type ValueOption } from './command.ts';
import { CliFailure } from './failure.ts';
import { type Position, parsePosition } from './position.ts';

export function flag(name: string, description: string): FlagOption {
  return { type: 'flag', flag: name, description };
}

interface TextExtras {
  readonly short?: string;
  readonly completes?: Completes;
}

/** Any text but none: `-o "$OUT"` of a variable that is not set is a mistake. */
export function text(name: string, value: string, description: string, extras: TextExtras = {}): ValueOption<string> {
  const parse = (given: string): string => {
    if (given === '') throw new CliFailure('usage', 'it is empty');
    return given;
  };
  return { type: 'value', flag: name, value, description, completes: 'nothing', parse, ...extras };
}

/** An integer from `min` to `max`. */
export function integer(
  name: string,
  value: string,
  description: string,
  min: number,
  max: number,
): ValueOption<number> {
  const parse = (given: string): number => {
    const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    if (number >= min && number <= max) return number;
    const isOpen = max === Number.MAX_SAFE_INTEGER;
    const range = !isOpen ? `from ${min} to ${max}` : `of at least ${min}${given.length > 15 ? ' and 15 digits' : ''}`;
    throw new CliFailure('usage', `an integer ${range} is expected`);
  };
  return { type: 'value', flag: name, value, description, completes: 'nothing', parse };
}

/** One word of a list. */
export function choice<const T extends string>(
  name: string,
  value: string,
  description: string,
  choices: readonly T[],
): ValueOption<T> {
  return {
    type: 'value',
    flag: name,
    value,
    description,
    completes: choices,
    parse: (given) => oneOf(given, choices),
  };
}

/** Words of a list, separated by commas. */
export function list<const T extends string>(
  name: string,
  value: string,
  description: string,
  choices: readonly T[],
): ValueOption<readonly T[]> {
  const parse = (given: string): T[] => given.split(',').map((word) => oneOf(word.trim(), choices));
  return { type: 'value', flag: name, value, description, completes: choices, parse };
}

function oneOf<T extends string>(given: string, choices: readonly T[]): T {
  const found = choices.find((word) => word === given);
  if (found === undefined) throw new CliFailure('usage', `one of ${choices.join(', ')} is expected`);
  return found;
}

/** A place in the trace (position.ts). */
export function position(name: string, description: string): ValueOption<Position> {
  return { type: 'value', flag: name, value: 'P', description, completes: ['end'], parse: parsePosition };
}

export const JSON_FLAG = flag('--json', 'print one JSON document and nothing else');
export const JSON_LINES_FLAG = flag('--json', 'print JSON Lines: one document a line');
export const OVERWRITE_FLAG = flag('--overwrite', 'replace a file that exists');

export const TRACE = {
  name: 'TRACE',
  description: 'trace file (.gscope)',
  arity: 'one',
  completes: 'trace',
} as const satisfies ArgumentSpec;
