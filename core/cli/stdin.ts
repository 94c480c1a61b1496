/**
 * Standard input, for arguments that are `-`.
 */
import { createWriteStream } from 'node:fs';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliFailure } from './failure.ts';

/** All of it as text. @throws CliFailure when it is longer than `limit` bytes. */
export async function readAll(stdin: Readable, limit: number, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin.iterator({ destroyOnReturn: false })) {
    signal.throwIfAborted();
    const chunk = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > limit) throw new CliFailure('usage', `standard input is longer than ${limit} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A failure that speaks of its copy, as one that speaks of standard input. */
export function ofStdin(thrown: unknown, copy: string | undefined): unknown {
  if (copy === undefined || !(thrown instanceof CliFailure)) return thrown;
  return new CliFailure(thrown.code, thrown.message.replaceAll(copy, 'standard input'));
}

/** Copies its beginning to a file: whole pieces, until there are `bytes` of it or it ends. */
export async function spoolHead(stdin: Readable, file: string, bytes: number): Promise<void> {
  const out = createWriteStream(file, { flags: 'wx' });
  await pipeline(async function* () {
    let taken = 0;
    for await (const part of stdin.iterator({ destroyOnReturn: false })) {
      const chunk = Buffer.from(part);
      yield chunk;
      taken += chunk.length;
      if (taken >= bytes) return;
    }
  }, out);
}
