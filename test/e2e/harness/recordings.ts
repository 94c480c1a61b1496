/** Recordings made of the bundled sample: a small one, and one that takes long to import. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { bundledSample } from './sample.ts';

function sampleText(): Buffer {
  return zstdDecompressSync(readFileSync(bundledSample().path));
}

/** The first lines of the sample, as plain text. */
export function smallRecording(lines = 2000): string {
  return `${sampleText().toString().split('\n', lines).join('\n')}\n`;
}

/** The sample `times` over, as a file. */
export function longRecording(folder: string, times: number): string {
  const path = join(folder, 'long.log');
  const text = sampleText();
  const file = openSync(path, 'w');
  try {
    for (let n = 0; n < times; n++) writeSync(file, text);
  } finally {
    closeSync(file);
  }
  return path;
}
