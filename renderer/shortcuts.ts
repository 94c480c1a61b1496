/** Turns key presses into commands, for the whole window. */
import { onBeforeUnmount, onMounted } from 'vue';
import { commandFor, runCommand } from './commands/index.ts';
import { chordsOf, takesText } from './keys.ts';
import { useUi } from './stores/ui.ts';

export const isMac = (): boolean =>
  (window.gicscope?.platform ?? navigator.platform).toLowerCase().startsWith('mac') ||
  window.gicscope?.platform === 'darwin';

export function useShortcuts(): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    // An open menu has its own keys; its Esc must not be taken for the window's.
    if (event.target instanceof Element && event.target.closest('[role=menu]') !== null) return;
    const ui = useUi();
    const chords = chordsOf(event, isMac());
    // In a field, plain characters are text; an open dialog has its own keys.
    const typing = takesText(document.activeElement);
    const usable = chords.filter((chord) => !typing || /^(Ctrl|Alt)\+|^(Shift\+)?F\d+$/.test(chord));
    if (ui.dialog !== undefined && !usable.includes('Ctrl+Shift+L')) return;
    // Editing keys of a field stay the field's own.
    if (typing && usable.some((chord) => /^Ctrl\+(Shift\+)?[ACVXYZ]$/.test(chord))) return;
    // A focused button or link keeps Enter and Space.
    const active = document.activeElement;
    if (active instanceof HTMLButtonElement && usable.some((chord) => chord === 'Enter' || chord === 'Space')) return;
    const command = commandFor(usable);
    if (command === undefined) return;
    event.preventDefault();
    // Space also means "drag to pan": the timeline runs this when the key is let go without a drag.
    if (command.id === 'lane.group' && usable.includes('Space')) return;
    void runCommand(command.id);
  };
  onMounted(() => window.addEventListener('keydown', onKey));
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey));
}
