/**
 * Names of several files, for facts and events: the last part of each path, and where two are the same (a host's and a
 * guest's `trace.dat`) as many folders before it as tell them apart.
 */
import { resolve, sep } from 'node:path';

/** In the order of the paths. The same file again is numbered. */
export function tellingNames(paths: readonly string[]): string[] {
  const whole = paths.map((path) => resolve(path));
  const parts = whole.map((path) => path.split(sep));
  const names = parts.map((each) => each.at(-1) ?? '');
  const isShared = (i: number): boolean => names.some((name, j) => name === names[i] && whole[j] !== whole[i]);
  const deepest = Math.max(0, ...parts.map(({ length }) => length));
  for (let depth = 2; depth <= deepest; depth++) {
    const shared = names.flatMap((_, i) => (isShared(i) ? [i] : []));
    if (shared.length === 0) break;
    for (const i of shared) names[i] = parts[i]?.slice(-depth).join('/') ?? '';
  }
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
