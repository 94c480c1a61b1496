/** The lines of a `.jsonl` or `.jsonl.xz` file, one at a time: memory holds one line, however long the file is. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import xz from 'xz-decompress';
import { VectorError } from './format.ts';

/** A line longer than this is no vector. */
const MAX_LINE = 64 * 1024 * 1024;

export interface Line {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
}

/** @throws VectorError when the file cannot be read or is damaged. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  try {
    await using file = await open(path);
    const raw = file.createReadStream({ autoClose: false });
    const bytes: AsyncIterable<Uint8Array> = path.endsWith('.xz')
      ? Readable.fromWeb(new xz.XzReadableStream(Readable.toWeb(raw)))
      : raw;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const chunk of bytes) {
      rest += decoder.decode(chunk, { stream: true });
      if (rest.length > MAX_LINE) throw new VectorError(`line ${number + 1} is longer than ${MAX_LINE} characters`);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) yield { number: ++number, text };
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof VectorError) throw new VectorError(`${path}: ${error.message}`);
    throw new VectorError(`${path}: after line ${number}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (rest !== '') yield { number: number + 1, text: rest };
}
