/**
 * Text in the order of time: as it is, or, where the buffers of single CPUs stand one behind the other (runs.ts), merged.
 *
 * Only text whose beginning may be such a run is looked through before it is read; compressed text is copied to a
 * temporary file for that. What comes through a pipe is read as it comes, unless its first 64 KiB show several runs, or one
 * behind a header, which only the complete text of a buffer has (`trace_pipe` has none). What is followed keeps its order.
 * Memory: a piece of each run, 16 MiB in all.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ImportError } from '../errors.ts';
import { type Content, type LineTime, type ReadContext, type Whole } from '../format.ts';
import { MergedLines } from '../several/merge-lines.ts';
import { spool } from '../source/spool.ts';
import { stopOfCopy } from '../stop-of-copy.ts';
import { type Run, Runs, timeOf } from './runs.ts';
import { newTextLine, readTextLine } from './text-line.ts';

const LF = 10;
const BLOCK = 256 * 1024;
/** Pieces of all runs together. */
const PIECES = 16 * 1024 * 1024;
const SMALLEST_PIECE = 4096;

export interface Ordered {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** What was merged, for people; '': nothing. */
  readonly from: string;
  /** Bytes read of the file, where it is read in places; then a stop ends it here. */
  readonly bytesRead: () => number | undefined;
  readonly close: () => void;
}

/** The caller closes it. @throws ImportError, and the reason when the import was cancelled */
export async function inOrder(content: Content, context: ReadContext): Promise<Ordered> {
  const from = content.parts === undefined ? '' : `${content.parts.names.length} files of single CPUs`;
  const asIs = { chunks: content.chunks, from, bytesRead: () => undefined, close: () => undefined };
  if (content.parts !== undefined || context.known !== undefined || !mayBeRuns(content)) return asIs;
  const file = await openPlaces(content, context);
  const isStopped = content.path === undefined ? stopOfCopy(context.isStopped) : context.isStopped;
  try {
    const runs = await runsIn(file, context);
    if (runs === undefined && content.path !== undefined) {
      file.close();
      return asIs;
    }
    const chunks = runs === undefined ? file.range(0, file.size, BLOCK) : merged(file, runs);
    return {
      chunks: stoppable(chunks, isStopped),
      from: runs === undefined ? '' : `${runs.length} buffers of single CPUs, which stand one behind the other`,
      bytesRead: () => file.bytesRead,
      close: file.close,
    };
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

function merged(file: Places, runs: readonly Run[]): AsyncIterable<Uint8Array> {
  const piece = Math.max(SMALLEST_PIECE, Math.min(BLOCK, Math.floor(PIECES / runs.length)));
  const chunks = runs.map(({ start, end }) => file.range(start, end, piece));
  return new MergedLines([], chunks, lineTime).chunks;
}

function headRuns(head: Uint8Array): Runs {
  const runs = new Runs();
  eachLine(head, 0, (offset, start, end) => runs.take(offset, head, start, end));
  return runs;
}

function mayBeRuns({ head, flows }: Content): boolean {
  const runs = headRuns(head);
  if (flows && runs.runs(head.length) !== undefined) return true;
  return !runs.isMixed && runs.count > 0 && (!flows || cpusIn(head) > 1);
}

/** `#P:4` of the kernel's header, `cpus=4` of a report's: the CPUs of the machine. */
const CPUS = /^(?:#.{0,200} #P:|cpus=)(\d{1,6})\s*$/m;
/** `per_cpu/cpu3/trace`, `trace-cpu3.txt` */
const NAMED = /cpu_?(\d{1,6})(?!.*cpu_?\d)/i;

/** 0: no header says. */
function cpusIn(head: Uint8Array): number {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 4096)).toString('latin1');
  return Number(CPUS.exec(text)?.[1] ?? 0);
}

/**
 * The buffer of one CPU among those of a machine. Its lines are of one CPU; that there are more is said by the header, or
 * the file is named after its CPU: a guest's only CPU is beside its host's none of these.
 */
export function bufferOf(head: Uint8Array, given: string): Whole | undefined {
  const { only: part } = headRuns(head);
  if (part === undefined) return undefined;
  const cpus = cpusIn(head);
  if (cpus > 1) return { set: `buffers of ${cpus} CPUs`, part };
  return cpus === 0 && Number(NAMED.exec(given)?.[1] ?? -1) === part ? { set: 'buffers by name', part } : undefined;
}

async function runsIn(file: Places, context: ReadContext): Promise<readonly Run[] | undefined> {
  const runs = new Runs();
  let at = 0;
  // The rest of a line that is longer than a block is part of none.
  let isRest = false;
  while (at < file.size && !runs.isMixed) {
    context.advance(0, 0);
    await nextTurn();
    const block = file.read(at, BLOCK);
    if (block.length === 0) break;
    const used = eachLine(block, at, (offset, start, end) => {
      if (!isRest) runs.take(offset, block, start, end);
      isRest = false;
    });
    if (used > 0) at += used;
    else {
      at += block.length;
      isRest = true;
    }
  }
  return runs.runs(file.size);
}

/** Lines that end in the block, which stands at `base` of the text; gives the place behind the last of them. */
function eachLine(block: Uint8Array, base: number, to: (offset: number, start: number, end: number) => void): number {
  let start = 0;
  for (let end = block.indexOf(LF); end >= 0; end = block.indexOf(LF, start)) {
    to(base + start, start, end);
    start = end + 1;
  }
  return start;
}

/** A file that is read in places. */
class Places {
  readonly size: number;
  bytesRead = 0;
  readonly #name: string;
  readonly #fd: number;
  readonly #close: () => void;

  constructor(name: string, fd: number, close: () => void) {
    this.#name = name;
    this.#fd = fd;
    this.#close = close;
    this.size = fstatSync(fd).size;
  }

  /** These bytes, fewer at the end. */
  read(at: number, length: number): Uint8Array {
    const block = Buffer.allocUnsafeSlow(Math.min(length, this.size - at));
    return block.subarray(0, readSync(this.#fd, block, 0, block.length, at));
  }

  async *range(start: number, end: number, piece: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const block = this.read(at, Math.min(piece, end - at));
      if (block.length === 0) throw this.#shorter(at);
      at += block.length;
      this.bytesRead += block.length;
      yield block;
    }
  }

  readonly close = (): void => this.#close();

  #shorter(byte: number): ImportError {
    return new ImportError({
      code: 'changed',
      file: this.#name,
      problem: `the file became shorter while it was read (it had ${this.size} bytes).`,
      hint: 'Import it again when nothing else writes to it.',
      at: { byte },
    });
  }
}

async function openPlaces({ name, path, chunks }: Content, context: ReadContext): Promise<Places> {
  if (path !== undefined) {
    const fd = openSync(path, 'r');
    return new Places(name, fd, () => closeSync(fd));
  }
  const copy = await spool(name, chunks, {
    what: 'the text, which may be buffers of single CPUs one behind the other',
    turn: () => context.advance(0, 0),
  });
  return new Places(name, copy.fd, copy.close);
}

/** What is read in places ends where the user stops it. */
async function* stoppable(chunks: AsyncIterable<Uint8Array>, isStopped: () => boolean): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (isStopped()) return;
    yield chunk;
    await nextTurn();
  }
}

/** Of a line of ftrace text. */
export function lineTime(): LineTime {
  const line = newTextLine();
  return (bytes, start, end) =>
    readTextLine(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', start, end), line)
      ? timeOf(line)
      : undefined;
}
