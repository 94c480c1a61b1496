import { describe, expect, it } from 'vitest';
import { type Command } from '../../../renderer/commands/command.ts';
import { assign, keysOf, parseKeyChanges, printKeyChanges, restore } from '../../../renderer/commands/key-map.ts';

const command = (id: string, when: Command['when'], ...keys: string[]): Command => ({
  id,
  title: id,
  group: 'Transport',
  keys,
  when,
  run: () => undefined,
});
const STEP = command('step', 'session', 'F10');
const BREAK = command('break', 'session', 'F9', 'B');
const OPEN = command('open', 'always', 'Ctrl+O');
const ROW = command('row', 'events', 'J');
const ALL = [STEP, BREAK, OPEN, ROW];
const NONE = parseKeyChanges('{}');

describe('the keys that a person chose', () => {
  it('give a command its chord and take it from the one that had it', () => {
    const { changes, taken } = assign(ALL, NONE, 'step', 'B');
    expect(taken).toEqual([BREAK]);
    expect(keysOf(STEP, changes)).toEqual(['B']);
    expect(keysOf(BREAK, changes)).toEqual(['F9']);
    expect(keysOf(OPEN, changes)).toEqual(['Ctrl+O']);
  });

  it('let a pane have a chord that the window has too', () => {
    const { changes, taken } = assign(ALL, NONE, 'row', 'F10');
    expect(taken).toEqual([]);
    expect(keysOf(STEP, changes)).toEqual(['F10']);
  });

  it('count commands of the window and of a session as one place', () => {
    expect(assign(ALL, NONE, 'open', 'F10').taken).toEqual([STEP]);
  });

  it('are no change when they are those of the table', () => {
    const { changes } = assign(ALL, NONE, 'step', 'N');
    expect([...changes.keys()]).toEqual(['step']);
    expect(assign(ALL, changes, 'step', 'F10').changes.size).toBe(0);
  });

  it('are taken back as far as nobody else has them', () => {
    const taken = assign(ALL, NONE, 'step', 'B').changes;
    expect(keysOf(BREAK, restore(ALL, taken, 'break'))).toEqual(['F9']);
    const free = restore(ALL, taken, 'step');
    expect(keysOf(STEP, free)).toEqual(['F10']);
    expect(restore(ALL, free, 'break').size).toBe(0);
  });

  it('are written and read', () => {
    const { changes } = assign(ALL, NONE, 'step', 'Shift+]');
    expect(parseKeyChanges(printKeyChanges(changes))).toEqual(changes);
  });

  it.each(['', 'null', '7', '[1]', '{"step":"F1"}', '{"step":[1,"","a b"]}', '{"__proto__":["A"]}'])(
    'are none in the damaged text %j',
    (text) => {
      expect([...parseKeyChanges(text).values()].flat().filter((chord) => chord !== 'A')).toEqual([]);
      expect(keysOf(OPEN, parseKeyChanges(text))).toEqual(['Ctrl+O']);
    },
  );
});
