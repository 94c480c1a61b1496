/**
 * Which keys a person gave to which command instead of those of the tables. Kept: only what differs from them, as
 * JSON. A chord means one command in one place: giving it to a command takes it from the one that had it there. Pure.
 */
import { type Command } from './command.ts';

/** Chords by command id. */
export type KeyChanges = ReadonlyMap<string, readonly string[]>;

/** More than anybody presses, or has commands for: a stored text is a stranger's. */
const MOST_COMMANDS = 500;
const MOST_CHORDS = 8;
const LONGEST_CHORD = 40;

/** What `printKeyChanges` wrote; of anything else what makes sense. */
export function parseKeyChanges(text: string): KeyChanges {
  const changes = new Map<string, readonly string[]>();
  for (const [id, chords] of Object.entries(objectOf(text)).slice(0, MOST_COMMANDS)) {
    if (!Array.isArray(chords)) continue;
    const usable = chords.filter((one): one is string => typeof one === 'string' && isChord(one));
    changes.set(id, usable.slice(0, MOST_CHORDS));
  }
  return changes;
}

export function printKeyChanges(changes: KeyChanges): string {
  return JSON.stringify(Object.fromEntries(changes));
}

export function keysOf(command: Command, changes: KeyChanges): readonly string[] {
  return changes.get(command.id) ?? command.keys;
}

export interface Assignment {
  readonly changes: KeyChanges;
  /** Commands that had the chord in the same place and have it no longer. */
  readonly taken: readonly Command[];
}

/** Gives a command a chord as its only one. */
export function assign(commands: readonly Command[], changes: KeyChanges, id: string, chord: string): Assignment {
  const command = commands.find((one) => one.id === id);
  if (command === undefined) return { changes, taken: [] };
  const taken = commands.filter(
    (one) => one !== command && isSamePlace(one, command) && keysOf(one, changes).includes(chord),
  );
  const after = new Map(changes);
  for (const one of taken) {
    const others = keysOf(one, changes).filter((key) => key !== chord);
    put(after, one, others);
  }
  put(after, command, [chord]);
  return { changes: after, taken };
}

/** Gives a command the keys of its table again, as far as nobody has them now. */
export function restore(commands: readonly Command[], changes: KeyChanges, id: string): KeyChanges {
  const command = commands.find((one) => one.id === id);
  if (command === undefined) return changes;
  const others = commands.filter((one) => one !== command && isSamePlace(one, command));
  const free = command.keys.filter((chord) => !others.some((one) => keysOf(one, changes).includes(chord)));
  const after = new Map(changes);
  put(after, command, free);
  return after;
}

function put(changes: Map<string, readonly string[]>, command: Command, chords: readonly string[]): void {
  if (chords.join(' ') === command.keys.join(' ')) changes.delete(command.id);
  else changes.set(command.id, chords);
}

/** Whether one key press could mean either: a pane's command comes before one of the window, and so may share its key. */
function isSamePlace(a: Command, b: Command): boolean {
  return place(a) === place(b);
}
const place = ({ when }: Command): string => (when === 'always' || when === 'session' ? 'window' : when);

function isChord(text: string): boolean {
  return text !== '' && text.length <= LONGEST_CHORD && !/\s/.test(text);
}

function objectOf(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
