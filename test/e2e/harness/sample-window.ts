/** Windows on traces of their own, closed after each test, without a problem in their consoles. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { closeChromium } from './chromium.ts';
import { openedTrace } from './page.ts';
import { root } from './places.ts';
import { runCli, sampleTrace } from './sample.ts';
import { openWindow, type OpenOptions, type ProductWindow } from './window.ts';

export interface OpenTrace {
  readonly page: Page;
  readonly trace: string;
}

export interface SampleWindows {
  /** A window on a copy of the sample: breakpoints and bookmarks are stored in the file. */
  openSample(options?: OpenOptions): Promise<OpenTrace>;
  /** A window on the recording of a bundled scenario. */
  openScenario(name: string): Promise<OpenTrace>;
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

  async function openTrace(trace: string, options: OpenOptions = {}): Promise<OpenTrace> {
    const window = await openWindow({ trace, ...options });
    windows.push(window);
    await openedTrace(window.page);
    return { page: window.page, trace };
  }

  return {
    openSample(options) {
      const trace = join(folder, `sample-${++copies}.gscope`);
      copyFileSync(sampleTrace(), trace);
      return openTrace(trace, options);
    },
    openScenario(name) {
      const trace = join(folder, `${name}-${++copies}.gscope`);
      runCli(['record', join(root, 'traces', `${name}.yaml`), '-o', trace]);
      return openTrace(trace);
    },
    closeLater: (window) => void windows.push(window),
  };
}
