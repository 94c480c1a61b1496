/** Names given with `-o`: what may be written there. */
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Context } from './context.ts';
import { CliFailure } from './failure.ts';

export interface NewFile {
  readonly path: string;
  /** False for a device or a pipe, which is written to as it is and never replaced. */
  readonly isPlain: boolean;
}

/** @throws CliFailure when the file exists and may not be replaced, or is or has no folder */
export function newFile(context: Context, given: string, overwrite: boolean): NewFile {
  const path = context.path(given);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) throw new CliFailure('usage', `${given} is a folder: give a file with -o`);
  if (there === undefined && !existsSync(dirname(path)))
    throw new CliFailure('bad-input', `${given}: there is no such folder`);
  const isPlain = there === undefined || there.isFile();
  if (there !== undefined && isPlain && !overwrite)
    throw new CliFailure('usage', `${given} exists; --overwrite replaces it, or choose another name with -o`);
  return { path, isPlain };
}

/** Path of a trace to write. @throws CliFailure `usage` */
export function newTrace(context: Context, given: string, overwrite: boolean): string {
  if (given === '-') throw new CliFailure('usage', 'a trace cannot be written to standard output: give a file with -o');
  const { path, isPlain } = newFile(context, given, overwrite);
  if (!isPlain) throw new CliFailure('usage', `${given} is not a file: a trace cannot be written there`);
  return path;
}
