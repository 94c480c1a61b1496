/**
 * What the stamps of a trace.dat count (trace-import-formats §5.9): the clock of the buffers that have data, since the
 * main buffer of a recording of instances is empty and has a clock that nothing was recorded with.
 *
 * Of such a recording trace-cmd 3.1 writes `local` for each instance whatever its clock is, and the clock into the
 * TRACECLOCK option, by which its report prints the times; so does this.
 */
import { type DatHead } from './dat-head.ts';

/** Clocks whose units are nanoseconds. */
const NANOSECONDS: ReadonlySet<string> = new Set([
  'local',
  'global',
  'perf',
  'mono',
  'mono_raw',
  'boot',
  'tai',
  'tsc2nsec',
]);
const MOST_NAMED = 16;

export interface DatClock {
  /** For people. */
  readonly words: string;
  /** Its unit is the nanosecond. */
  readonly isTime: boolean;
  /** The recorder knew the time of day. */
  readonly isUtc: boolean;
  /** The clock, as `trace-cmd report` prints it, where the stamps of the file are 0. */
  readonly zero: bigint;
}

export function datClockOf({ buffers, listedClock, tsc2nsec, offset, date }: DatHead): DatClock {
  const filled = buffers.filter(({ cpus }) => cpus.some(({ size }) => size > 0));
  const used = filled.length > 0 ? filled : buffers;
  const isListed = used.every(({ name, clock }) => name !== '' && clock === 'local');
  const nameOf = (clock: string): string => (tsc2nsec !== undefined ? 'tsc2nsec' : isListed ? listedClock : clock);
  const names = new Set(used.map(({ clock }) => nameOf(clock)));
  const isTime = [...names].every((name) => NANOSECONDS.has(name));
  const isUtc = isTime && date !== undefined;
  const zero = offset + (isUtc ? date : 0n);
  if (names.size > 1) {
    const each = used.slice(0, MOST_NAMED).map(({ name, clock }) => `${name === '' ? 'main' : name} ${nameOf(clock)}`);
    const words = `one per buffer (${each.join(', ')}), so times of different buffers cannot be compared`;
    return { words, isTime, isUtc, zero };
  }
  const [name = nameOf(listedClock)] = names;
  const units = isTime ? '' : ', which does not count nanoseconds: times are in its units';
  return {
    words: `${name}${units}${isUtc ? ', moved to the time of day as the recorder knew it' : ''}`,
    isTime,
    isUtc,
    zero,
  };
}
