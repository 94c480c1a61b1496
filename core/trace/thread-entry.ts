/** Where the entry of a thread lies: the same in the sources and in a bundle, which moves modules into chunks. */
import { existsSync } from 'node:fs';

/**
 * URL of the entry `name` for the module at URL `here`; undefined where there is none. Run from source it lies beside the
 * module; in a bundle beside the chunk that the module is in, or a folder above.
 */
export function findThreadEntry(name: string, here: string): URL | undefined {
  return [`./${name}.ts`, `./${name}.js`, `../${name}.js`]
    .map((path) => new URL(path, here))
    .find((url) => existsSync(url));
}
