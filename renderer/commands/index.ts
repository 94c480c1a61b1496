/**
 * Every action of the window, once: shortcuts, palette, keyboard map and status bar hints come from these tables, and
 * the shell's menu names commands by their id.
 */
import { keyPane } from '../panes.ts';
import { useKeyMap } from '../stores/key-map.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { messageOf } from '../transport.ts';
import { APPLICATION_COMMANDS } from './application.ts';
import { type Command } from './command.ts';
import { INSPECTOR_COMMANDS } from './inspector.ts';
import { LIST_COMMANDS } from './list.ts';
import { LIVE_COMMANDS } from './live.ts';
import { MARK_COMMANDS } from './mark.ts';
import { TIMELINE_COMMANDS } from './timeline.ts';
import { TRANSPORT_COMMANDS } from './transport.ts';

export const COMMANDS: readonly Command[] = [
  ...TRANSPORT_COMMANDS,
  ...LIVE_COMMANDS,
  ...MARK_COMMANDS,
  ...TIMELINE_COMMANDS,
  ...LIST_COMMANDS,
  ...INSPECTOR_COMMANDS,
  ...APPLICATION_COMMANDS,
];

/** The chord that is printed where the action is; undefined: it has none. */
export function chordOf(id: string): string | undefined {
  const command = BY_ID.get(id);
  return command === undefined ? undefined : useKeyMap().keys(command)[0];
}

const BY_ID = new Map(COMMANDS.map((command) => [command.id, command]));

export function commandOf(id: string): Command | undefined {
  return BY_ID.get(id);
}

/** Runs a command by its id, as a menu or a button does, where it applies. A failure is shown, never lost. */
export async function runCommand(id: string): Promise<void> {
  const command = BY_ID.get(id);
  if (command === undefined || !applies(command)) return;
  try {
    await command.run();
  } catch (error) {
    useUi().notify('error', messageOf(error));
  }
}

/** Whether a command makes sense now. */
export function applies(command: Command): boolean {
  if (command.when === 'always') return true;
  if (useTrace().info === undefined) return false;
  return command.when === 'session' || keyPane() === command.when;
}

/** The command that a key press means; one of the focused pane comes before one of the window. */
export function commandFor(chords: readonly string[]): Command | undefined {
  const { keys } = useKeyMap();
  for (const chord of chords) {
    const candidates = COMMANDS.filter((command) => keys(command).includes(chord) && applies(command));
    const found = candidates.find(({ when }) => when !== 'session' && when !== 'always') ?? candidates[0];
    if (found !== undefined) return found;
  }
  return undefined;
}
