/**
 * A longer trace.dat out of a real one of version 6: the sub-buffers of each CPU again and again, each round later by
 * the length of the recording. Head and formats stay; only the table of CPUs is new (trace-import-formats §5.5, §5.6:
 * a sub-buffer begins with the time of its first event, and the times in it are differences).
 */
import { writeSync } from 'node:fs';

const TABLE_TAG = 'flyrecord\0';
const ENTRY = 16;
const GAP_NS = 1_000_000n;

interface CpuPages {
  readonly pages: readonly Buffer[];
}

/** Times of the sub-buffers of all CPUs. */
function span(cpus: readonly CpuPages[]): bigint {
  const times = cpus.flatMap(({ pages }) => pages.map((page) => page.readBigUInt64LE(0)));
  const [first, last] = [times.reduce((a, b) => (a < b ? a : b)), times.reduce((a, b) => (a > b ? a : b))];
  return last - first;
}

/** Writes the file `source` with its events `rounds` times to `fd`. Little endian, pages of `pageSize`. */
export function repeatDat(source: Buffer, cpuCount: number, pageSize: number, rounds: number, fd: number): void {
  const table = source.indexOf(TABLE_TAG) + TABLE_TAG.length;
  const cpus = Array.from({ length: cpuCount }, (_, cpu): CpuPages => {
    const offset = Number(source.readBigUInt64LE(table + cpu * ENTRY));
    const size = Number(source.readBigUInt64LE(table + cpu * ENTRY + 8));
    const count = Math.floor(size / pageSize);
    return {
      pages: Array.from({ length: count }, (_page, n) => source.subarray(offset + n * pageSize).subarray(0, pageSize)),
    };
  });
  // The events of the last sub-buffer come after its own time: twice the span and a gap keep the rounds apart.
  const shift = 2n * span(cpus) + GAP_NS;
  const head = Buffer.from(source.subarray(0, table + cpuCount * ENTRY));
  let offset = Math.ceil(head.length / pageSize) * pageSize;
  for (const [cpu, { pages }] of cpus.entries()) {
    const size = pages.length * pageSize * rounds;
    head.writeBigUInt64LE(BigInt(offset), table + cpu * ENTRY);
    head.writeBigUInt64LE(BigInt(size), table + cpu * ENTRY + 8);
    offset += size;
  }
  writeSync(fd, head);
  writeSync(fd, Buffer.alloc(Math.ceil(head.length / pageSize) * pageSize - head.length));
  for (const { pages } of cpus)
    for (let round = 0n; round < rounds; round++)
      for (const page of pages) {
        const later = Buffer.from(page);
        later.writeBigUInt64LE(page.readBigUInt64LE(0) + shift * round, 0);
        writeSync(fd, later);
      }
}
