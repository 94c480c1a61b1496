/** Small things that people notice: widths of columns, a trace that was moved. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openedTrace } from './harness/page.ts';
import { freshHome } from './harness/places.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { openWindow } from './harness/window.ts';

const { openSample, closeLater } = sampleWindows();

describe('the columns of the event list', () => {
  it('are sized by pointer and key, keep their widths, and come back on a double-click', async () => {
    const { page } = await openSample();
    const widthOf = async (column: string): Promise<number> =>
      (await page.locator(`[data-column=${column}]`).boundingBox())?.width ?? 0;
    const before = await widthOf('name');
    const edge = page.getByRole('separator', { name: 'Width of the column Name' });
    const box = await edge.boundingBox();
    if (box === null) throw new Error('the column has no edge');
    await page.mouse.move(box.x, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x - 60, box.y + 5, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => widthOf('name')).toBeCloseTo(before - 60, -1);
    const narrow = await widthOf('name');
    await edge.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => widthOf('name')).toBe(narrow + 8);
    // Rows have the columns of the head.
    const name = await page.locator('[data-seq="0"] .name').boundingBox();
    const head = await page.locator('[data-column=name]').boundingBox();
    expect([name?.x, name?.width]).toEqual([head?.x, head?.width]);
    await page.reload();
    await openedTrace(page);
    expect(await widthOf('name')).toBe(narrow + 8);
    await edge.dblclick();
    await expect.poll(() => widthOf('name')).toBe(before);
  });
});

describe('a trace that was moved', () => {
  it('is found again with Locate, and its old place is forgotten', async () => {
    const home = freshHome();
    const first = await openSample({ home });
    const moved = join(dirname(first.trace), 'moved');
    mkdirSync(moved);
    renameSync(first.trace, join(moved, basename(first.trace)));
    const again = await openWindow({ home });
    closeLater(again);
    const { page } = again;
    await page.getByText('not found').waitFor();
    await page.getByRole('button', { name: 'Locate…' }).click();
    await page.getByTestId('dialog').getByText('moved', { exact: true }).click();
    await page.getByTestId('dialog').getByText(basename(first.trace), { exact: true }).click();
    await openedTrace(page);
    await page.keyboard.press('Control+w');
    await page.getByTestId('recent-row').first().waitFor();
    expect(await page.getByTestId('recent-row').count()).toBe(1);
    expect(await page.getByText('not found').count()).toBe(0);
    rmSync(home, { recursive: true, force: true });
  });
});
