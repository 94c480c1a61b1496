/**
 * Which of several files are one recording: files of one format, without offsets of their own, whose lines are merged by
 * time. The format says of each what it may be part of (the logs of one emulator, the buffers of a kernel's CPUs).
 */
import { ImportError } from '../errors.ts';
import { type Format } from '../format.ts';
import { type Source } from '../source/source.ts';

/** What decides of a file which recording it belongs to. */
export interface Member {
  readonly name: string;
  /** As the user gave it, with its folders. */
  readonly given: string;
  readonly source: Pick<Source, 'head'>;
  readonly format: Format;
  readonly offset: number | undefined;
  readonly isGuest: boolean;
}

type Members<M> = [M, ...M[]];

const LF = 10;

/** In the order of their first files. */
export function setsOf<M extends Omit<Member, 'name'>>(members: readonly M[]): Members<M>[] {
  const sets = new Map<string, { readonly set: Members<M>; readonly parts: number[] }>();
  for (const [i, member] of members.entries()) {
    const { format, offset, source, given, isGuest } = member;
    const whole = offset === undefined ? format.partOf?.(source.head, given) : undefined;
    const key = whole === undefined ? String(i) : `${format.id} ${isGuest} ${whole.set}`;
    const parts = whole?.part === undefined ? [] : [whole.part];
    const found = sets.get(key);
    if (found === undefined) sets.set(key, { set: [member], parts });
    else {
      found.set.push(member);
      found.parts.push(...parts);
    }
  }
  // Where a part is there twice, they are several recordings.
  return [...sets.values()].flatMap(({ set, parts }) =>
    new Set(parts).size === parts.length ? [set] : set.map((member): Members<M> => [member]),
  );
}

/** Files whose lines are to be merged need time stamps: without, nothing tells their order. @throws ImportError */
export function checkStamps(members: readonly Member[]): void {
  for (const { source, name, format } of setsOf(members).flatMap((set) => (set.length > 1 ? set : []))) {
    if (hasStamp(source.head, format)) continue;
    throw new ImportError({
      code: 'unsupported',
      file: name,
      problem: 'its lines have no time stamps, so nothing tells their order among those of the other files.',
      hint: 'Record with -msg timestamp=on, or import the file alone.',
      at: { line: 1 },
    });
  }
}

function hasStamp(head: Uint8Array, { lineTime }: Format): boolean {
  const timeOf = lineTime?.();
  if (timeOf === undefined) return false;
  for (let start = 0; start < head.length;) {
    const found = head.indexOf(LF, start);
    const end = found < 0 ? head.length : found;
    if (timeOf(head, start, end) !== undefined) return true;
    start = end + 1;
  }
  return false;
}
