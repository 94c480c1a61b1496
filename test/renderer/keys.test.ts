import { describe, expect, it } from 'vitest';
import { capsOf, chordsOf } from '../../renderer/keys.ts';

const press = (
  key: string,
  code: string,
  modifiers: Partial<Record<'ctrl' | 'meta' | 'alt' | 'shift', boolean>> = {},
) => ({
  key,
  code,
  ctrlKey: modifiers.ctrl ?? false,
  metaKey: modifiers.meta ?? false,
  altKey: modifiers.alt ?? false,
  shiftKey: modifiers.shift ?? false,
});

describe('chords', () => {
  it('name function keys with their modifiers', () => {
    expect(chordsOf(press('F10', 'F10', { shift: true }), false)).toEqual(['Shift+F10']);
    expect(chordsOf(press('F10', 'F10', { shift: true, alt: true }), false)).toEqual(['Alt+Shift+F10']);
  });
  it('take letters by their upper case', () => {
    expect(chordsOf(press('g', 'KeyG'), false)).toContain('G');
    expect(chordsOf(press('L', 'KeyL', { ctrl: true, shift: true }), false)).toContain('Ctrl+Shift+L');
  });
  it('know a bracket with Shift by its legend, whatever it types', () => {
    expect(chordsOf(press('}', 'BracketRight', { shift: true }), false)).toContain('Shift+]');
    expect(chordsOf(press(']', 'BracketRight'), false)).toContain(']');
  });
  it('know a question mark by what it types', () => {
    expect(chordsOf(press('?', 'Slash', { shift: true }), false)).toContain('?');
  });
  it('know Alt and a digit although it may type another character', () => {
    expect(chordsOf(press('¡', 'Digit1', { alt: true }), false)).toContain('Alt+1');
  });
  it('take the command key on macOS for Ctrl', () => {
    expect(chordsOf(press('k', 'KeyK', { meta: true }), true)).toContain('Ctrl+K');
    expect(chordsOf(press('k', 'KeyK', { ctrl: true }), true)).not.toContain('Ctrl+K');
  });
  it('are printed as caps, arrows as arrows', () => {
    expect(capsOf('Shift+F10', false)).toEqual(['Shift', 'F10']);
    expect(capsOf('Alt+Left', false)).toEqual(['Alt', '←']);
    expect(capsOf('Ctrl+K', true)).toEqual(['⌘', 'K']);
    expect(capsOf('Shift+]', false)).toEqual(['Shift', ']']);
  });
});
