/** Findings in the window: the deadlock of the first IRS posting, with its events a click away. */
import { describe, expect, it } from 'vitest';
import { axeFaults } from './harness/axe.ts';
import { sampleWindows } from './harness/sample-window.ts';
import { keepPicture } from './harness/window.ts';

const { openScenario } = sampleWindows();

describe('findings', () => {
  it('show H1’s lock inversion with both locks, both sides and its clause, and N goes to it', async () => {
    const { page } = await openScenario('spi-lock-inversion');
    const dock = page.getByTestId('dock');
    await page.keyboard.press('n');
    const finding = dock.getByTestId('finding');
    await finding.waitFor();
    expect(await finding.count()).toBe(1);
    const text = await finding.innerText();
    expect(text).toMatch(/Lock inversion: vCPU 0 asks for the lock of SPI 5 while it holds spiApList/);
    expect(text).toMatch(/user space takes the lock of SPI 5[^]*vCPU 0 takes spiApList[^]*§9\.3/);
    await dock.getByRole('tab', { name: 'Findings 1' }).waitFor();
    const last = await finding.getByRole('button').last().innerText();
    await expect.poll(() => page.getByTestId('transport').innerText()).toContain(last.replace('#', '').trim());
    await keepPicture(page, 'findings');
    expect(await axeFaults(page, '[data-testid=dock]')).toEqual([]);
  });

  it('say which rules found nothing', async () => {
    const { page } = await openScenario('spi-edge-life');
    const dock = page.getByTestId('dock');
    await dock.getByRole('tab', { name: 'Findings' }).click();
    await dock.getByText(/\d rules checked, nothing found/).waitFor();
  });
});
