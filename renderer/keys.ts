/**
 * Keyboard chords: how the command table writes them (`Ctrl+Shift+F5`, `]`, `Shift+]`, `?`) and which of them a key
 * press means. `Ctrl` is the command key on macOS. Pure.
 */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Keys whose legend names them better than the character: `Shift+]` is one chord whether it types } or not. */
const LEGENDS: Readonly<Record<string, string>> = {
  BracketLeft: '[',
  BracketRight: ']',
  Period: '.',
  Comma: ',',
  Slash: '/',
  Backslash: '\\',
  Quote: "'",
  Equal: '=',
  Minus: '-',
};

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  Escape: 'Esc',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

/** The chords that a key press may mean, the most specific first. */
export function chordsOf(press: KeyPress, mac: boolean): string[] {
  const control = mac ? press.metaKey : press.ctrlKey;
  const prefix = (control ? 'Ctrl+' : '') + (press.altKey ? 'Alt+' : '');
  const shift = press.shiftKey ? 'Shift+' : '';
  const chords: string[] = [];
  const legend = LEGENDS[press.code];
  if (legend !== undefined) chords.push(prefix + shift + legend);
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1];
  // Alt and a digit or letter may type something else: the key's own name counts.
  const letter = /^Key([A-Z])$/.exec(press.code)?.[1];
  if (digit !== undefined) chords.push(prefix + shift + digit);
  if (press.key.length === 1 && press.key !== ' ') {
    const upper = press.key.toUpperCase();
    const isLetter = upper !== press.key.toLowerCase();
    if (isLetter) chords.push(prefix + shift + upper);
    else chords.push(prefix + press.key);
    if (letter !== undefined && (press.altKey || !/[A-Z]/.test(upper))) chords.push(prefix + shift + letter);
  } else chords.push(prefix + shift + (NAMES[press.key] ?? press.key));
  return [...new Set(chords)];
}

/** The caps of a chord, as they are printed: `Shift+F10` → Shift, F10. */
export function capsOf(chord: string, mac: boolean): string[] {
  const caps = chord === '+' ? ['+'] : chord.split(/\+(?=.)/);
  return caps.map((cap) => CAP_NAMES[cap] ?? (mac ? (MAC_NAMES[cap] ?? cap) : cap));
}

const CAP_NAMES: Readonly<Record<string, string>> = { Up: '↑', Down: '↓', Left: '←', Right: '→' };
const MAC_NAMES: Readonly<Record<string, string>> = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' };

/** Whether single letters belong to what has the focus: a field that takes text. */
export function takesText(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(element.type);
}
