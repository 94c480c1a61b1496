import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGrowing } from '../../../../core/import/source/growing.ts';
import { inTime } from '../../../../core/import/source/in-time.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-growing-'));
  path = join(folder, 'a.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads on until it has `text`. */
async function upTo(chunks: AsyncIterator<Uint8Array>, text: string): Promise<void> {
  let read = '';
  while (read.length < text.length) {
    const next = await chunks.next();
    if (next.done === true) break;
    read += Buffer.from(next.value).toString();
  }
  expect(read).toBe(text);
}

describe('a file that grows', () => {
  it('is read to its end, then on as more comes, until it is stopped', async () => {
    writeFileSync(path, 'one\n');
    const stop = new AbortController();
    const bytes = await openGrowing(path, stop.signal);
    const chunks = bytes.chunks[Symbol.asyncIterator]();
    await upTo(chunks, 'one\n');
    const next = upTo(chunks, 'two\n');
    setTimeout(() => appendFileSync(path, 'two\n'), 20);
    await next;
    setTimeout(() => stop.abort(), 20);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(bytes.bytesRead).toBe(8);
    await bytes.close();
  });

  it.each([
    ['is cut', () => truncateSync(path, 1), /became shorter while it was followed: from 4 bytes to 1 \(4 bytes were/],
    ['is deleted', () => unlinkSync(path), /the file was deleted while it was followed/],
    [
      'is replaced',
      () => {
        writeFileSync(`${path}.new`, 'other\n');
        renameSync(`${path}.new`, path);
      },
      /another file took its place while it was followed \(4 bytes were read\)\. Follow the new one/,
    ],
  ])('ends with a message that says so when it %s', async (_what, change, message) => {
    writeFileSync(path, 'one\n');
    const bytes = await openGrowing(path, new AbortController().signal);
    const chunks = bytes.chunks[Symbol.asyncIterator]();
    await upTo(chunks, 'one\n');
    const next = chunks.next();
    setTimeout(change, 150);
    await expect(next).rejects.toThrow(message);
    await bytes.close();
  });

  it('may be a FIFO that nobody has opened for writing yet, and ends with its writer', async () => {
    execFileSync('mkfifo', [path]);
    const bytes = await openGrowing(path, new AbortController().signal);
    const chunks = bytes.chunks[Symbol.asyncIterator]();
    const next = upTo(chunks, 'one\n');
    setTimeout(() => {
      void open(path, 'w').then(async (writer) => {
        await writer.write('one\n');
        setTimeout(() => void writer.close(), 150);
      });
    }, 50);
    await next;
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    await bytes.close();
  });

  it('must be there, and no folder', async () => {
    const { signal } = new AbortController();
    await expect(openGrowing(path, signal)).rejects.toThrow(/there is no such file/);
    await expect(openGrowing(folder, signal)).rejects.toThrow(/this is a directory/);
  });
});

describe('reading in time', () => {
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a');
    await new Promise(() => undefined);
  }

  it('ticks between pieces and while nothing comes, and stops a wait that would not end', async () => {
    const stop = new AbortController();
    let ticks = 0;
    const got: string[] = [];
    const tick = (): void => {
      if (++ticks === 3) stop.abort();
    };
    for await (const chunk of inTime(silent(), stop.signal, 10, tick)) got.push(Buffer.from(chunk).toString());
    expect([got, ticks]).toEqual([['a'], 3]);
  });

  it('ends with what a tick throws', async () => {
    const chunks = inTime(silent(), new AbortController().signal, 5, () => {
      throw new Error('disk full');
    });
    // A slow machine may tick before the first piece.
    await expect(chunks.next().then(() => chunks.next())).rejects.toThrow('disk full');
  });
});
