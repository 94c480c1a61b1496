/**
 * What an import of files would do, found from their first 64 KiB, without reading on: what each file is, which of them
 * are one recording, and how the recordings' times will be brought together. The rules are those of several/; what only
 * the whole content tells (do two recordings show common interrupts?) is said as what will be tried.
 */
import { ImportError } from './errors.ts';
import { type Format } from './format.ts';
import { checkGuest, detect, formatById } from './registry.ts';
import { checkStamps, type Member, setsOf } from './several/sets.ts';
import { openSource } from './source/source.ts';

export interface PlannedFile {
  readonly file: string;
  /** Undefined: it cannot be imported. */
  readonly format: Format | undefined;
  /** What it is and by what that is seen; for a file that cannot be imported, why not. */
  readonly message: string;
  /** Compression around it, outermost first. */
  readonly wrappers: readonly string[];
}

export interface PlannedRecording {
  /** Indexes of its files. */
  readonly files: readonly number[];
  /** How its times are found among those of the others, for people. */
  readonly placed: string;
}

export interface Plan {
  readonly files: readonly PlannedFile[];
  readonly recordings: readonly PlannedRecording[];
  /** Why these files cannot be imported together; undefined: they can. */
  readonly problem: string | undefined;
}

export interface PlanOptions {
  /** Id of a format, instead of detection. */
  readonly format?: string;
  /** Per file: nanoseconds to add to its times; undefined: to be found. */
  readonly offsets?: readonly (number | undefined)[];
  /** Indexes of files that were recorded inside the guest. */
  readonly guests?: readonly number[];
}

interface PlannedMember extends Member {
  readonly index: number;
}

export async function planImport(
  paths: readonly string[],
  { format, offsets, guests }: PlanOptions = {},
): Promise<Plan> {
  const files: PlannedFile[] = [];
  const members: PlannedMember[] = [];
  for (const [index, file] of paths.entries()) {
    try {
      const source = await openSource(file);
      await source.close();
      const name = source.bytes.given;
      const found =
        format === undefined ? detect(source.head, name) : { format: formatById(format, name), because: 'so you said' };
      const isGuest = guests?.includes(index) === true;
      checkGuest(found.format, name, isGuest);
      files.push({
        file,
        format: found.format,
        message: `${found.format.title}${packed(source.wrappers)}: ${found.because}`,
        wrappers: source.wrappers,
      });
      members.push({ index, name, given: file, source, format: found.format, offset: offsets?.[index], isGuest });
    } catch (thrown) {
      if (!(thrown instanceof ImportError)) throw thrown;
      files.push({ file, format: undefined, message: thrown.message, wrappers: [] });
    }
  }
  const sets = setsOf(members);
  return {
    files,
    recordings: sets.map((set, i) => ({ files: set.map(({ index }) => index), placed: placing(set, i, sets[0]?.[0]) })),
    problem: problemOf(files, members),
  };
}

export function packed(wrappers: readonly string[]): string {
  return wrappers.length === 0 ? '' : `, ${wrappers.join(' in ')}`;
}

/** In the order in which several/import-several.ts tries the ways. */
function placing([first]: readonly [Member, ...Member[]], i: number, reference: Member | undefined): string {
  if (i === 0) return 'the reference';
  if (first.offset !== undefined) return 'by the offset given';
  if (first.format.id === 'qemu-log' && reference?.format.id === 'qemu-log') return 'by their clock, UTC';
  return 'by interrupts that both show, else by their clocks, else both begin together';
}

function problemOf(files: readonly PlannedFile[], members: readonly PlannedMember[]): string | undefined {
  const bad = files.filter((file) => file.format === undefined);
  if (bad.length > 0) return `${bad.length} of ${files.length} files cannot be imported`;
  try {
    checkStamps(members);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ImportError) return thrown.message;
    throw thrown;
  }
}
