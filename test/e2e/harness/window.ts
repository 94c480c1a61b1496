/**
 * A window of the product in a real browser, whichever shell shows it: `openWindow('browser')` is all that most tests
 * need. Everything started for it ends with `close`.
 */
import type { Page } from 'playwright-core';
import { openInBrowserHost } from './browser-host.ts';
import { artifact } from './places.ts';

/** How long one step may take, in ms: with ten processes for each processor, typing a word has taken half a minute. */
export const PATIENCE_MS = 60_000;

export interface ProductWindow {
  readonly page: Page;
  /** What `GICSCOPE_HOME` is for it: state, imports. */
  readonly home: string;
  /** Errors of the page's console and uncaught exceptions so far. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Trace or recording named at the start. */
  readonly trace?: string;
  readonly home?: string;
  /** Size of the page. */
  readonly width?: number;
  readonly height?: number;
}

/** The window in a browser, served by the built browser host. */
export function openWindow(options: OpenOptions = {}): Promise<ProductWindow> {
  return openInBrowserHost(options);
}

/** Collects what goes wrong in a page. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  return problems;
}

/** Keeps a picture among the artefacts. */
export async function keepPicture(page: Page, name: string): Promise<string> {
  const path = artifact('screenshots', `${name}.png`);
  await page.screenshot({ path });
  return path;
}
