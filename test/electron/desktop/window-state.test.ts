import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type WindowPlace,
  isOnScreen,
  readWindowPlace,
  writeWindowPlace,
} from '../../../electron/desktop/window-state.ts';

describe('size and place of the window', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gicscope-place-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const usual: WindowPlace = { size: { width: 1440, height: 900 }, position: null, maximized: false };

  it('are kept', () => {
    const file = join(folder, 'new', 'window.json');
    const place: WindowPlace = { size: { width: 1600, height: 1000 }, position: { x: -20, y: 5 }, maximized: true };
    writeWindowPlace(file, place);
    expect(readWindowPlace(file)).toEqual(place);
  });

  it('are the usual ones when what was kept is absent or makes no sense', () => {
    const file = join(folder, 'window.json');
    expect(readWindowPlace(file)).toEqual(usual);
    for (const text of ['', '{}', 'null', '{"size":{"width":3,"height":3},"position":null,"maximized":false}']) {
      writeFileSync(file, text);
      expect(readWindowPlace(file), text).toEqual(usual);
    }
  });

  it('are used only while the title bar can be reached', () => {
    const screens = [
      { x: 0, y: 0, width: 1920, height: 1080 },
      { x: 1920, y: 0, width: 1280, height: 1024 },
    ];
    const at = (x: number, y: number) => isOnScreen({ ...usual, position: { x, y } }, screens);
    expect(at(100, 100)).toBe(true);
    expect(at(2000, 0)).toBe(true);
    expect(at(4000, 0)).toBe(false);
    expect(at(100, -50)).toBe(false);
    expect(at(100, 1080)).toBe(false);
    expect(isOnScreen(usual, screens)).toBe(false);
  });
});
