/** What a command is. The tables are in this folder, one per group; index.ts finds and runs them. */
import { type Pane } from '../panes.ts';

export const GROUPS = [
  'Transport',
  'Live recording',
  'Go and mark',
  'Timeline',
  'Event list',
  'Inspector',
  'Application',
] as const;
export type Group = (typeof GROUPS)[number];

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** Chords as keys.ts writes them, as long as nobody chose others (key-map.ts); the first is printed where the action is. */
  readonly keys: readonly string[];
  /** `session`: needs an open trace; a pane: only while the focus is in it. */
  readonly when: 'always' | 'session' | Pane;
  /** A short word for the status bar. */
  readonly hint?: string;
  /** Not offered in the palette: it only makes sense as a key. */
  readonly keyOnly?: true;
  readonly run: () => void | Promise<void>;
}

/** One row of a table. */
type Row = readonly [
  id: string,
  title: string,
  keys: string,
  when: Command['when'],
  run: Command['run'],
  extra?: { readonly hint?: string; readonly keyOnly?: true },
];

/** Makes commands of rows; `keys` are separated by blanks. */
export function inGroup(group: Group, rows: readonly Row[]): Command[] {
  return rows.map(([id, title, keys, when, run, extra]) => ({
    id,
    title,
    group,
    keys: keys.split(' ').filter((key) => key !== ''),
    when,
    run,
    ...extra,
  }));
}
