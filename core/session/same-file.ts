/** Whether two names are of one file: an output that is also a source would destroy it, under whatever name. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

export function isSameFile(one: string, other: string): boolean {
  if (resolve(one) === resolve(other)) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}
