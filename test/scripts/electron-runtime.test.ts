import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../scripts/chromium.ts';
import { findRuntime } from '../../scripts/electron-runtime.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-runtime-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function executable(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

describe('finding the Electron runtime', () => {
  it('takes the one that the person names', () => {
    const env = { ELECTRON_OVERRIDE_DIST_PATH: folder };
    expect(findRuntime(env)).toMatchObject({ found: false, reason: expect.stringContaining(folder) });
    const name = { win32: 'electron.exe', darwin: 'Electron.app' }[process.platform as string] ?? 'electron';
    const path = executable(name);
    if (process.platform !== 'darwin') expect(findRuntime(env)).toEqual({ found: true, path });
  });
});

describe('finding a browser', () => {
  it('takes the one that the person names, and no other in its place', () => {
    const path = executable('my-browser');
    expect(findChromium({ CHROMIUM: path, PATH: '' })).toBe(path);
    expect(findChromium({ CHROMIUM: join(folder, 'none'), PATH: process.env['PATH'] })).toBeUndefined();
  });

  it('finds one on the path first', () => {
    const path = executable('chromium');
    expect(findChromium({ PATH: folder })).toBe(path);
  });
});
