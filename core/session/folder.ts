/** Folder listing for the open dialog of front ends that have no dialog of their own. */
import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Result } from './contract.ts';
import { SessionError } from './failure.ts';

const MAX_ENTRIES = 5000;

/**
 * Folders and files, folders first, hidden ones left out.
 * @param folder empty: the person's home folder
 * @throws SessionError `not-found` when it cannot be listed.
 */
export function listFolder(folder: string): Result<'files.list'> {
  const path = folder === '' ? homedir() : resolve(folder);
  let names;
  try {
    names = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new SessionError({ code: 'not-found', message: `${path} cannot be listed (${why}). Choose another folder.` });
  }
  const entries = names
    .filter((entry) => !entry.name.startsWith('.'))
    .slice(0, MAX_ENTRIES)
    .flatMap((entry) => {
      const full = join(path, entry.name);
      const stat = statSync(full, { throwIfNoEntry: false });
      if (stat === undefined || !(stat.isDirectory() || stat.isFile())) return [];
      return [{ name: entry.name, path: full, isFolder: stat.isDirectory(), bytes: stat.isFile() ? stat.size : 0 }];
    })
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name));
  const parent = dirname(path);
  return { folder: path, parent: parent === path ? null : parent, entries };
}
