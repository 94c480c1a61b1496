/** What tests of every shell do with a page of the product. */
import type { Page } from 'playwright-core';
import type { DebugSnapshot } from '../../../renderer/debug.ts';

/** What the window drew last. */
export function snapshot(page: Page): Promise<DebugSnapshot | null> {
  return page.evaluate(() => (Reflect.get(globalThis, '__gicscope') as DebugSnapshot | undefined) ?? null);
}

/** Waits until a trace is open and everything that was asked for is drawn. */
export async function openedTrace(page: Page): Promise<DebugSnapshot> {
  await page.waitForFunction(
    () => {
      const drawn = Reflect.get(globalThis, '__gicscope') as DebugSnapshot | undefined;
      return drawn?.view === 'session' && drawn.settled;
    },
    undefined,
    { timeout: 60_000 },
  );
  const drawn = await snapshot(page);
  if (drawn === null) throw new Error('the window has drawn nothing');
  return drawn;
}

/** Two frames for what was just done to begin, then until nothing moves and nothing is on its way. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)))),
  );
  await openedTrace(page);
}

/** Two frames for what was just done to begin, then until all that fades or slides is where it goes. */
export async function still(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    // One that is taken away early is over as well.
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

/** Goes to what is typed at the go-to prompt. */
export async function goTo(page: Page, place: string): Promise<void> {
  await page.keyboard.press('g');
  await page.getByTestId('go-to-input').fill(place);
  await page.keyboard.press('Enter');
  await page.getByTestId('go-to-input').waitFor({ state: 'detached' });
  await settled(page);
}

/** Waits until the cursor is on this event. */
export async function cursorAt(page: Page, seq: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => (Reflect.get(globalThis, '__gicscope') as DebugSnapshot | undefined)?.seq === wanted,
    seq,
  );
}

/** Drops a file on the page, as the system would. */
export function dropFile(page: Page, selector: string, name: string, text: string): Promise<void> {
  return dropFiles(page, selector, { [name]: text });
}

/** Drops several at once, by name. */
export async function dropFiles(page: Page, selector: string, files: Readonly<Record<string, string>>): Promise<void> {
  const data = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const [name, content] of Object.entries(all)) transfer.items.add(new File([content], name));
    return transfer;
  }, files);
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent(selector, type, { dataTransfer: data });
}
