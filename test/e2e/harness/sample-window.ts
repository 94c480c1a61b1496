/** Windows on copies of the bundled sample, closed after each test, without a problem in their consoles. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { closeChromium } from './chromium.ts';
import { openedTrace } from './page.ts';
import { sampleTrace } from './sample.ts';
import { openWindow, type OpenOptions, type ProductWindow } from './window.ts';

export interface SampleWindows {
  /** A window on a copy of the sample: breakpoints and bookmarks are stored in the file. */
  openSample(options?: OpenOptions): Promise<{ page: Page; trace: string }>;
  /** Closes a window that a test opened by itself. */
  closeLater(window: ProductWindow): void;
}

/** Call once, at the top of a test file. */
export function sampleWindows(): SampleWindows {
  let folder = '';
  let copies = 0;
  const windows: ProductWindow[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gicscope-window-'));
  });
  afterEach(async () => {
    for (const window of windows.splice(0)) {
      const { problems } = window;
      await window.close();
      expect(problems).toEqual([]);
    }
  });
  afterAll(async () => {
    await closeChromium();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    async openSample(options = {}) {
      const trace = join(folder, `sample-${++copies}.gscope`);
      copyFileSync(sampleTrace(), trace);
      const window = await openWindow({ trace, ...options });
      windows.push(window);
      await openedTrace(window.page);
      return { page: window.page, trace };
    },
    closeLater: (window) => void windows.push(window),
  };
}
