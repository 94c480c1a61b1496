/** The formats that can be imported, and how a file finds its own: by content, never by name. */
import { ImportError } from './errors.ts';
import { type Format } from './format.ts';
import { FTRACE_TEXT, PERF_SCRIPT } from './ftrace/ftrace-text.ts';
import { hasOnlyReturns, isBinary, isTar, nearMiss } from './near-misses.ts';
import { QEMU_LOG } from './qemu/qemu-log.ts';
import { QEMU_SIMPLE } from './qemu-simple/qemu-simple.ts';
import { TRACE_DAT } from './trace-dat/trace-dat.ts';

/** One row per format; to add one, write its file and name it here. */
export const FORMATS: readonly Format[] = [QEMU_LOG, QEMU_SIMPLE, TRACE_DAT, FTRACE_TEXT, PERF_SCRIPT];

/** From this confidence on a format is taken without asking. */
const ENOUGH = 0.3;

export interface Detected {
  readonly format: Format;
  readonly confidence: number;
  readonly because: string;
}

/** The format with this id. @throws ImportError */
export function formatById(id: string, file: string): Format {
  const format = FORMATS.find((candidate) => candidate.id === id);
  if (format !== undefined) return format;
  throw new ImportError({
    code: 'unsupported',
    file,
    problem: `there is no format ${JSON.stringify(id)}.`,
    hint: `Formats: ${FORMATS.map((known) => known.id).join(', ')}.`,
  });
}

/** @throws ImportError where no guest's kernel makes such a recording */
export function checkGuest(format: Format, file: string, isGuest = false): void {
  if (!isGuest || format.insideGuests === true) return;
  const titles = FORMATS.filter(({ insideGuests }) => insideGuests).map(({ title }) => title);
  throw new ImportError({
    code: 'unsupported',
    file,
    problem: `this is a ${format.title}, which is not recorded inside a guest.`,
    hint: `--guest is for: ${titles.join(', ')}.`,
    at: { byte: 0 },
  });
}

/** What a file is, by its first 64 KiB. @throws ImportError that says what it seems to be instead */
export function detect(head: Uint8Array, file: string): Detected {
  if (isTar(head) || hasOnlyReturns(head)) throw unrecognised(head, file, undefined);
  const verdicts = FORMATS.flatMap((format) => {
    const verdict = format.detect(head);
    return verdict === undefined ? [] : [{ format, ...verdict }];
  });
  const best = verdicts.toSorted((a, b) => b.confidence - a.confidence)[0];
  if (best !== undefined && best.confidence >= ENOUGH) return best;
  throw unrecognised(head, file, best);
}

function unrecognised(head: Uint8Array, file: string, best: Detected | undefined): ImportError {
  const known = nearMiss(head);
  if (known !== undefined)
    return new ImportError({
      code: 'unsupported',
      file,
      problem: `this is ${known.what}.`,
      hint: known.hint,
      at: { byte: 0 },
    });
  const formats = FORMATS.map(({ title }) => title).join(', ');
  if (isBinary(head))
    return new ImportError({
      code: 'not-recognised',
      file,
      problem: 'this is binary data of no known kind.',
      hint: `What can be imported: ${formats}.`,
      at: { byte: 0 },
    });
  if (best !== undefined)
    return new ImportError({
      code: 'not-recognised',
      file,
      problem: `this hardly looks like a ${best.format.title}: ${best.because}.`,
      hint: `If it is one, import it with the format ${best.format.id}.`,
      at: { byte: 0 },
    });
  const oneLine = head.length > 4096 && !head.includes(10);
  return new ImportError({
    code: 'not-recognised',
    file,
    problem: oneLine
      ? `the first ${head.length} bytes are one line of text, of no known format.`
      : 'this is text, but no line of its beginning is an event that is known.',
    hint: `What can be imported: ${formats}.`,
    at: { byte: 0 },
  });
}
