/**
 * A file dropped on the page in a browser: its bytes are streamed into the import folder, because a page has no path to
 * give. Checked before the first byte: a name, the length said, room on the disk. A part that did not arrive whole is
 * removed.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join, parse } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Room that is left on the disk beside the file itself, which becomes a trace of about its size. */
const SPARE_BYTES = 256 * 1024 * 1024;
const LONGEST_NAME = 120;

/** Why an upload was not taken: an HTTP status and a sentence. */
export class UploadError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'UploadError';
    this.status = status;
  }
}

/** A name of one plain file, made of what was given: no folders, no leading dots, no device characters. */
export function plainName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._+-]+/gu, '_')
    .replace(/^[._]+/, '');
  const { name, ext } = parse(plain);
  return name === '' ? 'dropped' + ext : name.slice(0, LONGEST_NAME) + ext.slice(0, 20);
}

/** Stores the body. @throws UploadError */
export async function receiveUpload(
  request: IncomingMessage,
  folder: string,
  givenName: string,
): Promise<{ path: string; bytes: number }> {
  const bytes = Number(request.headers['content-length'] ?? NaN);
  if (!Number.isSafeInteger(bytes)) throw new UploadError(411, 'an upload must say its length');
  if (bytes === 0) throw new UploadError(400, 'the file is empty');
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const room = bavail * bsize;
  if (bytes + SPARE_BYTES > room) {
    throw new UploadError(507, `${folder} has room for ${room} bytes; this file of ${bytes} and its trace need more`);
  }
  const path = await freeName(folder, plainName(givenName));
  const part = `${path}.part`;
  let received = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      done(received > bytes ? new UploadError(413, 'the file is longer than was said') : null, chunk);
    },
  });
  try {
    await pipeline(request, count, createWriteStream(part, { flags: 'wx' }));
    if (received !== bytes) throw new UploadError(400, `${received} of ${bytes} bytes arrived`);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { path, bytes };
}

/** `boot.log`, `boot-2.log` …: neither the file nor a part of it exists yet. */
async function freeName(folder: string, name: string): Promise<string> {
  const { name: stem, ext } = parse(name);
  for (let n = 1; n < 10_000; n++) {
    const path = join(folder, n === 1 ? name : `${stem}-${n}${ext}`);
    if (!(await exists(path)) && !(await exists(`${path}.part`))) return path;
  }
  throw new UploadError(409, `${folder} is full of files named like ${name}`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
