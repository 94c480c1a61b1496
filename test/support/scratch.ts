/** A folder that the tests of a file may fill; it goes with the last of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

let folder: string | undefined;

/** Path of that folder. */
export function scratch(): string {
  return (folder ??= mkdtempSync(join(tmpdir(), 'gicscope-test-')));
}

/** Writes a file there. Returns its path. */
export function scratchFile(name: string, content: string | Uint8Array): string {
  const path = join(scratch(), name);
  writeFileSync(path, content);
  return path;
}

/** Call once in each test file (`each-file.ts` does). */
export function removeScratch(): void {
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
  });
}
