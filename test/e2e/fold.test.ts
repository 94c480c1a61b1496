/** Quiet interrupts on the timeline: one line for each vCPU, which opens by click and key; what is selected comes out. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { settled, snapshot } from './harness/page.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture } from './harness/window.ts';

const { openScenario } = sampleWindows();

const drawn = async (page: Page): Promise<string[]> => {
  await settled(page);
  return (await snapshot(page))?.lanes.map(({ id }) => id) ?? [];
};
const FOLDED = ['vcpu0', 'vcpu0.mask', 'fold:vcpu0', 'spi33'];

describe('quiet interrupts', () => {
  it('are one line, which opens and closes by click, by Enter and all at once', async () => {
    const { page } = await openScenario('gicv3-level-retrigger');
    expect(await drawn(page)).toEqual(FOLDED);
    const line = page.locator('[data-lane="fold:vcpu0"]');
    expect(await line.innerText()).toContain('16 quiet SGIs');
    expect(await line.getAttribute('aria-expanded')).toBe('false');

    await line.click();
    await expect.poll(() => drawn(page)).toContain('vcpu0.sgi15');
    expect(await line.getAttribute('aria-expanded')).toBe('true');
    await keepPicture(page, 'fold-open');
    await line.click();
    await expect.poll(() => drawn(page)).toEqual(FOLDED);

    // By keys: the line above the selected lane is the shared group's, the fold is the one before.
    await page.getByTestId('timeline').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await expect.poll(async () => (await snapshot(page))?.selected).toBe('fold:vcpu0');
    await page.keyboard.press('Enter');
    await expect.poll(() => drawn(page)).toContain('vcpu0.sgi0');
    await page.keyboard.press('Control+z');
    await expect.poll(() => drawn(page)).toEqual(FOLDED);
    await page.keyboard.press('q');
    await expect.poll(() => drawn(page)).toContain('vcpu0.sgi0');
    await page.keyboard.press('q');
    await expect.poll(() => drawn(page)).toEqual(FOLDED);

    await page.locator('[data-ppi="3"]').click();
    await expect.poll(() => drawn(page)).toEqual(['vcpu0', 'vcpu0.mask', 'vcpu0.sgi3', 'fold:vcpu0', 'spi33']);
    expect(await line.innerText()).toContain('15 quiet SGIs');
    expect(await axeFaults(page, '[data-testid=timeline]')).toEqual([]);
  });
});
