/** What the operating system says about a file, as a sentence for the person who named it. */
import { type SessionFailure } from './contract.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder, a file is expected',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead in a circle',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'no space is left in the quota',
  EMFILE: 'too many files are open',
  EIO: 'the device cannot be read or written',
};

/** The failure for an error of the file system; undefined for any other error. */
export function fileFailure(thrown: unknown): SessionFailure | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  const reason = REASONS[thrown.code] ?? ('syscall' in thrown ? `the system refuses it (${thrown.code})` : undefined);
  if (reason === undefined) return undefined;
  const path = 'path' in thrown && typeof thrown.path === 'string' ? `${thrown.path}: ` : '';
  return { code: 'bad-input', message: `${path}${reason}` };
}
