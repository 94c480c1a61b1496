/**
 * A stream in a temporary file, for what is read in places, side by side or twice. The disk is looked at before and
 * while it is written. `close` removes the file; one without a name is gone whatever ends the process.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportError, messageOf, systemCode } from '../errors.ts';

/** So much of the disk stays free. */
const SPARE = 64 * 1024 * 1024;
/** Bytes between two looks at the disk. */
const LOOK_EVERY = 32 * 1024 * 1024;

export interface Spooled {
  /** Open for reading. */
  readonly fd: number;
  /** Only of one that keeps its name. */
  readonly path: string;
  readonly close: () => void;
}

export interface SpoolOptions {
  /** What it is, for people. */
  readonly what: string;
  /** Its name, where it is to be opened again; undefined: it has none. */
  readonly as?: string;
  /** Folder for it; else the system's. */
  readonly parent?: string;
  /** Called before each piece; what it throws ends the copying. */
  readonly turn?: () => void;
}

/** @throws ImportError when there is no room, and what the stream throws */
export async function spool(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  { what, as, parent = tmpdir(), turn }: SpoolOptions,
): Promise<Spooled> {
  const folder = temporaryFolder(parent, name, what);
  const path = join(folder, as ?? 'content');
  let fd: number | undefined;
  let written = 0;
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    fd = openSync(path, 'wx+', 0o600);
    // An open file cannot be removed on Windows.
    if (as === undefined && process.platform !== 'win32') rmSync(folder, { recursive: true });
    let looked = -LOOK_EVERY;
    for await (const chunk of chunks) {
      turn?.();
      if (written - looked >= LOOK_EVERY) {
        looked = written;
        const { bavail, bsize } = statfsSync(parent);
        if (bavail * bsize < SPARE) throw noRoom(parent, name, what, written);
      }
      for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
      written += chunk.length;
    }
    return { fd, path, close };
  } catch (thrown) {
    close();
    const code = systemCode(thrown);
    throw code === 'ENOSPC' || code === 'EDQUOT' ? noRoom(parent, name, what, written) : thrown;
  }
}

function temporaryFolder(parent: string, file: string, what: string): string {
  try {
    return mkdtempSync(join(parent, 'gicscope-'));
  } catch (cause) {
    throw new ImportError({
      code: 'io',
      file,
      problem: `no copy of ${what} can be made in ${parent}: ${messageOf(cause)}.`,
      hint: 'Set TMPDIR to a folder that can be written.',
      cause,
    });
  }
}

function noRoom(parent: string, file: string, what: string, written: number): ImportError {
  return new ImportError({
    code: 'io',
    file,
    problem: `there is no room in ${parent} for a copy of ${what}, of which ${written} bytes were written.`,
    hint: 'Make room there, set TMPDIR to a folder that has it, or write it to a plain file and import that.',
  });
}
