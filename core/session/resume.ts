/**
 * Going on with a recording whose following ended: stopped, killed, or the pipe broke. A trace of a text source holds
 * every line of it untouched, and what a line means follows from all lines before it; so the lines of the old trace are
 * read again, then what comes next, and the new trace is the one that an unbroken following of both would have made.
 *
 * The old trace stands beside the new one, as `NAME.partial`, until the new one holds all of its lines; whatever happens
 * meanwhile, one of the two has them. Memory: a piece of lines. Cost: that of importing the old lines again.
 */
import { closeSync, existsSync, openSync, readSync, renameSync } from 'node:fs';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { type ImportInput } from '../import/import.ts';
import { isInUse, removeTraceFiles, settleFile } from '../trace/file.ts';
import { TraceReader } from '../trace/reader.ts';
import { SessionError } from './failure.ts';
import { UserNotes } from './user-notes.ts';

/** Lines that are written to the reader at once. */
const PIECE_LINES = 1000;
/** How much of a file is compared with what the old trace has of it. */
const COMPARED = 64 * 1024;

export interface Resumed {
  readonly input: ImportInput;
  /** Lines of the old trace, all of which come first. */
  readonly lines: number;
  /** To be called when the new trace, at the old one's name, holds them: it takes the marks of people, the old one goes. */
  handOver(): void;
  /** Nothing came of it before a new trace was begun: the old one gets its name back. */
  putBack(): void;
}

/**
 * What to read to go on with the trace `output`, which is moved aside; undefined: there is none to go on with.
 * @throws SessionError `usage` when it cannot be gone on with; nothing was moved then
 */
export function resume(output: string, input: ImportInput): Resumed | undefined {
  const aside = `${output}.partial`;
  const there = [output, aside].filter((path) => existsSync(path));
  for (const path of there)
    if (isInUse(path)) throw cannot(`${path} is in use: it is being written, or open while incomplete`);
  // Two, when a resumption was cut off itself: before it had all lines, or when it had them and more.
  const [first, second] = there.map((path) => ({ path, lines: linesOf(path) }));
  if (first === undefined) return undefined;
  const { path: old, lines } = second !== undefined && second.lines > first.lines ? second : first;
  if (typeof input === 'string') checkBeginning(old, input);
  if (old === output) {
    settleFile(output);
    removeTraceFiles(aside);
    renameSync(output, aside);
  }
  const handOver = (): void => {
    if (!existsSync(aside)) return;
    takeMarks(new UserNotes(aside), new UserNotes(output));
    removeTraceFiles(aside);
  };
  const putBack = (): void => {
    if (!existsSync(output)) renameSync(aside, output);
  };
  // A file still has the lines.
  const next = typeof input === 'string' ? input : { name: input.name, stream: joined(aside, lines, input.stream) };
  return { input: next, lines, handOver, putBack };
}

/** Events are at the same positions in both. */
function takeMarks(from: UserNotes, to: UserNotes): void {
  for (const bookmark of from.bookmarks()) to.saveBookmark(bookmark);
  for (const breakpoint of from.breakpoints()) to.saveBreakpoint(breakpoint);
}

/** How many lines of text the trace holds. @throws SessionError `usage` when it does not hold those of one source */
function linesOf(path: string): number {
  const reader = new TraceReader(path);
  try {
    const { source, lines } = reader.info();
    if (lines === undefined || source?.files.length !== 1)
      throw cannot(`${path} was not made from the text of one source`);
    if (lines.read > 0 && reader.rawLine(lines.read) === undefined)
      throw cannot(`${path} does not hold all ${lines.read} lines that it was made from`);
    return lines.read;
  } finally {
    reader.close();
  }
}

/** @throws SessionError `usage` when the file does not begin with the lines of the trace */
function checkBeginning(path: string, file: string): void {
  const reader = new TraceReader(path);
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(COMPARED);
    const length = readSync(fd, bytes, 0, COMPARED, 0);
    const read = reader.info().lines?.read ?? 0;
    // What follows the last line end may be cut anywhere.
    const found = bytes.toString('utf8', 0, length).split(/\r?\n/).slice(0, -1);
    for (const [i, line] of found.slice(0, read).entries())
      if (reader.rawLine(i + 1) !== line)
        throw cannot(`line ${i + 1} of ${file} is not that of ${path}: the file was replaced since`);
    if (found.length < read && length < COMPARED)
      throw cannot(`${file} has ${found.length} lines and ${path} ${read}: the file was cut or replaced since`);
  } finally {
    closeSync(fd);
    reader.close();
  }
}

function cannot(why: string): SessionError {
  return new SessionError({ code: 'usage', message: `${why}. Give another name for the trace, or import it anew.` });
}

/** The lines of the old trace, then the stream; who destroys the result destroys the stream. */
function joined(path: string, lines: number, stream: Readable): Readable {
  const out = new PassThrough();
  out.once('close', () => stream.destroy());
  stream.once('error', (error) => out.destroy(error));
  void feed(path, lines, out).then(
    () => stream.pipe(out),
    (error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return out;
}

async function feed(path: string, lines: number, out: PassThrough): Promise<void> {
  const reader = new TraceReader(path);
  try {
    for (let line = 1; line <= lines && !out.destroyed; line += PIECE_LINES) {
      const last = Math.min(line + PIECE_LINES - 1, lines);
      const texts = Array.from({ length: last - line + 1 }, (_, i) => `${reader.rawLine(line + i) ?? ''}\n`);
      if (!out.write(texts.join(''))) await Promise.race([once(out, 'drain'), once(out, 'close')]);
    }
  } finally {
    reader.close();
  }
}
